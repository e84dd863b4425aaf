"""A conversation as a PDF, in a font that has Cyrillic."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from core.entities.conversations import Thread
from services.transcripts.blocks import Block, Run, parse, plain
from services.transcripts.said import Entry, entries, heading, source

_FAMILY = {
    "normal": "Roboto-Regular",
    "bold": "Roboto-Bold",
    "italic": "Roboto-Italic",
    "boldItalic": "Roboto-BoldItalic",
}
_INK, _GRAY, _ACCENT, _RULE = map(HexColor, ("#1c2b2a", "#5c6b69", "#0f766e", "#d9e2e0"))
_MARGIN = 50
_LONGEST_LINE = 4_000  # characters of a paragraph: a longer one would not break over pages


def write(thread: Thread, language: str) -> bytes:
    _fonts()
    title, line = heading(thread, language)
    out = io.BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), _MARGIN)
    document = SimpleDocTemplate(out, pagesize=A4, title=title, author="Nichewise", **margins)
    story: list[Flowable] = [Paragraph(escape(title), _style("title")), Paragraph(escape(line), _style("small"))]
    for entry in entries(thread, language):
        story += _entry(entry, language)
    document.build(story, onFirstPage=_foot, onLaterPages=_foot)
    return out.getvalue()


def _entry(entry: Entry, language: str) -> Iterator[Flowable]:
    said = f'<font color="#0f766e"><b>{escape(entry.author)}</b></font>'
    yield Spacer(0, 12)
    yield Paragraph(f'{said} <font size="8" color="#5c6b69">{escape(entry.at)}</font>', _style("author"))
    for block in plain(entry.text) if entry.mine else parse(entry.text):
        yield from _block(block)
    if entry.note:
        yield Paragraph(f"<i>{escape(entry.note)}</i>", _style("small"))
    for citation in entry.citations:
        quoted = f"<br/>{escape(' '.join(citation.text.split()))}" if citation.text else ""
        yield Paragraph(f"<b>{escape(source(citation, language))}</b>{quoted}", _style("source"))
    if entry.about:
        yield Paragraph(escape(entry.about), _style("small"))


def _block(block: Block) -> Iterator[Flowable]:
    if block.kind == "table":
        yield _table(block)
    elif block.kind == "heading":
        yield Paragraph(_marked(block.runs), _style("heading"))
    elif block.kind == "item":
        sign = "•" if block.number is None else f"{block.number}."
        yield Paragraph(_marked(block.runs), _style("item", block.level), bulletText=sign)
    else:
        for part in _bounded(block.runs):
            yield Paragraph(_marked(part), _style("code" if block.kind == "code" else "text"))


def _bounded(runs: tuple[Run, ...]) -> Iterator[tuple[Run, ...]]:
    if sum(len(run.text) for run in runs) <= _LONGEST_LINE:
        yield runs
        return
    text = "".join(run.text for run in runs)
    for start in range(0, len(text), _LONGEST_LINE):
        yield (Run(text[start : start + _LONGEST_LINE]),)


def _marked(runs: tuple[Run, ...]) -> str:
    return "".join(_run(run) for run in runs)


def _run(run: Run) -> str:
    text = escape(run.text).replace("\n", "<br/>")
    if run.code:
        text = f'<font color="#5c6b69">{text}</font>'
    text = f"<b>{text}</b>" if run.bold else text
    return f"<i>{text}</i>" if run.italic else text


def _table(block: Block) -> Table:
    width = max(len(row) for row in block.rows)
    padded = [[*row, *[""] * (width - len(row))] for row in block.rows]
    cells = [[Paragraph(escape(cell), _style("cell")) for cell in row] for row in padded]
    lines = [("LINEBELOW", (0, 0), (-1, -1), 0.5, _RULE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Table(cells, repeatRows=1, style=[*lines, ("BACKGROUND", (0, 0), (-1, 0), HexColor("#f3f6f5"))])


@cache
def _style(name: str, level: int = 0) -> ParagraphStyle:
    text = ParagraphStyle("text", fontName="Roboto-Regular", fontSize=10, leading=14.5, textColor=_INK, spaceAfter=4)
    indent = 14 * level
    styles: dict[str, dict[str, Any]] = {
        "text": {},
        "title": {"fontName": "Roboto-Bold", "fontSize": 19, "leading": 24},
        "heading": {"fontName": "Roboto-Bold", "fontSize": 11.5, "spaceBefore": 6},
        "author": {"keepWithNext": True},
        "small": {"fontSize": 8, "leading": 11, "textColor": _GRAY},
        "source": {"fontSize": 8, "leading": 11, "textColor": _GRAY, "leftIndent": 12},
        "item": {"leftIndent": indent, "bulletIndent": indent - 12},
        "code": {"fontSize": 9, "leading": 12, "leftIndent": 10, "textColor": _GRAY},
        "cell": {"fontSize": 8.5, "leading": 11, "spaceAfter": 0},
    }
    return ParagraphStyle(name, parent=text, **styles[name])


def _foot(canvas: Any, document: Any) -> None:
    canvas.setFont("Roboto-Regular", 8)
    canvas.setFillColor(_GRAY)
    canvas.drawString(_MARGIN, 28, "Nichewise")
    canvas.drawRightString(A4[0] - _MARGIN, 28, str(document.page))


def _fonts() -> None:
    folder = files("font_roboto") / "files"
    for name in _FAMILY.values():
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
    pdfmetrics.registerFontFamily("Roboto-Regular", **_FAMILY)
