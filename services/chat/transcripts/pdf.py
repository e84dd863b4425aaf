"""A conversation as a PDF, in a font that has Cyrillic."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import CondPageBreak, Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from core.entities.conversations import Thread
from core.i18n import N_, translate
from services.chat.transcripts.blocks import Align, Block, Run, parse, plain
from services.chat.transcripts.said import Entry, entries, heading, source
from services.chat.transcripts.signs import MISSING, drawable

_FAMILY = {
    "normal": "Roboto-Regular",
    "bold": "Roboto-Bold",
    "italic": "Roboto-Italic",
    "boldItalic": "Roboto-BoldItalic",
}
_INK, _GRAY, _ACCENT, _RULE = map(HexColor, ("#1c2b2a", "#5c6b69", "#0f766e", "#d9e2e0"))
_MARGIN, _FRAME = 50, 6
_INSIDE = A4[0] - 2 * _MARGIN
_LEAST = 70  # points that the beginning of a turn needs
_CELL, _SMALL_CELL, _FEW_COLUMNS, _PADDING = 8.5, 7.0, 8, 13
_INDENT = re.compile(r"(?m)^ +| {2,}")
LACKING = N_("%(sign)s stands for signs that the font of this file lacks. Word, Markdown and JSON have them.")
_LONGEST_LINE = 4_000  # characters of a paragraph: a longer one would not break over pages


def write(thread: Thread, language: str) -> bytes:
    _fonts()
    title, line = heading(thread, language)
    said = list(entries(thread, language))
    out = io.BytesIO()
    inside = _MARGIN - _FRAME  # a frame has room around its text
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), inside)
    document = SimpleDocTemplate(out, pagesize=A4, title=title, author="Nichewise", **margins)
    story: list[Flowable] = [Paragraph(_safe(title), _style("title")), Paragraph(_safe(line), _style("small"))]
    if any(MISSING in _drawable(one.text) for one in said):
        story.append(Paragraph(_safe(translate(language, LACKING, sign=MISSING)), _style("small")))
    for entry in said:
        story += _entry(entry, language)
    document.build(story, onFirstPage=_foot, onLaterPages=_foot)
    return out.getvalue()


def _entry(entry: Entry, language: str) -> Iterator[Flowable]:
    author = f'<font color="#0f766e"><b>{_safe(entry.author)}</b></font>'
    yield CondPageBreak(_LEAST)  # no name at the foot of a page whose words stand on the next one
    yield Spacer(0, 12)
    yield Paragraph(f'{author} <font size="8" color="#5c6b69">{_safe(entry.at)}</font>', _style("text"))
    for block in plain(entry.text) if entry.mine else parse(entry.text):
        yield from _block(block)
    if entry.figures:
        yield from _block(entry.figures)
        yield Paragraph(_safe(entry.origin), _style("small"))
    if entry.note:
        yield Paragraph(f"<i>{_safe(entry.note)}</i>", _style("small"))
    for citation in entry.citations:
        quoted = f"<br/>{_safe(' '.join(citation.text.split()))}" if citation.text else ""
        yield Paragraph(f"<b>{_safe(source(citation, language))}</b>{quoted}", _style("source"))
    if entry.about:
        yield Paragraph(_safe(entry.about), _style("small"))


def _block(block: Block) -> Iterator[Flowable]:
    if block.kind == "table":
        yield _table(block)
        yield Spacer(0, 6)
    elif block.kind == "heading":
        yield Paragraph(_marked(block.runs), _style("heading"))
    elif block.kind == "item":
        sign = "•" if block.number is None else f"{block.number}."
        yield Paragraph(_marked(block.runs), _style("item", block.level), bulletText=sign)
    else:
        name = "code" if block.kind == "code" else "quote" if block.quoted else "text"
        for part in _bounded(block.runs):
            yield Paragraph(_marked(part), _style(name, block.level))


def _bounded(runs: tuple[Run, ...]) -> Iterator[tuple[Run, ...]]:
    """Paragraphs that are short enough, cut between words or, of code, between lines."""
    if sum(len(run.text) for run in runs) <= _LONGEST_LINE:
        yield runs
        return
    text, code = "".join(run.text for run in runs), runs[0].code
    while text:
        end = len(text) if len(text) <= _LONGEST_LINE else text.rfind("\n" if code else " ", 1, _LONGEST_LINE)
        end = end if end > 0 else _LONGEST_LINE
        yield (Run(text[:end], code=code),)
        text = text[end:].removeprefix("\n") if code else text[end:].lstrip()


def _marked(runs: tuple[Run, ...]) -> str:
    return "".join(_run(run) for run in runs)


def _run(run: Run) -> str:
    text = _safe(run.text)
    if run.code:
        text = f'<font color="#5c6b69">{_INDENT.sub(_held, text)}</font>'
    text = text.replace("\n", "<br/>")
    text = f"<b>{text}</b>" if run.bold else text
    text = f"<i>{text}</i>" if run.italic else text
    if run.link.startswith(("https://", "http://", "mailto:")):
        text = f'<a href={quoteattr(run.link)} color="#0f766e">{text}</a>'
    return text


def _held(spaces: re.Match[str]) -> str:
    """A paragraph makes one space of many; code keeps them."""
    return "\u00a0" * len(spaces[0])


def _table(block: Block) -> Table:
    width = max(len(row) for row in block.rows)
    rows = [[_drawable(cell) for cell in row] + [""] * (width - len(row)) for row in block.rows]
    align = [*block.align, *["left"] * width][:width]
    size = _CELL if width <= _FEW_COLUMNS else _SMALL_CELL
    cells = [
        [Paragraph(_bold(escape(cell), at == 0), _cell(size, side)) for cell, side in zip(row, align, strict=True)]
        for at, row in enumerate(rows)
    ]
    lines = [("LINEBELOW", (0, 0), (-1, -1), 0.5, _RULE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    style = [*lines, ("BACKGROUND", (0, 0), (-1, 0), HexColor("#f3f6f5"))]
    return Table(cells, _widths(rows, size), repeatRows=1, style=style, hAlign="LEFT", splitInRow=1)


def _bold(text: str, wanted: bool) -> str:
    return f"<b>{text}</b>" if wanted else text


def _widths(rows: Sequence[Sequence[str]], size: float) -> list[float]:
    """As wide as the texts are where there is room; else each has its longest word's, and a share of the rest."""

    def measured(text: str) -> float:
        return float(pdfmetrics.stringWidth(text, _FAMILY["bold"], size)) + _PADDING

    whole = [min(max(map(measured, column)), _INSIDE) for column in zip(*rows, strict=True)]
    if sum(whole) <= _INSIDE:
        return whole
    fair = _INSIDE / len(whole)
    words = [
        min(max(measured(word) for cell in column for word in (cell.split() or [""])), fair)
        for column in zip(*rows, strict=True)
    ]
    wanted = [full - least for full, least in zip(whole, words, strict=True)]
    left = _INSIDE - sum(words)
    return [least + left * more / sum(wanted) for least, more in zip(words, wanted, strict=True)]


