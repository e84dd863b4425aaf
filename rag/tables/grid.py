"""The tables that readers wrote as Markdown, as rows of texts again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.entities.reading import Block


@dataclass(slots=True)
class Raw:
    """`rows` begin with the header; they may differ in length."""

    title: str
    rows: list[list[str]] = field(default_factory=list)


def tables(blocks: Sequence[Block]) -> Iterator[Raw]:
    """Blocks that follow each other and repeat a header are one table; `title` is that of the heading above."""
    title, current = "", None
    header = ""
    for block in blocks:
        if block.kind == "heading":
            title = block.text
        if block.kind != "table":
            if current is not None:
                yield current
            current = None
            continue
        first, _, rest = block.text.partition("\n")
        if current is None or first != header:
            if current is not None:
                yield current
            current, header = Raw(title, [_cells(first)]), first
        current.rows += [_cells(line) for line in rest.split("\n")[1:]]
    if current is not None:
        yield current


def _cells(line: str) -> list[str]:
    inner = line.removeprefix("| ").removesuffix(" |")
    cells = inner.split(" | ")
    return [cell.replace("\\|", "|") for cell in cells] if "\\|" in inner else cells
