"""What kind of values a column has, and its values; how numbers are written is told by column, table and file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from core.entities.sheets import Cell, Kind
from rag.tables import cells
from rag.tables.cells import is_empty

_MOST_FIT = 0.95  # of the cells that have a value; those that do not fit are told
_LOOKED_AT = 20_000  # cells of a column that its kind is recognised by
_MOST_TEXT = 1_000  # characters of a cell
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_DECIMAL_COMMA = re.compile("[äöüßàâçéèêëîïôûñáíóúãõ]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hint:
    """What is told by the rest of the file: the decimal sign of "1,234" and of "1.234", and the order of dates."""

    of_comma: str = "."
    of_point: str = "."
    month_first: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    kind: Kind
    values: list[Cell]
    misfits: int = 0
    unit: str = ""
    guessed_order: str = ""


def hint(texts: Sequence[str], english_points: bool) -> Hint:
    """By the letters of the file. Numbers of a workbook have a point, whatever language it is in."""
    whole = " ".join(texts)
    russian, european = bool(_CYRILLIC.search(whole)), bool(_DECIMAL_COMMA.search(whole))
    if english_points or not (russian or european):
        return Hint(month_first=not (russian or european))
    return Hint(",", "." if russian else ",", month_first=False)


def refined(given: Hint, columns: Sequence[Sequence[str]]) -> Hint:
    """By the numbers of the table that can be read in one way only."""
    said: Counter[str] = Counter()
    for column in columns:
        for cell in islice(column, 2_000):
            if not is_empty(cell) and (found := cells.numeral(cell)):
                said[cells.separators(found[0])] += 1
    if said[","] and not said["."]:
        return replace(given, of_comma=",", of_point=",")
    if said["."] and not said[","]:
        return replace(given, of_comma=".", of_point=".")
    return given


def recognise(texts: Sequence[str], given: Hint, chosen: Kind | None) -> Found:
    """The kind that nearly all cells with a value have, or the one that was chosen; what does not fit is empty."""
    filled = [text for text in islice(texts, _LOOKED_AT) if not is_empty(text)]
    kind = chosen or _kind(filled)
    if kind == "text":
        return Found("text", [None if is_empty(text) else text[:_MOST_TEXT] for text in texts])
    if kind == "yes_no":
        values, misfits = _each(texts, _yes_no)
        return Found(kind, values, misfits)
    if kind == "date":
        month_first, guessed = _month_first(filled, given)
        values, misfits = _each(texts, lambda text: cells.day(text, month_first))
        return Found(kind, values, misfits, guessed_order=guessed)
    return _numbers(texts, filled, kind, given, chosen is not None)


def _kind(filled: Sequence[str]) -> Kind:
    if not filled:
        return "text"
    distinct = Counter(filled)
    share = 1 / len(filled)

    def fits(test: Callable[[str], object]) -> float:
        return sum(times for text, times in distinct.items() if test(text)) * share

    if all(text.strip().lower() in cells.YES | cells.NO for text in distinct):
        return "yes_no"
    if fits(lambda text: cells.day(text) or cells.day(text, True)) >= _MOST_FIT:
        return "date"
    if fits(cells.numeral) >= _MOST_FIT:
        percentages = fits(lambda text: text.strip().endswith("%"))
        return "percent" if percentages > 0.5 else "number"
    return "text"


def _numbers(texts: Sequence[str], filled: Sequence[str], kind: Kind, given: Hint, chosen: bool) -> Found:
    said: Counter[str] = Counter()
    currencies: Counter[str] = Counter()
    for text in filled:
        if found := cells.numeral(text):
            said[cells.separators(found[0])] += 1
            currencies[found[2]] += 1
    own = "," if said[","] > said["."] else "." if said["."] > said[","] else ""
    of = {"": ".", ",": ",", ".": ".", "?,": own or given.of_comma, "?.": own or given.of_point}

    def value(text: str) -> Cell:
        found = cells.numeral(text)
        if found is None:
            return None
        digits, percentage, _ = found
        try:
            read = cells.number(digits, of[cells.separators(digits)])
        except (ValueError, OverflowError):
            return None
        return float(f"{read / 100:.15g}") if percentage else read

    values, misfits = _each(texts, value)
    currency = currencies.most_common(1)[0][0] if currencies else ""
    if kind == "percent":
        return Found(kind, values, misfits)
    if kind == "integer" and chosen:
        whole = [value if value is None or float(value) == int(float(value)) else None for value in values]
        lost = sum(one is None and other is not None for one, other in zip(whole, values, strict=True))
        return Found("integer", [None if one is None else int(float(one)) for one in whole], misfits + lost, currency)
    if not chosen and all(one is None or isinstance(one, int) for one in values):
        return Found("integer", values, misfits, currency)
    return Found("number", values, misfits, currency)


def _yes_no(text: str) -> bool | None:
    said = text.strip().lower()
    return True if said in cells.YES else False if said in cells.NO else None


def _month_first(filled: Sequence[str], given: Hint) -> tuple[bool, str]:
    """(whether the month stands first, that order where it is a guess)"""
    orders = Counter(cells.order(text) for text in filled)
    if orders["dmy"] or orders["mdy"]:
        return orders["mdy"] > orders["dmy"], ""
    if not orders["?"]:
        return False, ""
    return given.month_first, "mdy" if given.month_first else "dmy"


def _each(texts: Sequence[str], read: Callable[[str], Cell]) -> tuple[list[Cell], int]:
    """Values, and how many cells have one that cannot be read; equal texts are read once."""
    known: dict[str, Cell] = {}
    values: list[Cell] = []
    misfits = 0
    for text in texts:
        if text not in known:
            known[text] = None if is_empty(text) else read(text)
        value = known[text]
        misfits += value is None and not is_empty(text)
        values.append(value)
    return values, misfits
