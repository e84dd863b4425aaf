"""Word documents: headings by style or outline level, tables, lists, in the order of the text.

Read as the document looks with all changes accepted: what is inserted counts, what is deleted does not. Controls of
forms are looked into, and notes and text boxes follow the paragraph that they hang on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.entities.reading import Block, Parsed
from rag.readers import docx_hidden, docx_table, docx_text, hidden, merged, tables
from rag.readers.content import require_office
from rag.readers.docx_text import W
from rag.readers.limits import Limits

# Word keeps the English name of its built-in styles, other programs write the one of their language.
_HEADING_STYLE = re.compile(r"^(?:heading|заголовок)\s*([1-9])", re.IGNORECASE)
_TITLE_STYLES = ("title", "название", "заглавие")
_NOTES = {"/footnotes": f"{W}footnoteReference", "/endnotes": f"{W}endnoteReference"}


def read(path: Path, limits: Limits) -> Parsed:
    require_office(path, "word", ".docx", limits)
    import docx

    document = docx.Document(str(path))
    notes = _notes(document)
    unseen = docx_hidden.take_out(document.element.body, document.styles.element)
    for note in notes.values():
        unseen += docx_hidden.take_out(note, document.styles.element)
    blocks = tuple(_Reading(_levels(document.styles.element), notes).blocks(document.element.body))
    headings = (block.text for block in blocks if block.level == 1)
    title = document.core_properties.title or next(headings, "")
    return Parsed(blocks, title=title, findings=hidden.findings(unseen))


class _Reading:
    """`levels` are those of the styles that are headings; `notes` the foot- and endnotes by `(kind, id)`."""

    def __init__(self, levels: Mapping[str, int], notes: Mapping[tuple[str, str], Any]) -> None:
        self._levels = levels
        self._notes = dict(notes)

    def blocks(self, parent: Any) -> Iterator[Block]:
        for item in docx_text.content(parent):
            if item.tag == f"{W}tbl":
                yield from self._table(item)
            else:
                yield from self._paragraph(item)

    def _paragraph(self, paragraph: Any) -> Iterator[Block]:
        said = docx_text.said(paragraph)
        if words := said.text.strip():
            level = self._levels.get(paragraph.style) or _own_level(paragraph)
            yield Block(words, "heading", level) if level else Block(_listed(paragraph, words))
        for box in said.boxes:
            yield from self.blocks(box)
        for reference in said.notes:
            if (note := self._notes.pop(reference, None)) is not None:  # each once: a note may refer to itself
                yield from self.blocks(note)

    def _table(self, table: Any) -> Iterator[Block]:
        if docx_table.holds_data(table):
            yield from tables.blocks(merged.with_one_header(*merged.placed(docx_table.rows(table))))
        else:  # one column only arranges the page
            for cell in docx_table.cells(table):
                yield from self.blocks(cell)


def _notes(document: Any) -> dict[tuple[str, str], Any]:
    from docx.oxml import parse_xml

    found: dict[tuple[str, str], Any] = {}
    for relation in document.part.rels.values():
        kind = next((tag for end, tag in _NOTES.items() if relation.reltype.endswith(end)), "")
        if kind and not relation.is_external:
            found |= {(kind, note.get(f"{W}id", "")): note for note in parse_xml(relation.target_part.blob)}
    return found


def _levels(styles: Any) -> dict[str, int]:
    """Heading level of each style by its id, what it is based on included; 0 for body text. By the elements: the
    library's own styles look theirs up from the beginning each time, which took half of the reading."""
    known = {style.get(f"{W}styleId", ""): style for style in styles.iter(f"{W}style")}
    return {name: _level(name, known) for name in known}


def _level(style_id: str, known: Mapping[str, Any]) -> int:
    seen: set[str] = set()
    while style_id in known and style_id not in seen:
        seen.add(style_id)
        style = known[style_id]
        name = _value(style, "name")
        if found := _HEADING_STYLE.match(name):
            return min(6, int(found[1]))
        if name.lower() in _TITLE_STYLES:
            return 1
        style_id = _value(style, "basedOn")
    return 0


def _value(style: Any, name: str) -> str:
    """The value of an element of the style, "" where it has none."""
    found = style.find(f"{W}{name}")
    return str(found.get(f"{W}val", "")) if found is not None else ""


def _own_level(paragraph: Any) -> int:
    """The outline level set on the paragraph itself, which counts from 0; 9 is body text."""
    found = paragraph.xpath("./w:pPr/w:outlineLvl/@w:val")
    return min(6, int(found[0]) + 1) if found and int(found[0]) < 9 else 0


def _listed(paragraph: Any, words: str) -> str:
    return f"- {words}" if paragraph.xpath("./w:pPr/w:numPr") else words
