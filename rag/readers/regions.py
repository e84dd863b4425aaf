"""Several tables on one sheet: where each of them stands, by the empty rows and columns between them.

Not every gap divides. Records go on after an empty row, and a column that is left empty for looks stands in the middle
of a table; only what begins anew, with names of columns of its own, is another table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.tables.cells import day, is_empty, is_number

Rows = Sequence[Sequence[str]]
_LOOKED_AT = 50  # rows that a table is known by
_MOST_WORDS = 3  # rows of a title
_FEWEST = 2  # rows and columns of a table
_MOST = 200  # tables of a sheet: where it falls into more pieces, it is one


@dataclass(frozen=True, slots=True)
class Region:
    """Rows `top` to `bottom` and columns `left` to `right`, the last ones excluded, from 0."""

    top: int
    bottom: int
    left: int
    right: int

    def of(self, rows: Rows) -> list[list[str]]:
        return [list(row[self.left : self.right]) for row in rows[self.top : self.bottom]]


def split(rows: Rows) -> list[Region]:
    """The tables of a sheet, from above and from the left; one region for a sheet that is one table."""
    whole = _shrunk(rows, Region(0, len(rows), 0, max(map(len, rows), default=0)))
    if whole is None:
        return []
    found = list(_parts(rows, whole))
    return found if len(found) <= _MOST else [whole]


def _parts(rows: Rows, region: Region) -> Iterator[Region]:
    for cut in (_beside, _below):
        pieces = cut(rows, region)
        if len(pieces) > 1:
            for piece in pieces:
                yield from _parts(rows, piece)
            return
    yield region


# --- tables beside each other ---------------------------------------------------------------------------------------


def _beside(rows: Rows, region: Region) -> list[Region]:
    used = [False] * (region.right - region.left)
    for row in rows[region.top : region.bottom]:
        for at, cell in enumerate(row[region.left : region.right]):
            if cell:
                used[at] = True
    found: list[Region] = []
    for left, right in _runs(used):
        piece = _shrunk(rows, replace(region, left=region.left + left, right=region.left + right))
        if piece is None:
            continue
        if found and not _stands_alone(rows, found[-1], piece):
            last = found[-1]
            top, bottom = min(last.top, piece.top), max(last.bottom, piece.bottom)
            found[-1] = Region(top, bottom, last.left, piece.right)
        else:
            found.append(piece)
    return found


def _stands_alone(rows: Rows, before: Region, piece: Region) -> bool:
    """Whether it is a table without what stands to the left of it: its first column names its rows."""
    if any(min(one.right - one.left, one.bottom - one.top) < _FEWEST for one in (before, piece)):
        return False
    here, there = _headed(piece.of(rows)), _headed(before.of(rows))
    if here is None or there is None:
        return False
    names = [row[0] for row in here[1:] if row and row[0]]
    if not names or 2 * sum(map(is_number, names)) > len(names):
        return False
    same_rows = (before.top, before.bottom) == (piece.top, piece.bottom)
    return not same_rows or len(set(names)) == len(names) or bool(set(filter(None, here[0])) & set(there[0]))


# --- tables below each other ----------------------------------------------------------------------------------------


def _below(rows: Rows, region: Region) -> list[Region]:
    used = [any(row[region.left : region.right]) for row in rows[region.top : region.bottom]]
    found: list[Region] = []
    caption: int | None = None  # the row of a title that waits for its table
    for top, bottom in _runs(used):
        piece = replace(region, top=region.top + top, bottom=region.top + bottom)
        gap = piece.top - found[-1].bottom if found else 0
        if caption is None and is_words(_top(rows, piece)):
            caption = piece.top
        elif not found or _begins_anew(rows, found[-1], piece, gap, titled=caption is not None):
            found.append(piece if caption is None else replace(piece, top=caption))
            caption = None
        else:
            found[-1], caption = replace(found[-1], bottom=piece.bottom), None
    if caption is not None:  # words below the last table
        found.append(replace(region, top=caption))
    return [one for piece in found if (one := _shrunk(rows, piece))] if len(found) > 1 else [region]


def _begins_anew(rows: Rows, before: Region, piece: Region, gap: int, *, titled: bool) -> bool:
    headed = _headed(_top(rows, piece))
    if headed is None or len(headed) < _FEWEST or not _is_header(headed[0]):
        return False
    above = _headed(_top(rows, before))
    if above is None or headed[0] == above[0]:
        return True
    left, right = _extent(headed)
    least, most = _extent(above)
    return titled or gap > 1 or _names_data(headed) or left < least or right > most


def is_words(rows: Rows) -> bool:
    """A title or a note, no table: a few rows of one cell."""
    return len(rows) <= _MOST_WORDS and all(sum(map(bool, row)) <= 1 for row in rows)


# --- rows -----------------------------------------------------------------------------------------------------------


def _top(rows: Rows, region: Region) -> Rows:
    """As much of it as tells what its columns are."""
    return replace(region, bottom=min(region.bottom, region.top + _LOOKED_AT)).of(rows)


def _headed(rows: Rows) -> Rows | None:
    """From the row with the names of columns on: rows with one cell above it are its title."""
    at = next((n for n, row in enumerate(rows) if sum(map(bool, row)) > 1), None)
    return None if at is None else rows[at:]


def _is_header(row: Sequence[str]) -> bool:
    """Names of columns: several texts, no number or date but years."""
    filled = [cell for cell in row if not is_empty(cell)]
    data = (cell for cell in filled if _is_data(cell) and not (cell.isdigit() and len(cell) == 4))
    return len(filled) >= _FEWEST and not any(data) and len(set(filled)) == len(filled)


def _names_data(rows: Rows) -> bool:
    """Whether numbers or dates stand below a name that is none."""
    header, body = rows[0], rows[1:]
    columns = zip(*(list(row) + [""] * (len(header) - len(row)) for row in body), strict=False)
    for name, column in zip(header, columns, strict=False):
        filled = [cell for cell in column if not is_empty(cell)]
        if not is_empty(name) and not _is_data(name) and filled and 2 * sum(map(_is_data, filled)) > len(filled):
            return True
    return False


def _is_data(cell: str) -> bool:
    return is_number(cell) or day(cell) is not None


def _extent(rows: Rows) -> tuple[int, int]:
    """The first and the last column with a cell."""
    filled = {at for row in rows for at, cell in enumerate(row) if cell}
    return min(filled), max(filled)


def _runs(used: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """(first, last + 1) of what follows each other without a gap."""
    start = None
    for at, use in enumerate([*used, False]):
        if use and start is None:
            start = at
        elif not use and start is not None:
            yield start, at
            start = None


def _shrunk(rows: Rows, region: Region) -> Region | None:
    """Without the empty rows and columns around it; None where all of it is."""
    lines = [at for at in range(region.top, region.bottom) if any(rows[at][region.left : region.right])]
    if not lines:
        return None
    top, bottom = lines[0], lines[-1] + 1
    left, right = region.right, region.left
    for row in rows[top:bottom]:
        for at in range(region.left, min(left, len(row))):
            if row[at]:
                left = at
                break
        for at in range(min(region.right, len(row)) - 1, right - 1, -1):
            if row[at]:
                right = at + 1
                break
    return Region(top, bottom, left, right)
