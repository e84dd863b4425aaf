"""OpenDocument texts: headings by their outline level, paragraphs, lists and tables; what is hidden is kept apart."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.entities.reading import Block, Finding, FindingKind, Parsed
from core.errors import ParseFailed
from rag.readers import hidden, merged, structured, tables
from rag.readers.content import PASSWORD, require_zip
from rag.readers.limits import Limits
from rag.readers.merged import Cell

_WITHOUT_TEXT = ("text:tracked-changes", "text:sequence-decls", "office:forms", "text:variable-decls")
_DEEPEST = 50


def read(path: Path, limits: Limits) -> Parsed:
    require_zip(path, "content.xml", ".odt", limits)
    with zipfile.ZipFile(path) as archive:
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise ParseFailed(PASSWORD)
    from odfdo import Document

    document = Document(str(path))
    unseen = tuple(_taken_out(document))
    blocks = tuple(_blocks(document.body))
    headings = (block.text for block in blocks if block.level == 1)
    return Parsed(blocks, title=document.meta.title or next(headings, ""), findings=hidden.findings(unseen))


def _taken_out(document: Any) -> Iterator[Finding]:
    """Removes text that is not shown, or is white on white, from the document."""
    unseen = {style.name: kind for style in document.get_styles() if (kind := _hides(style))}
    for element in document.body.get_elements("descendant::text:span | descendant::text:p"):
        if kind := unseen.get(element.get_attribute("text:style-name")):
            yield Finding(kind, element.text_recursive)
            element.delete()


def _hides(style: Any) -> FindingKind | None:
    looks = style.get_properties(area="text") or {}
    if looks.get("text:display") == "none":
        return FindingKind.HIDDEN
    behind = (looks.get("fo:background-color") or "transparent").lower()
    if str(looks.get("fo:color", "")).lower() == "#ffffff" and behind in ("transparent", "#ffffff"):
        return FindingKind.WHITE
    return FindingKind.TINY if str(looks.get("fo:font-size", "")) in ("0pt", "1pt", "0.5pt") else None


def _blocks(parent: Any, depth: int = 0) -> Iterator[Block]:
    if depth > _DEEPEST:
        raise ParseFailed(structured.TOO_DEEP, depth=_DEEPEST)
    for element in parent.children:
        words = "" if element.tag == "table:table" else str(element).strip()
        match element.tag:
            case "table:table":
                yield from tables.blocks(merged.with_one_header(*merged.placed(_rows(element))))
            case tag if tag in _WITHOUT_TEXT or not words:
                continue
            case "text:h":
                yield Block(words, "heading", min(6, max(1, int(element.level or 1))))
            case "text:section":
                yield from _blocks(element, depth + 1)
            case _:
                yield Block("\n".join(" ".join(line.split()) for line in words.splitlines() if line.strip()))


def _rows(table: Any) -> Iterator[list[Cell]]:
    for row in table.traverse():
        yield [
            Cell(_shown(cell), _reach(cell, "columns"), _reach(cell, "rows"))
            for cell in row.traverse()
            if cell.tag == "table:table-cell"  # the others are covered by one of these
        ]


def _shown(cell: Any) -> str:
    """Its value; not every program states one beside the text."""
    return structured.shown(cell.value) or " ".join(cell.text_recursive.split())


def _reach(cell: Any, along: str) -> int:
    stated = cell.get_attribute(f"table:number-{along}-spanned") or "1"
    return int(stated) if stated.isdecimal() else 1
