"""Reads one cell: numbers, dates, yes and no, as people write them in English, Russian and other European languages."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

EMPTY = frozenset({"", "-", "–", "—", "n/a", "na", "nan", "null", "none", "#n/a", "н/д", "…", "...", "nil"})
YES = frozenset({"yes", "true", "да", "истина"})
NO = frozenset({"no", "false", "нет", "ложь"})

_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’")
_CURRENCY = re.compile(
    r"^(?P<before>[$€₽£¥₸])?\s*(?P<number>[-+−(]?\s*\d.*?)\s*"
    r"(?P<after>[$€₽£¥₸]|usd|eur|rub|gbp|руб\.?|р\.|долл\.?)?$",
    re.IGNORECASE,
)
_BODY = re.compile(
    r"[-+]?(?:\d+|\d{1,3}(?:[ \u00a0\u202f\u2009'’]\d{3})+|\d[\d.,]*\d|\d+[.,]|[.,]\d+)(?:[.,]\d+)?(?:e[-+]?\d+)?", re.I
)
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:(?:,\d{3})+(?:\.\d+)?|(?:\.\d{3})+(?:,\d+)?)")
_IDENTIFIER = re.compile(r"[-+]?0\d+|\d{16,}")  # 007, the number of a card: nothing that is added up
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[-+]\d{2}:?\d{2})?)?)?"
)
_NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?:,?\s+(\d{1,2}):(\d{2})(?::\d{2})?)?")
_DAY_MONTH = re.compile(r"(\d{1,2})\.?\s+([a-zа-яё]{3,})\.?,?\s+(\d{4})(?:\s*г\.?)?", re.IGNORECASE)
_MONTH_DAY = re.compile(r"([a-zа-яё]{3,})\.?\s+(?:(\d{1,2}),?\s+)?(\d{4})(?:\s*г\.?)?", re.IGNORECASE)
# The first letters that tell a month apart, in both languages; "мар" and "май", "мая" need three.
MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12, "янв": 1, "фев": 2, "мар": 3, "апр": 4, "май": 5, "мая": 5, "мае": 5, "июн": 6, "июл": 7, "авг": 8,
    "сен": 9, "окт": 10, "ноя": 11, "дек": 12,
}  # fmt: skip
_MONTH_NAMES = re.compile(
    r"jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?|"
    r"январ[ьяе]|янв|феврал[ьяе]|фев|март[ае]?|мар|апрел[ьяе]|апр|ма[йяе]|июн[ьяе]?|июл[ьяе]?|август[ае]?|авг|"
    r"сентябр[ьяе]|сент?|октябр[ьяе]|окт|ноябр[ьяе]|ноя|декабр[ьяе]|дек",
    re.IGNORECASE,
)


def is_empty(cell: str) -> bool:
    return not cell or cell.strip().lower() in EMPTY


@lru_cache(maxsize=20_000)
def numeral(cell: str) -> tuple[str, bool, str] | None:
    """(digits with their signs, whether it is a percentage, currency) of what looks like a number; else None."""
    text = cell.strip().replace("−", "-")
    found = _CURRENCY.match(text.rstrip("%").rstrip() if text.endswith("%") else text)
    if not found:
        return None
    body = found["number"].strip()
    if body.startswith("(") and body.endswith(")"):
        body = f"-{body[1:-1].strip()}"
    if body[:1] in "+-":
        body = body[0] + body[1:].lstrip()
    if not _BODY.fullmatch(body) or _IDENTIFIER.fullmatch(body):
        return None
    digits = body.translate(_SPACES)
    if digits.count(",") + digits.count(".") > 1 and not _GROUPED.fullmatch(digits):
        return None  # 1.2.3 is a version
    return digits, text.endswith("%"), (found["before"] or found["after"] or "").rstrip(".")


def is_number(cell: str) -> bool:
    return numeral(cell) is not None


def separators(digits: str) -> str:
    """What the digits say of their decimal sign: "," or ".", "" for nothing, "?," and "?." for "1,234" and "1.234"."""
    comma, point = digits.count(","), digits.count(".")
    if comma and point:
        return "," if digits.rfind(",") > digits.rfind(".") else "."
    sign, other, count = (",", ".", comma) if comma else (".", ",", point)
    if not count:
        return ""
    if count > 1:
        return other
    before, _, after = digits.lstrip("+-").partition(sign)
    thousands = len(after) == 3 and after.isdigit() and 0 < len(before) <= 3 and before != "0"
    return f"?{sign}" if thousands else sign


def number(digits: str, decimal: str) -> int | float:
    """The value of the digits of `numeral`; raises ValueError where they are no number with this decimal sign."""
    other = "." if decimal == "," else ","
    digits = digits.replace(other, "").replace(decimal, ".")
    try:
        return int(digits)
    except ValueError:
        return float(digits)


@lru_cache(maxsize=20_000)
def day(cell: str, month_first: bool = False) -> str | None:
    """The date (or date and time) of a cell in ISO, None for anything else; a month is its first day."""
    text = cell.strip()
    try:
        if found := _ISO.fullmatch(text):
            return _iso(int(found[1]), int(found[2]), int(found[3] or 1), found[4], found[5])
        if found := _NUMBERS.fullmatch(text):
            first, second = int(found[1]), int(found[3])
            swapped = month_first and found[2] != "."
            year = int(found[4]) + (
                2000 if len(found[4]) == 2 and int(found[4]) < 70 else 1900 if len(found[4]) == 2 else 0
            )
            month, of_month = (first, second) if swapped else (second, first)
            return _iso(year, month, of_month, found[5], found[6])
        if (found := _DAY_MONTH.fullmatch(text)) and _MONTH_NAMES.fullmatch(found[2]):
            return _iso(int(found[3]), MONTHS[found[2][:3].lower()], int(found[1]))
        if (found := _MONTH_DAY.fullmatch(text)) and _MONTH_NAMES.fullmatch(found[1]):
            return _iso(int(found[3]), MONTHS[found[1][:3].lower()], int(found[2] or 1))
    except ValueError:
        return None
    return None


def order(cell: str) -> str:
    """What a date written with slashes or dashes tells of its order: "dmy", "mdy", "?" for nothing, "" where it is no
    such date."""
    found = _NUMBERS.fullmatch(cell.strip())
    if not found or found[2] == ".":
        return ""
    return "dmy" if int(found[1]) > 12 else "mdy" if int(found[3]) > 12 else "?"


def _iso(year: int, month: int, of_month: int, hour: str | None = None, minute: str | None = None) -> str:
    if hour is None:
        return date(year, month, of_month).isoformat()
    return datetime(year, month, of_month, int(hour), int(minute or 0)).isoformat(" ", "minutes")
