"""One sheet as blocks: each of its tables under a heading of its own where there are several."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.entities.reading import Block
from rag.readers import regions, tables
from rag.readers.regions import Region, Rows
from rag.tables.corrections import JOINED

_LONGEST = 80  # characters of a caption in a title


def blocks(rows: Rows, name: str = "", headed: Callable[[Region], list[list[str]]] | None = None) -> Iterator[Block]:
    """`name` is the sheet's, "" in a file that has one; `headed` gives the rows of a region, its header one row.

    The heading of one among several tables has its caption, else its number: "Sales · Plan 2025", "Sales · 2".
    """
    parts = [(headed or (lambda one: one.of(rows)))(region) for region in regions.split(rows)]
    several = sum(not regions.is_words(part) for part in parts) > 1
    titles: set[str] = set()
    if parts and name and not several:
        yield Block(name, "heading", 1)
    for part in parts:
        if regions.is_words(part):
            if several and name and part is parts[0]:
                yield Block(name, "heading", 1)
            yield from (Block(cell) for row in part for cell in row if cell)
            continue
        if several:
            title = _title(name, part, len(titles) + 1, titles)
            titles.add(title)
            yield Block(title, "heading", 1)
        yield from tables.blocks(part)


def _title(name: str, part: Rows, n: int, taken: set[str]) -> str:
    first = [cell for cell in part[0] if cell]
    caption = first[0][:_LONGEST] if len(first) == 1 else ""
    title = JOINED.join(filter(None, (name, caption or (str(n) if name else f"({n})"))))
    return f"{title} ({n})" if title in taken else title
