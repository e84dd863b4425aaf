"""What a question about one table narrows its rows to: values, comparisons, dates and years become conditions."""

from __future__ import annotations

import re

from core.entities.sheets import Operator
from niches.sheets import words
from niches.sheets.pieces import Pieces, holds_years
from niches.sheets.plan import Condition
from niches.sheets.reading import Piece

LINK = re.compile(r"is|are|was|were|equals?|equal|to|of|the|in|as|named|called|the|that|where|равн\w+|называется|–|-|s")
_AND = re.compile(r"and|to|и|до|по|–|-")
_RANGE = re.compile(r"between|from|между|от|с")
_EQUALS = re.compile(r"is|was|are|were|equals?|equal|to|of|exactly|ровно|равн\w+|составляет|s")
_NOT = re.compile(r"not|no|except|excluding|without|не|кроме|без")
_YES_NO = re.compile(r"yes|no|true|false|да|нет")
_NO = ("no", "false", "нет")


class Conditions:
    """`where` is what was found so far; `ambiguous` a value that more than one column has, and none is named."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self.where: list[Condition] = []
        self.ambiguous: Piece | None = None

    def read(self, grouped: int | None) -> None:
        """Everything there is, of the clearest kind first; the column `grouped` is not asked for by yes or no."""
        self._values()
        self._yes_or_no(grouped)
        self._comparisons()
        self._dates()
        self._years()

    # --- values -----------------------------------------------------------------------------------------------------

    def _values(self) -> None:
        pieces = self._pieces
        for at, piece in pieces:
            if piece.type != "value":
                continue
            place = self._place_of_value(at, piece)
            if place is None:
                self.ambiguous = piece
                continue
            op: Operator = "!=" if self._negated(at) else "="
            self.where.append(Condition(column=pieces.columns[place].name, op=op, value=piece.value))
            pieces.use([at])

    def _place_of_value(self, at: int, piece: Piece) -> int | None:
        """Its column: the only one, or the one that stands beside it, which is then used up."""
        pieces = self._pieces
        near = [beside for beside in (at - 1, at - 2, at - 3, at + 1) if pieces.is_free(beside, "column")]
        for beside in near:
            place = pieces[beside].places[0]
            between = range(min(at, beside) + 1, max(at, beside))
            linked = all(pieces.is_word(one, LINK) or pieces.is_free(one, "compare") for one in between)
            if place in piece.places and linked:
                pieces.use([beside, *between])
                return place
        return piece.places[0] if len(piece.places) == 1 else None

    def _negated(self, at: int) -> bool:
        before = self._pieces.get(at - 1)
        unlike = before is not None and before.type == "compare" and before.op == "!="
        if unlike or self._pieces.is_word(at - 1, _NOT):
            self._pieces.use([at - 1])
            return True
        return False

    def _yes_or_no(self, grouped: int | None) -> None:
        """`paid: yes`, `not paid`."""
        pieces = self._pieces
        for at, piece in pieces.left():
            if piece.type != "column" or pieces.column(piece).kind != "yes_no" or piece.places[0] == grouped:
                continue
            negated, answered = pieces.is_word(at - 1, _NOT), pieces.is_word(at + 1, _YES_NO)
            if negated or answered:
                said = pieces.get(at + 1)
                yes = not (said is not None and said.text.lower() in _NO) and not negated
                self.where.append(Condition(column=pieces.column(piece).name, value=yes))
                pieces.use([at, at + 1] if answered else [at])

    # --- numbers ----------------------------------------------------------------------------------------------------

    def _comparisons(self) -> None:
        """`revenue over 100`, `more than 20 units`, `price between 5 and 10`, `year = 2024`."""
        pieces = self._pieces
        for at, piece in pieces:
            if piece.type == "compare" and not pieces.is_used(at) and pieces.is_free(at + 1, "number"):
                self._compare(at, piece.op, at + 1)
            elif self._is_range(at):
                self._compare(at, "between", at + 1, at + 3)
            elif piece.type == "column" and not pieces.is_used(at) and pieces.column(piece).numeric:
                after = at + 1
                while pieces.is_word(after, _EQUALS):
                    after += 1
                if pieces.is_free(after, "number"):
                    self._add(piece.places[0], "=", after)
                    pieces.use(range(at, after))

    def _is_range(self, at: int) -> bool:
        pieces = self._pieces
        numbers = pieces.is_free(at + 1, "number") and pieces.is_free(at + 3, "number")
        return numbers and pieces.is_word(at, _RANGE) and pieces.is_word(at + 2, _AND)

    def _compare(self, at: int, op: Operator, first: int, second: int | None = None) -> None:
        last = second or first
        place = self._compared(at, last)
        if place is not None:
            self._add(place, op, first, second)
            self._pieces.use(range(at, last + 1))

    def _compared(self, at: int, last: int) -> int | None:
        """The column of a comparison: the number's own unit of counting after it, else the last one named before."""
        pieces = self._pieces
        after = last + 1
        if pieces.is_free(after, "column") and pieces.column(pieces[after]).numeric:
            pieces.use([after])
            return pieces[after].places[0]
        for before in range(at - 1, -1, -1):
            piece = pieces[before]
            if piece.type == "column" and pieces.column(piece).numeric:
                if all(pieces.is_word(one, LINK) for one in range(before + 1, at)) and self._measures_else(before):
                    pieces.use([before])
                return piece.places[0]
        numeric = [place for place, one in enumerate(pieces.columns) if one.numeric]
        return numeric[0] if len(numeric) == 1 else None

    def _measures_else(self, but: int) -> bool:
        """Whether something else than the column at `but` is asked for, so that it only filters."""
        others = any(piece.type == "column" and at != but for at, piece in self._pieces.left())
        at_all = range(len(self._pieces))
        return others or any(
            self._pieces.is_word(at, words.COUNT) or self._pieces.is_word(at, words.ROWS) for at in at_all
        )

    def _add(self, place: int, op: Operator, first: int, second: int | None = None) -> None:
        other = None if second is None else self._number(place, second)
        name = self._pieces.columns[place].name
        self.where.append(Condition(column=name, op=op, value=self._number(place, first), value2=other))

    def _number(self, place: int, at: int) -> float | int | None:
        """As the column has it: 30 % is stored as .3."""
        piece = self._pieces[at]
        self._pieces.use([at])
        if not isinstance(piece.value, int | float):
            return None
        if self._pieces.columns[place].kind == "percent" and (piece.to == "%" or abs(piece.value) > 1):
            return piece.value / 100
        return piece.value

    # --- dates ------------------------------------------------------------------------------------------------------

    def _dates(self) -> None:
        for at, piece in self._pieces.left():
            if piece.type == "date" and (place := self._dated(at)) is not None:
                self._add_date(at, place, str(piece.value), piece.to)

    def _years(self) -> None:
        """A bare year is one of a date column, or a value of a column of years."""
        years = [place for place, column in enumerate(self._pieces.columns) if holds_years(column)]
        for at, piece in self._pieces.left():
            if not _is_year(piece):
                continue
            if (place := self._dated(at)) is not None:
                self._add_date(at, place, f"{piece.value}-01-01", f"{piece.value}-12-31")
            elif len(years) == 1:
                self._add(years[0], "=", at)

    def _dated(self, at: int) -> int | None:
        """The date column that is named nearby, else the only one."""
        pieces = self._pieces
        for beside in (at - 1, at - 2, at + 1):
            piece = pieces.get(beside)
            if piece is not None and piece.type == "column" and pieces.column(piece).kind == "date":
                pieces.use([beside])
                return piece.places[0]
        return pieces.date_column()

    def _add_date(self, at: int, place: int, first: str, last: str) -> None:
        """`first` and `last` are the days that the piece at `at` spans."""
        pieces, name = self._pieces, self._pieces.columns[place].name
        pieces.use([at])
        end = self._last_day(at + 2)
        if end and pieces.is_word(at + 1, _AND) and pieces.is_word(at - 1, _RANGE):
            self.where.append(Condition(column=name, op="between", value=first, value2=end))
            pieces.use([at - 1, at + 1, at + 2])
            return
        for op, pattern in words.DATED:
            if pieces.is_word(at - 1, pattern):
                pieces.use([at - 1])
                self.where.append(Condition(column=name, op=op, value=last if op in (">", "<=") else first))
                return
        self.where.append(Condition(column=name, op="between", value=first, value2=last))

    def _last_day(self, at: int) -> str:
        """Of the date or year at `at`, "" where there is none."""
        piece = self._pieces.get(at)
        if piece is None or self._pieces.is_used(at):
            return ""
        if piece.type == "date":
            return piece.to
        return f"{piece.value}-12-31" if _is_year(piece) else ""


def _is_year(piece: Piece) -> bool:
    return (
        piece.type == "number" and isinstance(piece.value, int) and 1900 <= piece.value <= 2100 and piece.text.isdigit()
    )
