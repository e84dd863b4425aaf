"""Understands a question about one table, in English or Russian, without a language model: it becomes a plan.

A word that nothing explains keeps the question from being answered: no figure is given for something else than asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.entities.sheets import Function, Operator, Part, Sheet, SheetColumn
from core.i18n import N_
from niches.plan import Refusal
from niches.sheets import words
from niches.sheets.plan import Condition, SheetPlan, closest
from niches.sheets.reading import Names, Piece, read

UNKNOWN = N_("The table has nothing called “%(name)s”.")
WHICH_OF = N_("“%(name)s” is in more than one column. Say in which.")
_FEW = 10
_AND = re.compile(r"and|to|и|до|по|–|-")
_RANGE = re.compile(r"between|from|между|от|с")


@dataclass(frozen=True, slots=True)
class Understood:
    """`explained` counts the words of the question that stand for something of the table; `unknown` are those that
    nothing explains. Without a `plan` the question asks nothing of this table."""

    plan: SheetPlan | None
    refusal: Refusal | None = None
    explained: int = 0
    unknown: tuple[str, ...] = ()


def understand(question: str, names: Names) -> Understood:
    return _Reader(names.sheet, read(question, names)).understood()


@dataclass
class _Found:
    where: list[Condition] = field(default_factory=list)
    by: int | None = None
    part: Part = ""
    function: Function | None = None
    count: bool = False
    much: bool = False
    largest: bool = False
    smallest: bool = False
    top: int | None = None
    listed: bool = False
    rows: bool = False
    columns: list[int] = field(default_factory=list)  # that are neither grouped by nor filtered by
    unknown: list[str] = field(default_factory=list)
    ambiguous: Piece | None = None


class _Reader:
    def __init__(self, sheet: Sheet, pieces: list[Piece]) -> None:
        self._sheet, self._pieces = sheet, pieces
        self._used: set[int] = set()
        self._found = _Found()

    def understood(self) -> Understood:
        for step in (self._groups, self._values, self._comparisons, self._dates, self._years, self._words):
            step()
        found = self._found
        explained = sum(one.type in ("column", "value", "title") for one in self._pieces)
        explained += sum(one.type in ("date", "number") for at, one in enumerate(self._pieces) if at in self._used)
        if found.ambiguous is not None:
            choices = tuple(self._columns[place].name for place in found.ambiguous.places)
            return Understood(None, Refusal("question", WHICH_OF, {"name": found.ambiguous.text}, choices), explained)
        if found.unknown:
            name = " ".join(found.unknown)
            asks = bool(
                found.function or found.count or found.top or found.largest or found.smallest or found.by is not None
            )
            refusal = Refusal("metric", UNKNOWN, {"name": name}, closest(name, self._columns)) if asks else None
            return Understood(None, refusal, explained, tuple(found.unknown))
        return Understood(self._plan(), None, explained)

    @property
    def _columns(self) -> tuple[SheetColumn, ...]:
        return self._sheet.columns

    def _piece(self, at: int) -> Piece | None:
        return self._pieces[at] if 0 <= at < len(self._pieces) else None

    def _is(self, at: int, type_: str) -> bool:
        piece = self._piece(at)
        return piece is not None and piece.type == type_ and at not in self._used

    def _word(self, at: int, pattern: re.Pattern[str]) -> bool:
        piece = self._piece(at)
        return piece is not None and piece.type == "word" and bool(pattern.fullmatch(piece.text.lower()))

    # --- steps ------------------------------------------------------------------------------------------------------

    def _groups(self) -> None:
        """`by region`, `по месяцам`; a column that a value of it follows is filtered by, one of numbers is measured."""
        for at, piece in enumerate(self._pieces):
            if self._found.by is not None:
                return
            before = self._word(at - 1, words.BY) or (self._word(at - 1, _ARTICLE) and self._word(at - 2, words.BY))
            if not before:
                adverb = piece.text.lower()
                before = piece.type == "word" and adverb.endswith(("ly", "месячно", "квартально", "годно"))
            if not before:
                continue
            if piece.type == "column" and not self._filtered(at) and not self._columns[piece.places[0]].numeric:
                self._found.by = piece.places[0]
                self._found.part = "month" if self._columns[piece.places[0]].kind == "date" else ""
                self._used.add(at)
            elif piece.type == "column" and self._year_column(piece.places[0]):
                self._found.by = piece.places[0]
                self._used.add(at)
            elif (
                piece.type in ("word", "column")
                and (part := _part(piece.text))
                and (day := self._date_column()) is not None
            ):
                self._found.by, self._found.part = day, part
                self._used.add(at)

    def _filtered(self, at: int) -> bool:
        """Whether a value of the column at `at` stands beside it."""
        places = self._pieces[at].places
        after = at + 1
        while self._word(after, _LINK):
            after += 1
        return any(
            (other := self._piece(beside)) is not None and other.type in ("value", "compare") and (
                other.type == "compare" or bool(set(other.places) & set(places))
            )
            for beside in (after, *((at - 1,) if not self._word(at - 1, words.BY) else ()))
        )  # fmt: skip

    def _values(self) -> None:
        for at, piece in enumerate(self._pieces):
            if piece.type != "value":
                continue
            place = self._place_of_value(at, piece)
            if place is None:
                self._found.ambiguous = piece
                continue
            op: Operator = "!=" if self._negated(at) else "="
            self._found.where.append(Condition(column=self._columns[place].name, op=op, value=piece.value))
            self._used.add(at)
        for at, piece in enumerate(self._pieces):
            if piece.type == "column" and self._columns[piece.places[0]].kind == "yes_no" and at not in self._used:
                said = self._piece(at + 1)
                yes = not (said is not None and said.text.lower() in ("no", "false", "нет")) and not self._word(
                    at - 1, _NOT
                )
                if self._found.by != piece.places[0] and (self._word(at - 1, _NOT) or self._word(at + 1, _YES_NO)):
                    self._found.where.append(Condition(column=self._columns[piece.places[0]].name, value=yes))
                    self._used.update({at, at + 1} if self._word(at + 1, _YES_NO) else {at})

    def _place_of_value(self, at: int, piece: Piece) -> int | None:
        """Its column: the only one, or the one that stands beside it, which is then used up."""
        near = [beside for beside in (at - 1, at - 2, at - 3, at + 1) if self._is(beside, "column")]
        for beside in near:
            place = self._pieces[beside].places[0]
            between = range(min(at, beside) + 1, max(at, beside))
            if place in piece.places and all(self._word(one, _LINK) or self._is(one, "compare") for one in between):
                self._used.update({beside, *between})
                return place
        return piece.places[0] if len(piece.places) == 1 else None

    def _negated(self, at: int) -> bool:
        before = self._piece(at - 1)
        if before is not None and before.type == "compare" and before.op == "!=":
            self._used.add(at - 1)
            return True
        if self._word(at - 1, _NOT):
            self._used.add(at - 1)
            return True
        return False

    def _comparisons(self) -> None:
        """`revenue over 100`, `more than 20 units`, `price between 5 and 10`, `year = 2024`."""
        for at, piece in enumerate(self._pieces):
            if piece.type == "compare" and at not in self._used and self._is(at + 1, "number"):
                self._compare(at, piece.op, at + 1)
            elif (
                self._word(at, _RANGE)
                and self._is(at + 1, "number")
                and self._word(at + 2, _AND)
                and self._is(at + 3, "number")
            ):
                self._compare(at, "between", at + 1, at + 3)
            elif piece.type == "column" and at not in self._used and self._columns[piece.places[0]].numeric:
                after = at + 1
                while self._word(after, _EQUALS):
                    after += 1
                if self._is(after, "number"):
                    self._used.add(at)
                    self._condition(piece.places[0], "=", after)
                    self._used.update(range(at, after))

    def _compare(self, at: int, op: Operator, first: int, second: int | None = None) -> None:
        last = second or first
        place = self._compared(at, last)
        if place is None:
            return
        self._condition(place, op, first, second)
        self._used.update(range(at, last + 1))

    def _compared(self, at: int, last: int) -> int | None:
        """The column of a comparison: the number's own unit of counting after it, else the last one named before."""
        after = last + 1
        if self._is(after, "column") and self._columns[self._pieces[after].places[0]].numeric:
            self._used.add(after)
            return self._pieces[after].places[0]
        for before in range(at - 1, -1, -1):
            piece = self._pieces[before]
            if piece.type == "column" and self._columns[piece.places[0]].numeric:
                if all(self._word(one, _LINK) for one in range(before + 1, at)) and self._measures_else(before):
                    self._used.add(before)
                return piece.places[0]
        numeric = [place for place, one in enumerate(self._columns) if one.numeric]
        return numeric[0] if len(numeric) == 1 else None

    def _measures_else(self, but: int) -> bool:
        """Whether something else than the column at `but` is asked for, so that it only filters."""
        others = [
            at for at, one in enumerate(self._pieces) if one.type == "column" and at != but and at not in self._used
        ]
        counted = any(self._word(at, words.COUNT) or self._word(at, words.ROWS) for at in range(len(self._pieces)))
        return bool(others) or counted

    def _condition(self, place: int, op: Operator, first: int, second: int | None = None) -> None:
        column = self._columns[place]

        def value(at: int) -> float | int | None:
            piece = self._pieces[at]
            said = piece.value
            self._used.add(at)
            if not isinstance(said, int | float):
                return None
            if column.kind == "percent":
                return said / 100 if piece.to == "%" or abs(said) > 1 else said
            return said

        other = value(second) if second is not None else None
        self._found.where.append(Condition(column=column.name, op=op, value=value(first), value2=other))

    def _dates(self) -> None:
        for at, piece in enumerate(self._pieces):
            if piece.type != "date" or at in self._used:
                continue
            place = self._dated(at)
            if place is not None:
                self._date_condition(at, place, str(piece.value), piece.to)

    def _date_condition(self, at: int, place: int, first: str, last: str) -> None:
        name = self._columns[place].name
        other = at + 2
        self._used.add(at)
        end = self._end(other)
        if end and self._word(at + 1, _AND) and self._word(at - 1, _RANGE):
            self._found.where.append(Condition(column=name, op="between", value=first, value2=end))
            self._used.update({at - 1, at + 1, other})
            return
        for op, pattern in words.DATED:
            if self._word(at - 1, pattern):
                self._used.add(at - 1)
                bound = last if op in (">", "<=") else first
                self._found.where.append(Condition(column=name, op=op, value=bound))
                return
        self._found.where.append(Condition(column=name, op="between", value=first, value2=last))

    def _end(self, at: int) -> str:
        """The last day of the date or year at `at`."""
        piece = self._piece(at)
        if piece is None or at in self._used:
            return ""
        if piece.type == "date":
            return piece.to
        return f"{piece.value}-12-31" if _is_year(piece) else ""

    def _dated(self, at: int) -> int | None:
        """The date column that is named nearby, else the only one."""
        for beside in (at - 1, at - 2, at + 1):
            piece = self._piece(beside)
            if piece is not None and piece.type == "column" and self._columns[piece.places[0]].kind == "date":
                self._used.add(beside)
                return piece.places[0]
        return self._date_column()

    def _date_column(self) -> int | None:
        dates = [place for place, one in enumerate(self._columns) if one.kind == "date"]
        return dates[0] if len(dates) == 1 else None

    def _year_column(self, place: int) -> bool:
        column = self._columns[place]
        return column.kind == "integer" and bool(_YEAR_NAME.search(column.name))

    def _years(self) -> None:
        """A bare year is one of a date column, or a value of a column of years."""
        for at, piece in enumerate(self._pieces):
            if at in self._used or not _is_year(piece):
                continue
            years = [place for place in range(len(self._columns)) if self._year_column(place)]
            if (place := self._dated(at)) is not None:
                self._date_condition(at, place, f"{piece.value}-01-01", f"{piece.value}-12-31")
            elif len(years) == 1:
                self._condition(years[0], "=", at)

    def _words(self) -> None:
        """What is asked, by the words that are left; a column that is left is measured or shown."""
        found = self._found
        for at, piece in enumerate(self._pieces):
            if at in self._used:
                continue
            if piece.type == "column":
                found.columns.append(piece.places[0])
            elif piece.type == "number" and self._ranks(at):
                found.top = min(100, max(1, int(piece.value)))  # type: ignore[arg-type]
            elif piece.type in ("number", "date", "compare"):
                if not (piece.type == "compare" and self._asks(piece.text.lower())):
                    found.unknown.append(piece.text)
            elif piece.type == "word" and not self._asks(piece.text.lower()):
                found.unknown.append(piece.text)

    def _ranks(self, at: int) -> bool:
        piece = self._pieces[at]
        return isinstance(piece.value, int) and (self._word(at - 1, words.TOP) or self._word(at + 1, words.TOP))

    def _asks(self, word: str) -> bool:
        found, known = self._found, False
        function = next((name for name, pattern in words.FUNCTIONS if pattern.fullmatch(word)), None)
        if function is not None:
            found.function, known = found.function or function, True
        if words.COUNT.fullmatch(word):
            found.count = known = True
        if words.MUCH.fullmatch(word):
            found.much = known = True
        if words.SMALLEST.fullmatch(word):
            found.smallest = known = True
        elif words.LARGEST.fullmatch(word):
            found.largest = known = True
        if words.ROWS.fullmatch(word):
            found.rows = known = True
        if words.LISTED.fullmatch(word):
            found.listed = known = True
        return known or bool(words.PLAIN.fullmatch(word)) or bool(words.BY.fullmatch(word)) or len(word) == 1

    # --- the plan ---------------------------------------------------------------------------------------------------

    def _plan(self) -> SheetPlan | None:
        found = self._found
        numbers = [place for place in found.columns if self._columns[place].numeric]
        others = [place for place in found.columns if not self._columns[place].numeric]
        ranked = found.top is not None or ((found.largest or found.smallest) and others)
        if ranked and found.function in (None, "max", "min", "sum", "mean", "median") and numbers:
            return self._ranking(numbers[-1], others)
        if found.by is not None:
            return self._grouped(numbers, others)
        function = found.function or ("min" if found.smallest else "max" if found.largest else None)
        if function is not None and function != "share":
            dates = [place for place in others if self._columns[place].kind == "date"]
            if function in ("min", "max") and not numbers and len(dates) == 1:
                numbers = dates
            if found.count and not numbers:
                return self._made(kind="figure", function="count")
            return self._made(kind="figure", function=function, column=self._name(numbers)) if numbers else None
        if function == "share":
            return self._made(kind="figure", function="share", column=self._name(numbers)) if found.where else None
        if (found.count or found.much) and len(numbers) == 1 and not found.rows:
            return self._made(kind="figure", function="sum", column=self._name(numbers))
        if found.count and len(others) == 1 and not found.rows and self._columns[others[0]].kind != "date":
            return self._made(kind="groups", by=self._columns[others[0]].name, function="count", n=100)
        if found.count and (found.where or found.rows):
            return self._made(kind="figure", function="count")
        if found.columns and found.where:
            shown = [
                *dict.fromkeys(
                    [*(one.column for one in found.where), *(self._columns[at].name for at in found.columns)]
                )
            ]
            return self._made(kind="rows", show=shown, descending=False)
        return self._made(kind="rows", descending=False) if found.where and (found.rows or found.listed) else None

    def _grouped(self, numbers: list[int], others: list[int]) -> SheetPlan | None:
        found = self._found
        by = self._columns[found.by or 0]
        extreme: Function | None = "min" if found.smallest else "max" if found.largest else None
        function = found.function or (extreme or "sum" if numbers else "count")
        if not numbers and function not in ("count", "share"):
            if not found.count:
                return None
            function = "count"
        in_time = by.kind == "date" or self._year_column(found.by or 0)
        return self._made(
            kind="groups",
            by=by.name,
            part=found.part,
            function=function,
            column=self._name(numbers) if function != "count" or numbers else "",
            by_value=not in_time,
            descending=not in_time,
        )

    def _ranking(self, measured: int, others: list[int]) -> SheetPlan:
        """Of groups where the named text comes more than once, else of rows."""
        found = self._found
        by = found.by if found.by is not None else others[0] if others else None
        n = found.top or 1
        down = not found.smallest
        name = self._columns[measured].name
        if by is not None:
            column = self._columns[by]
            unique = column.kind == "text" and (not column.values or len(column.values) == column.filled)
            if not unique or found.function in ("sum", "mean", "median"):
                function = found.function if found.function in ("sum", "mean", "median") else "sum"
                return self._made(
                    kind="groups", by=column.name, part=found.part, function=function, column=name, descending=down, n=n
                )
            shown = [column.name, *(self._columns[at].name for at in others if at != by), name]
            return self._made(kind="rows", show=list(dict.fromkeys(shown)), sort=name, descending=down, n=n)
        return self._made(kind="rows", sort=name, descending=down, n=n)

    def _name(self, places: list[int]) -> str:
        return self._columns[places[0]].name if places else ""

    def _made(self, **values: object) -> SheetPlan:
        return SheetPlan(table=self._sheet.n, where=self._found.where, **values)


_ARTICLE = re.compile(r"the|each|every|кажд\w+")
_LINK = re.compile(
    r"is|are|was|were|equals?|equal|to|of|the|in|as|named|called|the|that|where|равн\w+|называется|–|-|s"
)
_EQUALS = re.compile(r"is|was|are|were|equals?|equal|to|of|exactly|ровно|равн\w+|составляет|s")
_NOT = re.compile(r"not|no|except|excluding|without|не|кроме|без")
_YES_NO = re.compile(r"yes|no|true|false|да|нет")
_YEAR_NAME = re.compile(r"\byear\b|\bгод\b", re.IGNORECASE)


def _part(text: str) -> Part:
    return next((part for part, pattern in words.PARTS if pattern.fullmatch(text.lower())), "")


def _is_year(piece: Piece) -> bool:
    return (
        piece.type == "number" and isinstance(piece.value, int) and 1900 <= piece.value <= 2100 and piece.text.isdigit()
    )
