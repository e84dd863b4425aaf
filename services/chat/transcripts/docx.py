"""A conversation as a Word document."""

from __future__ import annotations

import io
import re
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt, RGBColor

from core.entities.conversations import Thread
from services.chat.transcripts.blocks import Block, Run, parse, plain
from services.chat.transcripts.said import Entry, entries, heading, source

_GRAY, _ACCENT = RGBColor(0x5C, 0x6B, 0x69), RGBColor(0x0F, 0x76, 0x6E)
_DEEPEST = 3  # styles of lists that Word has
_SIDES = {"left": None, "right": WD_ALIGN_PARAGRAPH.RIGHT, "center": WD_ALIGN_PARAGRAPH.CENTER}
_UNSPEAKABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold


def write(thread: Thread, language: str) -> bytes:
    title, line = heading(thread, language)
    document = Document()
    _page(document, language)
    document.core_properties.title = _clean(title)[:255]
    document.core_properties.author = "Nichewise"
    document.add_heading(_clean(title), level=0)
    _small(document, line)
    for entry in entries(thread, language):
        _entry(document, entry, language)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _page(document: Any, language: str) -> None:
    """A4, with numbers of pages; the language keeps Word from underlining every word of it."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(22)
    for spoken in document.styles.element.xpath("w:docDefaults//w:lang"):
        spoken.set(qn("w:val"), {"ru": "ru-RU"}.get(language, "en-US"))
    foot = section.footer.paragraphs[0]
    foot.add_run("Nichewise · ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    foot._p.append(field)


def _entry(document: Any, entry: Entry, language: str) -> None:
    document.add_heading(_clean(f"{entry.author} · {entry.at}"), level=2)
    lists: dict[int, int] = {}
    for block in plain(entry.text) if entry.mine else parse(entry.text):
        _block(document, block, lists)
    if entry.figures:
        _table(document, entry.figures)
        _small(document, entry.origin)
    if entry.note:
        _small(document, entry.note)
    for citation in entry.citations:
        _small(document, source(citation, language), bold=True)
        if citation.text:
            _small(document, " ".join(citation.text.split()))
    if entry.about:
        _small(document, entry.about)


def _block(document: Any, block: Block, lists: dict[int, int]) -> None:
    """`lists` are the numberings of Word by how deep a list stands."""
    if block.kind == "table":
        _table(document, block)
        return
    if block.kind == "heading":
        document.add_heading(_clean(block.text), level=min(block.level + 2, 9))
        return
    paragraph = document.add_paragraph(style=_style(block))
    if block.number is not None:
        if block.opens:
            lists[block.level] = _numbering(document, paragraph, block.number)
        _numbered(paragraph, lists[block.level])
    if block.kind == "code":
        _shaded(paragraph)
    if block.kind == "text" and block.level:
        paragraph.paragraph_format.left_indent = Cm(0.63 * block.level)
    for run in block.runs:
        _run(paragraph, run)


def _style(block: Block) -> str | None:
    if block.kind == "item":
        name = "List Bullet" if block.number is None else "List Number"
        return f"{name} {min(block.level, _DEEPEST)}" if block.level > 1 else name
    return "Quote" if block.quoted and block.kind == "text" else None


def _numbering(document: Any, paragraph: Any, start: int) -> int:
    """A list of its own, or Word would go on counting where the last one ended."""
    known = document.part.numbering_part.numbering_definitions._numbering
    of_style = paragraph.style.element.pPr.numPr.numId.val
    made = known.add_num(known.num_having_numId(of_style).abstractNumId.val)
    made.add_lvlOverride(ilvl=0).add_startOverride(start)
    return int(made.numId)


def _numbered(paragraph: Any, numbering: int) -> None:
    properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_ilvl().val = 0
    properties.get_or_add_numId().val = numbering


def _run(paragraph: Any, run: Run) -> None:
    written = paragraph.add_run(_clean(run.text))
    written.bold, written.italic = run.bold or None, run.italic or None
    if run.code:
        written.font.name, written.font.size = "Courier New", Pt(9.5)
    if run.link.startswith(("https://", "http://", "mailto:")):
        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), paragraph.part.relate_to(run.link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        written.font.color.rgb, written.underline = _ACCENT, True
        link.append(written._r)
        paragraph._p.append(link)


def _shaded(paragraph: Any) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", "F3F6F5")):
        shade.set(qn(f"w:{name}"), value)
    paragraph._p.get_or_add_pPr().append(shade)


def _table(document: Any, block: Block) -> None:
    width = max(len(row) for row in block.rows)
    table = document.add_table(rows=0, cols=width, style="Light Grid Accent 1")
    for row in block.rows:
        cells = table.add_row().cells
        for at, text in enumerate(row):
            cells[at].text = _clean(text)
            cells[at].paragraphs[0].alignment = _SIDES[block.align[at] if at < len(block.align) else "left"]
    again = OxmlElement("w:tblHeader")  # the header comes again on every page
    table.rows[0]._tr.get_or_add_trPr().append(again)
    document.add_paragraph()


def _small(document: Any, text: str, *, bold: bool = False) -> None:
    run = document.add_paragraph().add_run(_clean(text))
    run.font.size, run.font.color.rgb, run.bold = Pt(9), _GRAY, bold


def _clean(text: str) -> str:
    return _UNSPEAKABLE.sub("", text)
