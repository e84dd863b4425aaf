"""Puts the recognised text of pictures into a document, and says which pages that was and which could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.entities.reading import Block, Parsed
from core.errors import ParseFailed
from rag.readers import instructions, ocr, pages, text

NO_LAYER = "No text layer: install tesseract on the server to read the pages %(pages)s."
ONLY_PICTURES = (
    "None of the pages has a text layer (pages: %(pages)s): the file is a scan or holds pictures only. "
    "Install tesseract on the server and try again, or upload a copy whose text is recognised."
)
NOTHING_SEEN = (
    "None of the pages has text, and none was recognised in their pictures (pages: %(pages)s). "
    "If it is a scan, make it larger and sharper and upload it again."
)
RECOGNISED = "Read from pictures, so single letters may be wrong: pages %(pages)s."
WITHOUT_TEXT = "No text was recognised in the pictures of the pages %(pages)s."
TOO_MANY = "The file has too many pictures to read them all; these pages were left out: %(pages)s."


def with_recognised(parsed: Parsed, recognised: Mapping[int, str]) -> Parsed:
    """`recognised` maps each page that was looked at to its text. Raises ParseFailed where there is no text at all."""
    if not parsed.unread:
        return parsed
    added = {page: [Block(part, page=page) for part in text.paragraphs(words)] for page, words in recognised.items()}
    left = tuple(page for page in parsed.unread if page not in recognised)
    without_reader = not ocr.available()
    if not parsed.blocks and not any(added.values()):
        raise ParseFailed(ONLY_PICTURES if without_reader else NOTHING_SEEN, pages=parsed.pages)
    new = [block for blocks in added.values() for block in blocks]
    return replace(
        parsed,
        blocks=_merged(parsed.blocks, new),
        notes=(*_notes(added, left, NO_LAYER if without_reader else TOO_MANY), *parsed.notes),
        findings=(*parsed.findings, *instructions.findings(new)),
        unread=left if without_reader else (),
    )


def _merged(blocks: tuple[Block, ...], new: list[Block]) -> tuple[Block, ...]:
    """In the order of the pages; what a page had before what was recognised on it."""
    return tuple(sorted((*blocks, *new), key=lambda block: block.page or 1))


def _notes(added: Mapping[int, list[Block]], left: tuple[int, ...], why_left: str) -> list[str]:
    said = {
        RECOGNISED: [page for page, blocks in added.items() if blocks],
        WITHOUT_TEXT: [page for page, blocks in added.items() if not blocks],
        why_left: left,
    }
    return [sentence % {"pages": pages.ranges(numbers)} for sentence, numbers in said.items() if numbers]
