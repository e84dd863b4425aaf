"""Reads a question piece by piece against one table: columns, values, dates, numbers, comparisons, and plain words."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from core.entities.sheets import Cell, Operator, Sheet
from niches import wording
from niches.sheets import words
from rag.tables import cells, headers
from rag.tables.cells import MONTHS

_LONGEST = 8  # words of a name or a value
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"(?<![\w.,-])(?:(?P<iso>\d{{4}}-\d{{1,2}}(?:-\d{{1,2}})?)|(?P<turned>\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}})|"
    rf"(?P<dmy>\d{{1,2}}\s+(?:{_MONTH})[a-zа-яё]*\.?,?\s+\d{{4}})|(?P<mdy>(?:{_MONTH})[a-zа-яё]*\.?\s+\d{{1,2}},?\s+\d{{4}})|"
    rf"(?P<my>(?:{_MONTH})[a-zа-яё]*\.?,?\s+\d{{4}})|(?P<quarter>(?:q(?P<q>[1-4])|(?P<q2>[1-4])(?:st|nd|rd|th|-?й|-?м)?\s+"
    rf"(?:quarter|квартал\w*))(?:\s+of)?\s+(?P<qy>\d{{4}})))(?:\s*(?:года|г\.))?(?![\w-])",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.,])[-−]?(?:\d{1,3}(?:[ \u00a0]\d{3})+(?!\d)|\d[\d.,]*\d|\d)\s*(?P<percent>%|percent\b|процент\w*)?"
    r"(?:(?P<scale>тыс\w*\.?|thousand|млн\.?|миллион\w*|million|млрд\.?|миллиард\w*|billion|bn|[km])(?!\w))?",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[«“„\"](?P<text>[^«»“”„\"]{1,200})[»”“\"]|(?<!\w)'(?P<single>[^']{1,200})'(?!\w)")
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*|[₽$€£¥]")

_SHORT_ENDING = re.compile("(?<=[а-я]{2})[аеиоуыэюяйь]$")

Type = Literal["column", "value", "date", "number", "compare", "word", "title"]


@dataclass(frozen=True, slots=True)
class Piece:
    """`places` are the columns that a column or a value may mean; `value` is what it says, `to` the last day of it."""

    type: Type
    text: str
    places: tuple[int, ...] = ()
    value: Cell = None
    to: str = ""
    op: Operator = "="
    exact: bool = True


def read(question: str, names: Names) -> list[Piece]:
    """The pieces of a question in their order."""
    return _named(_tokens(question), names)


# --- tokens -----------------------------------------------------------------------------------------------------------


def _tokens(question: str) -> list[Piece]:
    """Quotations, dates, comparisons, numbers and words; names and values are found among them afterwards."""
    found: list[tuple[int, int, Piece]] = []

    def free(match: re.Match[str]) -> bool:
        return not any(match.start() < end and match.end() > start for start, end, _piece in found)

    for match in _QUOTED.finditer(question):
        text = match["text"] or match["single"]
        found.append((match.start(), match.end(), Piece("word", text, value=text)))
    for match in _DATE.finditer(question):
        if free(match) and (piece := _date(match)):
            found.append((match.start(), match.end(), piece))
    for sign, pattern in words.COMPARISONS:
        for match in pattern.finditer(question):
            if free(match):
                found.append((match.start(), match.end(), Piece("compare", match[0].strip(), op=sign)))
    for match in _NUMBER.finditer(question):
        if free(match) and (piece := _number(match)):
            found.append((match.start(), match.end(), piece))
    for match in _WORD.finditer(question):
        if free(match):
            found.append((match.start(), match.end(), Piece("word", match[0])))
    return [piece for _start, _end, piece in sorted(found, key=lambda one: one[:2])]


def _date(match: re.Match[str]) -> Piece | None:
    text = match[0]
    if match["quarter"]:
        year, quarter = int(match["qy"]), int(match["q"] or match["q2"])
        return Piece("date", text, value=f"{year}-{3 * quarter - 2:02d}-01", to=_last(year, 3 * quarter))
    said = next(match[name] for name in ("iso", "turned", "dmy", "mdy", "my") if match[name])
    day = cells.day(said)
    if day is None:
        return None
    month = bool(match["my"]) or (bool(match["iso"]) and said.count("-") == 1)
    first = date.fromisoformat(day)
    return Piece("date", text, value=day, to=_last(first.year, first.month) if month else day)


def _last(year: int, month: int) -> str:
    return f"{year}-{month:02d}-{calendar.monthrange(year, month)[1]:02d}"


def _number(match: re.Match[str]) -> Piece | None:
    digits = match[0][: match.start("percent") - match.start() if match["percent"] else None]
    if match["scale"]:
        digits = match[0][: match.start("scale") - match.start()]
    found = cells.numeral(digits.strip().rstrip(".,"))
    if found is None:
        return None
    marks = cells.separators(found[0])
    value = cells.number(found[0], "," if marks == "," else ".")
    if match["scale"]:
        said = match["scale"].lower()
        value *= next(
            size for word, size in sorted(words.SCALES, key=lambda one: -len(one[0])) if said.startswith(word)
        )
        value = int(value) if float(value).is_integer() else value
    percent = match["percent"] or ""
    return Piece("number", match[0].strip(), value=value, to="%" if percent else "")


# --- names ------------------------------------------------------------------------------------------------------------


class Names:
    """What columns and values of a sheet, and the document, are called."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._plain: dict[tuple[str, ...], list[Piece]] = {}
        self._stemmed: dict[tuple[str, ...], list[Piece]] = {}
        for place, column in enumerate(sheet.columns):
            for name in dict.fromkeys((column.name, *_shorter(column.name, sheet))):
                self._add(Piece("column", name, (place,)))
        for place, name in _bare(sheet):
            self._add(Piece("column", name, (place,)))
        for place, column in enumerate(sheet.columns):
            for value in column.values:
                self._add(Piece("value", value, (place,), value))
        for title in dict.fromkeys((sheet.title, sheet.document, sheet.filename, sheet.filename.rpartition(".")[0])):
            if title:
                self._add(Piece("title", title))

    def add_values(self, place: int, values: Iterable[str]) -> None:
        for value in values:
            self._add(Piece("value", value, (place,), value))

    def _add(self, piece: Piece) -> None:
        plain = tuple(wording.words(piece.text))
        if plain and len(plain) <= 2 * _LONGEST:
            self._plain.setdefault(plain, []).append(piece)
            self._stemmed.setdefault(tuple(map(stem, plain)), []).append(piece)

    def at(self, plain: tuple[str, ...], stemmed: tuple[str, ...]) -> list[Piece]:
        """Columns before values before titles, those of the very words before those of their stems."""
        for known, key in ((self._plain, plain), (self._stemmed, stemmed)):
            found = known.get(key, [])
            for type_ in ("column", "value", "title"):
                if kept := [one for one in found if one.type == type_]:
                    return kept
        return []


