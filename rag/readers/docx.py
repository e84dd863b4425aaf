"""Word documents: headings by style or outline level, tables, lists, in the order of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.entities.reading import Block, Parsed
from rag.readers import docx_hidden, hidden, tables
from rag.readers.content import require_office
from rag.readers.limits import Limits

# Word keeps the English name of its built-in styles, other programs write the one of their language.
_HEADING_STYLE = re.compile(r"^(?:heading|заголовок)\s*([1-9])", re.IGNORECASE)
_TITLE_STYLES = ("title", "название", "заглавие")


def read(path: Path, limits: Limits) -> Parsed:
    require_office(path, "word", ".docx", limits)
    import docx

    document = docx.Document(str(path))
    unseen = docx_hidden.take_out(document.element.body)
    blocks = tuple(_blocks(document))
    headings = (block.text for block in blocks if block.level == 1)
    title = document.core_properties.title or next(headings, "")
    return Parsed(blocks, title=title, findings=hidden.findings(unseen))


def _blocks(document: Any) -> Iterator[Block]:
    from docx.table import Table

    levels = {style.style_id: _level(style) for style in document.styles if style.name}
    for item in document.iter_inner_content():
        if isinstance(item, Table):
            yield from tables.blocks([_row(row) for row in item._tbl.tr_lst])
        elif words := item.text.strip():
            level = levels.get(item._p.style) or _own_level(item._p)
            yield Block(words, "heading", level) if level else Block(_listed(item._p, words))


def _level(style: Any) -> int:
    """Heading level of a paragraph style, its ancestors included; 0 for body text."""
    seen: set[str] = set()
    while style is not None and style.style_id not in seen:
        seen.add(style.style_id)
        name = style.name or ""
        if found := _HEADING_STYLE.match(name):
            return min(6, int(found[1]))
        if name.lower() in _TITLE_STYLES:
            return 1
        style = getattr(style, "base_style", None)
    return 0


def _own_level(paragraph: Any) -> int:
    """The outline level set on the paragraph itself, which counts from 0; 9 is body text."""
    found = paragraph.xpath("./w:pPr/w:outlineLvl/@w:val")
    return min(6, int(found[0]) + 1) if found and int(found[0]) < 9 else 0


def _listed(paragraph: Any, words: str) -> str:
    return f"- {words}" if paragraph.xpath("./w:pPr/w:numPr") else words


def _row(row: Any) -> list[str]:
    """Every cell's text once, nested tables included; python-docx repeats merged cells and skips what is nested."""
    return [" ".join("".join(part.xpath(".//w:t/text()")) for part in cell.xpath(".//w:p")) for cell in row.tc_lst]
