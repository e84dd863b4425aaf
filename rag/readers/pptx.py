"""PowerPoint presentations: a slide is a page, its title a heading; tables, charts and speaker notes are read too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.entities.reading import Block, Parsed
from core.errors import ParseFailed
from rag.readers import hidden, merged, pptx_hidden, tables
from rag.readers.content import require_office
from rag.readers.limits import Limits
from rag.readers.merged import Cell

TOO_MANY_SLIDES = "The presentation has %(slides)s slides; the limit is %(limit)s. Split it and upload the parts."


def read(path: Path, limits: Limits) -> Parsed:
    require_office(path, "ppt", ".pptx", limits)
    import pptx

    presentation = pptx.Presentation(str(path))
    slides = presentation.slides
    if len(slides) > limits.pages:
        raise ParseFailed(TOO_MANY_SLIDES, slides=len(slides), limit=limits.pages)
    size = (presentation.slide_width, presentation.slide_height)
    unseen = [one for number, slide in enumerate(slides, start=1) for one in pptx_hidden.taken_out(slide, size, number)]
    blocks = tuple(block for number, slide in enumerate(slides, start=1) for block in _slide(slide, number))
    headings = (block.text for block in blocks if block.level)
    title = presentation.core_properties.title or next(headings, "")
    return Parsed(blocks, title=title, pages=max(1, len(slides)), findings=hidden.findings(unseen))


def _slide(slide: Any, number: int) -> Iterator[Block]:
    title = slide.shapes.title
    if title is not None and title.text_frame.text.strip():
        yield Block(" ".join(title.text_frame.text.split()), "heading", 1, number)
    # Shapes are stored in the order they were drawn; people read from the top left.
    for shape in sorted(slide.shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if title is None or shape.shape_id != title.shape_id:
            yield from _shape(shape, number)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None and notes.text.strip():
        yield Block(notes.text, page=number)


def _shape(shape: Any, page: int) -> Iterator[Block]:
    if hasattr(shape, "shapes"):
        for member in shape.shapes:
            yield from _shape(member, page)
    elif getattr(shape, "has_table", False):
        yield from tables.blocks(merged.with_one_header(*merged.placed(_rows(shape.table))), page)
    elif getattr(shape, "has_chart", False):
        yield from _chart(shape.chart, page)
    elif shape.has_text_frame and (words := _lines(shape.text_frame)):
        yield Block(words, page=page)


def _rows(table: Any) -> Iterator[list[Cell]]:
    for row in table.rows:
        whole = (cell for cell in row.cells if not cell.is_spanned)
        yield [Cell(cell.text.strip(), cell.span_width, cell.span_height) for cell in whole]


def _lines(frame: Any) -> str:
    # A vertical tab is a line break within a paragraph.
    return "\n".join(line for p in frame.paragraphs if (line := p.text.replace("\v", " ").strip()))


def _chart(chart: Any, page: int) -> Iterator[Block]:
    if chart.has_title and chart.chart_title.has_text_frame:
        yield Block(chart.chart_title.text_frame.text, page=page)
    for plot in chart.plots:
        series = list(plot.series)
        rows = [
            [str(name), *("" if one.values[n] is None else f"{one.values[n]:.15g}" for one in series)]
            for n, name in enumerate(plot.categories)
        ]
        yield from tables.blocks([["", *(one.name for one in series)], *rows], page)
