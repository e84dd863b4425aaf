"""PDF files: text by PDFium, outline and properties by pypdf; pages that are pictures are named, to be recognised."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from core.entities.reading import Block, Finding, Parsed
from core.errors import ParseFailed
from rag import pdfium
from rag.readers import hidden, pdf_hidden, pdf_layout
from rag.readers.content import PASSWORD, require_pdf
from rag.readers.limits import TOO_MUCH_TEXT, Limits
from rag.readers.pdf_structure import Structure, structure

TOO_MANY_PAGES = "The PDF has %(pages)s pages; the limit is %(limit)s. Split it and upload the parts."
DAMAGED = "The PDF is damaged or cut off and could not be read. Open it, save it again and upload the new copy."
CUT_OFF = "The end of the PDF is missing; what could be read of it is here. Upload it again if pages are missing."

_JUNK_TITLE = re.compile(r"^(?:untitled|unnamed|document\d*|без имени|microsoft word - .*|.*\.\w{3,4})$", re.IGNORECASE)
_END_MARK_WITHIN = 2048

_FEW_CHARACTERS = 40
_MOST_OF_THE_PAGE = 0.6


class _Page(NamedTuple):
    """`picture`: what it says is in an image, as on a scan, whatever few words are stamped on it."""

    lines: list[pdf_layout.Line]
    findings: list[Finding]
    picture: bool


def read(path: Path, limits: Limits) -> Parsed:
    require_pdf(path)
    read_pages = _pages(path, limits)
    pages = [page.lines for page in read_pages]
    found = structure(path)
    outline = _outline_by_page(found)
    body = pdf_layout.body_height(pages)
    blocks = [
        block
        for number, page in enumerate(pages, start=1)
        for block in pdf_layout.blocks(page, number, body, outline[number])
    ]
    blocks += [Block(f"{name}: {value}", page=1) for name, value in found.fields.items()]
    return Parsed(
        blocks=tuple(blocks),
        title=_title(found, blocks),
        pages=len(pages),
        notes=_notes(path, found),
        metadata=found.metadata,
        unread=tuple(number for number, page in enumerate(read_pages, start=1) if page.picture),
        findings=hidden.findings(finding for page in read_pages for finding in page.findings),
    )


def _pages(path: Path, limits: Limits) -> list[_Page]:
    import pypdfium2

    try:
        with pdfium.opened(path) as document:
            if len(document) > limits.pages:
                raise ParseFailed(TOO_MANY_PAGES, pages=len(document), limit=limits.pages)
            return _lines(document, limits)
    except pypdfium2.PdfiumError as error:
        # PDFium may still tell of the file before: what is encrypted says so.
        locked = pdfium.wrong_password(error) and b"/Encrypt" in path.read_bytes()
        raise ParseFailed(PASSWORD if locked else DAMAGED) from error


def _lines(document: Any, limits: Limits) -> list[_Page]:
    pages: list[_Page] = []
    characters = 0
    for index in range(len(document)):
        page = document[index]
        try:
            text = pdfium.PageText(page)
            characters += text.length
            lines, findings = pdf_hidden.take_out(page, text, pdf_layout.lines(text, index + 1), index + 1)
            pages.append(_Page(lines, findings, _is_picture(page, lines)))
        finally:
            page.close()
        if characters > limits.characters:
            raise ParseFailed(TOO_MUCH_TEXT, characters=limits.characters)
    return pages


def _is_picture(page: Any, lines: list[pdf_layout.Line]) -> bool:
    """A page that shows something and has no text; or a scan on which a number or a stamp is all the text there is."""
    import pypdfium2.raw as raw

    if not lines:
        return bool(raw.FPDFPage_CountObjects(page.raw))
    if sum(len(line.text) for line in lines) >= _FEW_CHARACTERS:
        return False
    width, height = page.get_size()
    images = (image.get_bounds() for image in page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], max_depth=2))
    largest = max(((right - left) * (top - bottom) for left, bottom, right, top in images), default=0.0)
    return bool(largest >= _MOST_OF_THE_PAGE * width * height)


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
    opens = blocks[0] if blocks else None
    return opens.text if opens and opens.kind == "heading" and opens.page == 1 else ""


def _notes(path: Path, found: Structure) -> tuple[str, ...]:
    whole = b"%%EOF" in path.read_bytes()[-_END_MARK_WITHIN:]
    return found.notes if whole else (CUT_OFF, *found.notes)
