"""The tables of HTML pages as rows of cells, their header one row."""

from __future__ import annotations

from typing import Any

from rag.readers import merged
from rag.readers.merged import Cell


def holds_data(table: Any) -> bool:
    """Tables within it or a single column mean that it only arranges the page."""
    return table.find(".//table") is None and any(len(_cells(row)) > 1 for row in table.iter("tr"))


def caption(table: Any) -> str:
    found = table.find("caption")
    return " ".join(found.text_content().split()) if found is not None else ""


def rows(table: Any) -> list[list[str]]:
    cells = (
        [Cell(cell.text_content(), _span(cell, "colspan"), _span(cell, "rowspan")) for cell in _cells(row)]
        for row in table.iter("tr")
    )
    placed, spans = merged.placed(cells)
    return merged.with_one_header([[" ".join(cell.split()) for cell in row] for row in placed], spans)


def _span(cell: Any, name: str) -> int:
    given = (cell.get(name) or "1").strip()
    return int(given) if given.isdecimal() else 1


def _cells(row: Any) -> list[Any]:
    return [cell for cell in row if cell.tag in ("td", "th")]
