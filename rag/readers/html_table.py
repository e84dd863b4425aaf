"""The tables of HTML pages as rows of cells, those that span several columns or rows repeated in each."""

from __future__ import annotations

from typing import Any

_WIDEST = 200
"""Columns and rows that one cell may span: a page that says a million means none of it."""


def holds_data(table: Any) -> bool:
    """Tables within it or a single column mean that it only arranges the page."""
    return table.find(".//table") is None and any(len(_cells(row)) > 1 for row in table.iter("tr"))


def caption(table: Any) -> str:
    found = table.find("caption")
    return " ".join(found.text_content().split()) if found is not None else ""


def rows(table: Any) -> list[list[str]]:
    grid: list[list[str]] = []
    below: dict[int, tuple[str, int]] = {}  # column -> text of a cell from above, and rows that it still covers
    for row in table.iter("tr"):
        line: list[str] = []
        for cell in _cells(row):
            _fill(line, below)
            words = cell.text_content()
            down = _span(cell, "rowspan")
            for _ in range(_span(cell, "colspan")):
                if down > 1:
                    below[len(line)] = (words, down - 1)
                line.append(words)
        _fill(line, below)
        grid.append(line)
    return grid


def _fill(line: list[str], below: dict[int, tuple[str, int]]) -> None:
    """Adds the cells that reach down from the rows above to where the line has got."""
    while (reaching := below.pop(len(line), None)) is not None:
        words, left = reaching
        if left > 1:
            below[len(line)] = (words, left - 1)
        line.append(words)


def _span(cell: Any, name: str) -> int:
    given = (cell.get(name) or "1").strip()
    return min(_WIDEST, max(1, int(given))) if given.isdecimal() else 1


def _cells(row: Any) -> list[Any]:
    return [cell for cell in row if cell.tag in ("td", "th")]