def stem(word: str) -> str:
    """As names are compared: of short Russian words too, so that "юге" is "юг" and "чая" is "чай"."""
    found = wording.stem(word)
    return _SHORT_ENDING.sub("", found) if len(word) <= 4 else found


def _shorter(name: str, sheet: Sheet) -> list[str]:
    """The last part of a joined header, where no other column ends in it."""
    last = name.rpartition(" > ")[2]
    same = sum(one.name.rpartition(" > ")[2] == last for one in sheet.columns)
    return [last] if last != name and same == 1 else []


def _bare(sheet: Sheet) -> Iterator[tuple[int, str]]:
    """What columns are called without their unit and without words such as "name" and "amount", where only one of them
    is called so and it is no word of questions: "Revenue" for "Revenue USD", "Region" for "Region name"."""
    names = [_stripped(wording.words(column.name)) for column in sheet.columns]
    known = [tuple(map(stem, name)) for name in names]
    for place, name in enumerate(names):
        inside = sum(set(known[place]) <= set(other) for other in known)
        if name and inside == 1 and not all(_is_own(word) for word in name):
            yield place, " ".join(name)


def _stripped(name: list[str]) -> list[str]:
    """`name` without such words at its ends, but for the last that is left."""
    while len(name) > 1 and (words.GENERAL.fullmatch(name[-1]) or headers.is_unit(name[-1])):
        name = name[:-1]
    while len(name) > 1 and words.GENERAL.fullmatch(name[0]):
        name = name[1:]
    return name


def _is_own(word: str) -> bool:
    """Whether it is a word of questions themselves."""
    patterns = (words.PLAIN, words.ROWS, words.COUNT, words.BY, words.LARGEST, words.SMALLEST, words.GENERAL)
    return any(one.fullmatch(word) for one in (*patterns, *(pattern for _, pattern in words.FUNCTIONS)))


def _named(tokens: Sequence[Piece], names: Names) -> list[Piece]:
    """The tokens with names and values of several words put together, the longest first."""
    split = [tuple(wording.words(one.text)) or (one.text,) for one in tokens]
    taken: list[Piece | None] = list(tokens)
    done = [False] * len(tokens)
    for size in range(min(_LONGEST, len(tokens)), 0, -1):
        for start in range(len(tokens) - size + 1):
            if any(done[start : start + size]):
                continue
            plain = tuple(word for at in range(start, start + size) for word in split[at])
            found = names.at(plain, tuple(map(stem, plain)))
            if not found or (size == 1 and _said_otherwise(tokens[start], found[0])):
                continue
            text = " ".join(one.text for one in tokens[start : start + size])
            places = tuple(dict.fromkeys(place for one in found for place in one.places))
            exact = any(tuple(wording.words(one.text)) == plain for one in found)
            taken[start] = Piece(found[0].type, text, places, found[0].value, exact=exact)
            for at in range(start, start + size):
                done[at] = True
                if at > start:
                    taken[at] = None
    return [one for one in taken if one is not None]


def _said_otherwise(token: Piece, found: Piece) -> bool:
    """A word of the question's own that only happens to be a name or a value; quoted it always is one."""
    if token.value is not None and token.type == "word":
        return False
    if token.type in ("date", "compare"):
        return True
    said = token.text.lower()
    if token.type == "number":
        return found.type != "column" and found.type != "value"
    return found.type != "column" and bool(words.PLAIN.fullmatch(said))
