"""Tables with cells that cover several columns or rows: each covered cell says what covers it, and a header of several
rows becomes one: `2024 > Q1`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

WIDEST = 200
"""Columns and rows that one cell may span: a table that says a million means none of it."""

_MOST_HEADER_ROWS = 4


class Span(NamedTuple):
    """What one cell covers; columns and rows count from 1, and both ends belong to it."""

    left: int
    top: int
    right: int
    bottom: int


class Cell(NamedTuple):
    text: str
    columns: int = 1
    rows: int = 1


def placed(lines: Iterable[Iterable[Cell]]) -> tuple[list[list[str]], list[Span]]:
    """Rows of a table whose cells say how far they reach, with empty texts where another cell reaches to."""
    rows: list[list[str]] = []
    spans: list[Span] = []
    taken: dict[int, int] = {}  # column -> the last row that a cell from above covers there
    for number, line in enumerate(lines, start=1):
        row: list[str] = []
        for cell in line:
            _skip_covered(row, taken, number)
            left, columns, down = len(row) + 1, _bounded(cell.columns), _bounded(cell.rows)
            row += [cell.text, *[""] * (columns - 1)]
            if columns > 1 or down > 1:
                spans.append(Span(left, number, left + columns - 1, number + down - 1))
                taken |= dict.fromkeys(range(left, left + columns), number + down - 1)
        _skip_covered(row, taken, number)
        rows.append(row)
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows], spans


def _skip_covered(row: list[str], taken: dict[int, int], number: int) -> None:
    while taken.get(len(row) + 1, 0) >= number:
        row.append("")


def _bounded(count: int) -> int:
    return min(WIDEST, max(1, count))


def with_one_header(rows: list[list[str]], merged: Sequence[Span]) -> list[list[str]]:
    """The rows with each merged cell's text in every cell that it covers, and the rows of a header made one."""
    width = max((sum(map(bool, row)) for row in rows), default=0)
    inner = [one for one in merged if one.right - one.left + 1 < max(width, 2) or one.bottom > one.top]
    for span in inner:
        _spread(rows, span)
    top = next((n for n, row in enumerate(rows) if sum(map(bool, row)) > 1), 0)
    bottom = _header_end(top, inner)
    if not top + 1 < bottom <= min(len(rows) - 1, top + _MOST_HEADER_ROWS):  # below a header stands something
        return rows
    header = [" > ".join(dict.fromkeys(filter(None, column))) for column in zip(*rows[top:bottom], strict=False)]
    return [*rows[:top], header, *rows[bottom:]]


def _header_end(top: int, merged: Sequence[Span]) -> int:
    """The row after the header that begins in row `top`; below a cell that spans columns stand the names of those."""
    bottom = top + 1
    for _ in range(_MOST_HEADER_ROWS):
        starts = (one for one in merged if top < one.top <= bottom)
        bottom = max([bottom, *(one.bottom + (one.right > one.left) for one in starts)])
    return bottom


def _spread(rows: list[list[str]], span: Span) -> None:
    text = rows[span.top - 1][span.left - 1] if span.top <= len(rows) else ""
    for row in rows[span.top - 1 : span.bottom]:
        for column in range(span.left - 1, min(span.right, len(row))):
            row[column] = text
