"""Tables as Markdown, header row first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.entities.reading import Block

ROWS = 50
"""Rows of one block; the next block repeats the header, so that no passage shows figures without their names."""

Row = Sequence[str]


def blocks(rows: Sequence[Row], page: int | None = None) -> Iterator[Block]:
    """Blocks of the table: empty rows and columns are left out; leading rows with a single cell are its caption."""
    filled = [[_cell(value) for value in row] for row in rows]
    caption, table = _split_caption(_without_empty(filled))
    for row in caption:
        yield Block(next(value for value in row if value), "text", page=page)
    if not table:
        return
    header, *body = table
    for start in range(0, max(1, len(body)), ROWS):
        yield Block(_markdown(header, body[start : start + ROWS]), "table", page=page)


def _cell(value: str) -> str:
    return " ".join(value.split()).replace("|", "\\|")


def _without_empty(rows: list[list[str]]) -> list[list[str]]:
    kept = [row for row in rows if any(row)]
    width = max((len(row) for row in kept), default=0)
    padded = [row + [""] * (width - len(row)) for row in kept]
    used = [any(column) for column in zip(*padded, strict=True)]
    return [[value for value, use in zip(row, used, strict=True) if use] for row in padded]


def _split_caption(rows: list[list[str]]) -> tuple[list[list[str]], list[list[str]]]:
    if not rows or len(rows[0]) == 1:
        return [], rows
    start = next((n for n, row in enumerate(rows) if sum(map(bool, row)) > 1), len(rows))
    return rows[:start], rows[start:]


def _markdown(header: list[str], body: Sequence[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *body]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)
