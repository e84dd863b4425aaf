"""Header rows: whether there is one, several rows made one, names without doubles, and units."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.tables.cells import day, is_empty, is_number

JOINED = " > "
_TOTAL = re.compile(
    r"(?:grand |sub)?-?totals?|total general|gesamt|summe|(?:общий |под)?итоги?|(?:общий )?итого?|всего(?: итого)?|"
    r"итого по .*|всего по .*|(?:sub)?total (?:for|of) .*",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"^(?P<name>.*\S)\s*[(\[](?P<unit>[^()\[\]]{1,24})[)\]]$")
_AFTER_COMMA = re.compile(r"^(?P<name>.*\S)\s*,\s*(?P<unit>\S[^,]{0,23})$")
_UNIT = re.compile(
    r"(?:thousand|million|billion|thous\.?|mln\.?|bn\.?|k|m|тыс\.?|тысяч\w*|млн\.?|миллион\w*|млрд\.?|миллиард\w*)?\s*"
    r"(?:%|percent|проц\w*\.?|usd|eur|rub|gbp|cny|jpy|chf|kzt|byn|dollars?|euros?|rubles?|roubles?|руб\w*\.?|р\.|долл\w*\.?|"
    r"евро|юан\w*|тенге|\$|€|₽|£|¥|₸|kg|g|mg|t|tons?|tonnes?|lbs?|oz|кг|г|мг|т|тонн\w*|ц|m|km|cm|mm|mi|ft|м|км|см|мм|"
    r"m2|m²|m3|m³|м2|м²|м3|м³|ha|га|sq\.?\s?m|кв\.?\s?м|l|ml|л|мл|s|sec|seconds?|min|minutes?|h|hours?|days?|weeks?|months?|"
    r"years?|с|сек\w*\.?|мин\w*\.?|ч|час\w*\.?|дн\w*\.?|дней|мес\w*\.?|лет|pcs\.?|pieces|units?|items?|people|persons?|шт\w*\.?|"
    r"ед\w*\.?|чел\w*\.?|kwh|mwh|kw|mw|квт\W?ч|квт|мвт|gb|mb|tb|гб|мб|°c|°f)?"
    r"(?:\s?/\s?\S{1,10})?",
    re.IGNORECASE,
)


def split(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """(header, the rows below it); a table that begins with data gets a header of empty names."""
    first, body = rows[0], rows[1:]
    if _is_data(first):
        return [""] * len(first), rows
    if body and len(body) > 1 and _goes_on(first, body):
        return _joined(first, body[0]), body[1:]
    return first, body


def _is_data(cells: Sequence[str]) -> bool:
    """Most of it is numbers or dates; years are names of columns as well."""
    filled = [cell for cell in cells if not is_empty(cell)]
    data = [cell for cell in filled if (is_number(cell) and not _is_year(cell)) or day(cell)]
    return bool(filled) and 2 * len(data) > len(filled)


def _is_year(cell: str) -> bool:
    return cell.isdigit() and 1900 <= int(cell) <= 2100


def _goes_on(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """The second row names columns too: the first leaves gaps, as merged cells do, the second has texts where numbers
    stand below it."""
    gaps = any(is_empty(cell) and at > 0 for at, cell in enumerate(first))
    second, third = body[0], body[1]
    texts = all(is_empty(cell) or not is_number(cell) or _is_year(cell) for cell in second)
    below = any(is_number(cell) and not is_empty(name) for cell, name in zip(third, second, strict=False))
    return gaps and texts and below


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    names, above = [], ""
    for at, name in enumerate(lower):
        said = upper[at] if at < len(upper) else ""
        above = above if is_empty(said) else said
        names.append(JOINED.join(dict.fromkeys(part for part in (above, name) if not is_empty(part))))
    return names


def named(header: Sequence[str]) -> list[str]:
    """Names that differ: those that are missing or come twice get a number."""
    names: list[str] = []
    for at, cell in enumerate(header, start=1):
        name = " ".join(cell.split())[:200] or f"Column {at}"
        times = 2
        unique = name
        while unique in names:
            unique, times = f"{name} ({times})", times + 1
        names.append(unique)
    return names


def is_unit(word: str) -> bool:
    """Whether a word of a header is a unit: `USD`, `kg`, `тыс`."""
    return _UNIT.fullmatch(word) is not None


def unit(name: str) -> tuple[str, str]:
    """(name, unit) of a column of numbers: `Revenue, thousand USD`, `Weight (kg)`, `Цена, руб.`."""
    for pattern in (_BRACKETS, _AFTER_COMMA):
        found = pattern.match(name)
        if found and _UNIT.fullmatch(found["unit"].strip()):
            return found["name"], found["unit"].strip()
    return name, ""


def is_total(row: Sequence[str]) -> bool:
    """A row that adds up the ones above it, as people and spreadsheets write them."""
    first = next((cell for cell in row if not is_empty(cell)), "")
    return bool(_TOTAL.fullmatch(first.strip().rstrip(":")))
