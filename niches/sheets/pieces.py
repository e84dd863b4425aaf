"""The pieces of one question about one table, and which of them something has been made of already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from core.entities.sheets import Sheet, SheetColumn
from niches.sheets.reading import Piece

_YEAR_NAME = re.compile(r"\byear\b|\bгод\b", re.IGNORECASE)


class Pieces:
    """Places of pieces may lie outside of the question: there is nothing then. `place` is that of a column."""

    def __init__(self, sheet: Sheet, pieces: Sequence[Piece]) -> None:
        self.columns: tuple[SheetColumn, ...] = sheet.columns
        self._pieces = pieces
        self._used: set[int] = set()

    def __iter__(self) -> Iterator[tuple[int, Piece]]:
        """All of them, with their places."""
        return iter(enumerate(self._pieces))

    def __len__(self) -> int:
        return len(self._pieces)

    def __getitem__(self, at: int) -> Piece:
        return self._pieces[at]

    def left(self) -> Iterator[tuple[int, Piece]]:
        """Those that are not used up, when it is their turn."""
        return ((at, piece) for at, piece in self if at not in self._used)

    def use(self, places: Iterable[int]) -> None:
        self._used.update(places)

    def is_used(self, at: int) -> bool:
        return at in self._used

    def get(self, at: int) -> Piece | None:
        return self._pieces[at] if 0 <= at < len(self._pieces) else None

    def is_free(self, at: int, type_: str) -> bool:
        """Whether there is a piece of this type that is not used up."""
        piece = self.get(at)
        return piece is not None and piece.type == type_ and at not in self._used

    def is_word(self, at: int, pattern: re.Pattern[str]) -> bool:
        piece = self.get(at)
        return piece is not None and piece.type == "word" and bool(pattern.fullmatch(piece.text.lower()))

    # --- what the columns are ---------------------------------------------------------------------------------------

    def column(self, piece: Piece) -> SheetColumn:
        """That a piece names, the likeliest where it may be several."""
        return self.columns[piece.places[0]]

    def date_column(self) -> int | None:
        """The only one with dates."""
        dates = [place for place, one in enumerate(self.columns) if one.kind == "date"]
        return dates[0] if len(dates) == 1 else None


def holds_years(column: SheetColumn) -> bool:
    return column.kind == "integer" and bool(_YEAR_NAME.search(column.name))
