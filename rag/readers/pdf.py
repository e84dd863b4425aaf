"""PDF files: text by PDFium, outline and properties by pypdf."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from core.entities import Block, Parsed
from core.errors import ParseFailed
from rag import pdfium
from rag.readers import pdf_layout
from rag.readers.content import PASSWORD, require_pdf
from rag.readers.limits import TOO_MUCH_TEXT, Limits
from rag.readers.pdf_structure import Structure, structure

TOO_MANY_PAGES = "The PDF has %(pages)s pages; the limit is %(limit)s. Split it and upload the parts."
DAMAGED = "The PDF is damaged or cut off and could not be read. Open it, save it again and upload the new copy."
NO_TEXT = (
    "None of the pages has text (pages: %(pages)s): the PDF is a scan or holds pictures only. "
    "Recognise its text (OCR, for example with Tesseract) and upload the result."
)
SOME_WITHOUT_TEXT = "Some pages have no text, only pictures, and cannot be searched. Recognise their text (OCR) first."
CUT_OFF = "The end of the PDF is missing; what could be read of it is here. Upload it again if pages are missing."

_JUNK_TITLE = re.compile(r"^(?:untitled|unnamed|document\d*|без имени|microsoft word - .*|.*\.\w{3,4})$", re.IGNORECASE)
_END_MARK_WITHIN = 2048

Pages = list[list[pdf_layout.Line]]


def read(path: Path, limits: Limits) -> Parsed:
    require_pdf(path)
    pages = _pages(path, limits)
    found = structure(path)
    outline = _outline_by_page(found)
    body = pdf_layout.body_height(pages)
    blocks = [
        block
        for number, page in enumerate(pages, start=1)
        for block in pdf_layout.blocks(page, number, body, outline[number])
    ]
    blocks += [Block(f"{name}: {value}", page=1) for name, value in found.fields.items()]
    if not blocks:
        raise ParseFailed(NO_TEXT, pages=len(pages))
    empty = [number for number, page in enumerate(pages, start=1) if not page]
    return Parsed(
        blocks=tuple(blocks),
        title=_title(found, blocks),
        pages=len(pages),
        notes=_notes(path, found, empty),
        metadata={**found.metadata, **({"pages_without_text": _ranges(empty)} if empty else {})},
    )


def _pages(path: Path, limits: Limits) -> Pages:
    import pypdfium2

    try:
        with pdfium.opened(path) as document:
            if len(document) > limits.pages:
                raise ParseFailed(TOO_MANY_PAGES, pages=len(document), limit=limits.pages)
            return _lines(document, limits)
    except pypdfium2.PdfiumError as error:
        raise ParseFailed(PASSWORD if pdfium.wrong_password(error) else DAMAGED) from error


def _lines(document: Any, limits: Limits) -> Pages:
    pages: Pages = []
    characters = 0
    for index in range(len(document)):
        page = document[index]
        try:
            text = pdfium.PageText(page)
            characters += text.length
            pages.append(pdf_layout.lines(text, index + 1))
        finally:
            page.close()
        if characters > limits.characters:
            raise ParseFailed(TOO_MUCH_TEXT, characters=limits.characters)
    return pages


def _outline_by_page(found: Structure) -> defaultdict[int, dict[str, int]]:
    by_page: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for entry in found.outline:
        by_page[entry.page].setdefault(pdf_layout.plain(entry.title), entry.level)
    return by_page


def _title(found: Structure, blocks: list[Block]) -> str:
    """The stated title unless it is what a program filled in; else the heading that opens the first page."""
    stated = found.metadata.get("title", "")
    if stated and not _JUNK_TITLE.match(stated):
        return stated
    return blocks[0].text if blocks[0].kind == "heading" and blocks[0].page == 1 else ""


def _notes(path: Path, found: Structure, empty: list[int]) -> tuple[str, ...]:
    notes = [SOME_WITHOUT_TEXT] if empty else []
    if b"%%EOF" not in path.read_bytes()[-_END_MARK_WITHIN:]:
        notes.append(CUT_OFF)
    return (*notes, *found.notes)


def _ranges(numbers: list[int]) -> str:
    """`[3, 7, 8, 9]` as `3, 7-9`."""
    starts = [n for n in numbers if n - 1 not in set(numbers)]
    ends = [n for n in numbers if n + 1 not in set(numbers)]
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))
