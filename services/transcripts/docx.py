"""A conversation as a Word document."""

from __future__ import annotations

import io
import re
from typing import Any

from docx import Document
from docx.shared import Pt, RGBColor

from core.entities.conversations import Thread
from services.transcripts.blocks import Block, parse, plain
from services.transcripts.said import Entry, entries, heading, source

_GRAY = RGBColor(0x5C, 0x6B, 0x69)
_UNSPEAKABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold


def write(thread: Thread, language: str) -> bytes:
    title, line = heading(thread, language)
    document = Document()
    document.core_properties.title = _clean(title)[:255]
    document.core_properties.author = "Nichewise"
    document.add_heading(_clean(title), level=0)
    _small(document, line)
    for entry in entries(thread, language):
        _entry(document, entry, language)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _entry(document: Any, entry: Entry, language: str) -> None:
    document.add_heading(_clean(f"{entry.author} · {entry.at}"), level=2)
    for block in plain(entry.text) if entry.mine else parse(entry.text):
        _block(document, block)
    if entry.note:
        _small(document, entry.note)
    for citation in entry.citations:
        _small(document, source(citation, language), bold=True)
        if citation.text:
            _small(document, " ".join(citation.text.split()))
    if entry.about:
        _small(document, entry.about)


def _block(document: Any, block: Block) -> None:
    if block.kind == "table":
        _table(document, block)
        return
    if block.kind == "heading":
        document.add_heading(_clean(block.text), level=min(block.level + 2, 9))
        return
    bullets = "List Bullet" if block.number is None else "List Number"
    deep = f" {block.level}" if 1 < block.level <= 3 else ""
    paragraph = document.add_paragraph(style=bullets + deep if block.kind == "item" else None)
    for run in block.runs:
        written = paragraph.add_run(_clean(run.text))
        written.bold, written.italic = run.bold, run.italic
        if run.code:
            written.font.name = "Courier New"


def _table(document: Any, block: Block) -> None:
    width = max(len(row) for row in block.rows)
    table = document.add_table(rows=0, cols=width, style="Light Grid Accent 1")
    for row in block.rows:
        for cell, text in zip(table.add_row().cells, row, strict=False):
            cell.text = _clean(text)


def _small(document: Any, text: str, *, bold: bool = False) -> None:
    run = document.add_paragraph().add_run(_clean(text))
    run.font.size, run.font.color.rgb, run.bold = Pt(9), _GRAY, bold


def _clean(text: str) -> str:
    return _UNSPEAKABLE.sub("", text)
