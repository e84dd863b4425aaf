"""The tables of Word documents as cells that know how many columns and rows they cover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rag.readers import docx_text
from rag.readers.docx_text import W
from rag.readers.merged import Cell

_WRAPPERS = (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins")


def holds_data(table: Any) -> bool:
    return any(sum(1 for _ in _within(row, "tc")) > 1 for row in _within(table, "tr"))


def cells(table: Any) -> Iterator[Any]:
    for row in _within(table, "tr"):
        yield from _within(row, "tc")


def rows(table: Any) -> list[list[Cell]]:
    """A cell that goes on from the row above is counted by the one in which it began."""
    found: list[list[Cell]] = []
    begun: dict[int, tuple[int, int]] = {}  # column -> row and place of the cell that still goes on
    for row in _within(table, "tr"):
        if row.find(f"{W}trPr/{W}del") is not None:
            continue
        before = _number(row, f"{W}trPr/{W}gridBefore", 0)
        line = [Cell("")] * before
        column = before
        for cell in _within(row, "tc"):
            columns = max(1, _number(cell, f"{W}tcPr/{W}gridSpan", 1))
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            goes_on = merge is not None and merge.get(f"{W}val", "continue") == "continue"
            if goes_on and column in begun:
                at, place = begun[column]
                found[at][place] = found[at][place]._replace(rows=found[at][place].rows + 1)
            else:
                begun.pop(column, None)
                if merge is not None:
                    begun[column] = (len(found), len(line))
                line.append(Cell(_words(cell), columns))
            column += columns
        found.append(line)
    return found


def _words(cell: Any) -> str:
    """Everything within, nested tables included, each paragraph once."""
    return " ".join(" ".join(docx_text.said(one).text for one in cell.iter(f"{W}p")).split())


def _within(parent: Any, name: str) -> Iterator[Any]:
    for child in parent:
        if child.tag == f"{W}{name}":
            yield child
        elif child.tag in _WRAPPERS:
            yield from _within(child, name)


def _number(element: Any, path: str, default: int) -> int:
    found = element.find(path)
    value = found.get(f"{W}val", "") if found is not None else ""
    return min(int(value), 200) if value.isdecimal() else default
