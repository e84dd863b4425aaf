"""Understands a question about one table, in English or Russian, without a language model: it becomes a plan.

A word that nothing explains keeps the question from being answered: no figure is given for something else than asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.entities.sheets import Part, Sheet
from core.i18n import N_
from niches.plan import Refusal
from niches.sheets import words
from niches.sheets.conditions import LINK, Conditions
from niches.sheets.pieces import Pieces, holds_years
from niches.sheets.plan import SheetPlan, closest
from niches.sheets.planning import Asked, planned
from niches.sheets.reading import Names, Piece, read

UNKNOWN = N_("The table has nothing called “%(name)s”.")
WHICH_OF = N_("“%(name)s” is in more than one column. Say in which.")
_MOST_RANKED = 100
_ARTICLE = re.compile(r"the|each|every|кажд\w+")
_ADVERBS = ("ly", "месячно", "квартально", "годно")  # how words that group by time end


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


class _Reader:
    def __init__(self, sheet: Sheet, pieces: list[Piece]) -> None:
        self._sheet = sheet
        self._pieces = Pieces(sheet, pieces)
        self._conditions = Conditions(self._pieces)
        self._asked = Asked(where=self._conditions.where)
        self._unknown: list[str] = []

    def understood(self) -> Understood:
        self._read_groups()
        self._conditions.read(self._asked.by)
        self._read_words()
        explained = self._explained()
        ambiguous = self._conditions.ambiguous
        if ambiguous is not None:
            choices = tuple(self._sheet.columns[place].name for place in ambiguous.places)
            return Understood(None, Refusal("question", WHICH_OF, {"name": ambiguous.text}, choices), explained)
        if self._unknown:
            name = " ".join(self._unknown)
            refusal = Refusal("metric", UNKNOWN, {"name": name}, closest(name, self._sheet.columns))
            return Understood(None, refusal if self._asked.anything else None, explained, tuple(self._unknown))
        return Understood(planned(self._asked, self._sheet), None, explained)

    def _explained(self) -> int:
        named = sum(piece.type in ("column", "value", "title") for _, piece in self._pieces)
        used = self._pieces.is_used
        return named + sum(piece.type in ("date", "number") and used(at) for at, piece in self._pieces)

    # --- groups -----------------------------------------------------------------------------------------------------

    def _read_groups(self) -> None:
        """`by region`, `по месяцам`; a column that a value of it follows is filtered by, one of numbers is measured."""
        for at, piece in self._pieces:
            if self._asked.by is not None:
                return
            if self._is_grouped(at, piece):
                self._group(at, piece)

    def _is_grouped(self, at: int, piece: Piece) -> bool:
        pieces = self._pieces
        if pieces.is_word(at - 1, words.BY) or (pieces.is_word(at - 1, _ARTICLE) and pieces.is_word(at - 2, words.BY)):
            return True
        return piece.type == "word" and piece.text.lower().endswith(_ADVERBS)

    def _group(self, at: int, piece: Piece) -> None:
        """By the column or the part of dates that the piece is; anything else is left for the other steps."""
        column = self._pieces.column(piece) if piece.type == "column" else None
        if column is not None and not column.numeric and not self._is_filtered(at):
            self._asked.by, self._asked.part = piece.places[0], "month" if column.kind == "date" else ""
        elif column is not None and holds_years(column):
            self._asked.by = piece.places[0]
        elif piece.type in ("word", "column"):
            part, day = _part(piece.text), self._pieces.date_column()
            if not part or day is None:
                return
            self._asked.by, self._asked.part = day, part
        else:
            return
        self._pieces.use([at])

    def _is_filtered(self, at: int) -> bool:
        """Whether a comparison, or a value of the column at `at`, stands beside it."""
        pieces, after = self._pieces, at + 1
        while pieces.is_word(after, LINK):
            after += 1
        beside = [pieces.get(after)]
        if not pieces.is_word(at - 1, words.BY):
            beside.append(pieces.get(at - 1))
        own = set(pieces[at].places)
        return any(one and (one.type == "compare" or (one.type == "value" and own & set(one.places))) for one in beside)

    # --- words ------------------------------------------------------------------------------------------------------

    def _read_words(self) -> None:
        """What is asked, by the words that are left; a column that is left is measured or shown."""
        for at, piece in self._pieces.left():
            if piece.type == "column":
                self._asked.columns.append(piece.places[0])
            elif piece.type == "number" and isinstance(piece.value, int) and self._is_rank(at):
                self._asked.top = min(_MOST_RANKED, max(1, piece.value))
            elif self._explains_nothing(piece):
                self._unknown.append(piece.text)

    def _explains_nothing(self, piece: Piece) -> bool:
        if piece.type in ("word", "compare"):
            return not self._is_known(piece.text.lower())
        return piece.type in ("number", "date")

    def _is_rank(self, at: int) -> bool:
        return self._pieces.is_word(at - 1, words.TOP) or self._pieces.is_word(at + 1, words.TOP)

    def _is_known(self, word: str) -> bool:
        """Notes what the word asks for, if anything; whether it means something at all."""
        asked, known = self._asked, False
        function = next((name for name, pattern in words.FUNCTIONS if pattern.fullmatch(word)), None)
        if function is not None:
            asked.function, known = asked.function or function, True
        if words.COUNT.fullmatch(word):
            asked.count = known = True
        if words.MUCH.fullmatch(word):
            asked.much = known = True
        if words.SMALLEST.fullmatch(word):
            asked.smallest = known = True
        elif words.LARGEST.fullmatch(word):
            asked.largest = known = True
        if words.ROWS.fullmatch(word):
            asked.rows = known = True
        if words.LISTED.fullmatch(word):
            asked.listed = known = True
        return known or bool(words.PLAIN.fullmatch(word)) or bool(words.BY.fullmatch(word)) or len(word) == 1


def _part(text: str) -> Part:
    return next((part for part, pattern in words.PARTS if pattern.fullmatch(text.lower())), "")