def _safe(text: str) -> str:
    return escape(_drawable(text))


def _drawable(text: str) -> str:
    return drawable(text, pdfmetrics.getFont(_FAMILY["normal"]).face.charToGlyph)


@cache
def _style(name: str, level: int = 0) -> ParagraphStyle:
    text = ParagraphStyle("text", fontName="Roboto-Regular", fontSize=10, leading=14.5, textColor=_INK, spaceAfter=4)
    indent = 14 * level
    boxed = {"borderPadding": (3, 6, 3, 6), "spaceBefore": 6, "spaceAfter": 8, "backColor": HexColor("#f3f6f5")}
    styles: dict[str, dict[str, Any]] = {
        "text": {"leftIndent": indent},
        "title": {"fontName": "Roboto-Bold", "fontSize": 19, "leading": 24},
        "heading": {"fontName": "Roboto-Bold", "fontSize": 11.5, "spaceBefore": 6, "keepWithNext": True},
        "small": {"fontSize": 8, "leading": 11, "textColor": _GRAY},
        "source": {"fontSize": 8, "leading": 11, "textColor": _GRAY, "leftIndent": 12},
        "item": {"leftIndent": indent, "bulletIndent": indent - 12},
        "quote": {"leftIndent": indent + 14, "textColor": _GRAY, "fontName": "Roboto-Italic"},
        "code": {"fontSize": 9, "leading": 12, "leftIndent": indent + 6, "rightIndent": 6, "textColor": _GRAY, **boxed},
    }
    return ParagraphStyle(name, parent=text, **styles[name])


@cache
def _cell(size: float, side: Align) -> ParagraphStyle:
    alignment = {"left": TA_LEFT, "right": TA_RIGHT, "center": TA_CENTER}[side]
    return ParagraphStyle(
        "cell", parent=_style("text"), fontSize=size, leading=size * 1.3, spaceAfter=0, alignment=alignment
    )


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
