"""PDF files: lines become paragraphs, and what people upload every day ends in text or in a sentence."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from core.entities.reading import Parsed
from core.errors import ParseFailed
from rag import readers
from rag.readers import Limits
from tests import samples
from tests.shared import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.usefixtures("without_tesseract")  # what it adds is in test_ocr
DOCUMENTS = SHARED_DATA / "documents"
WITHOUT_TEXT = {
    "cmyk-image.pdf",
    "grayscale-image.pdf",
    "imagemagick-ASCII85Decode.pdf",
    "imagemagick-CCITTFaxDecode.pdf",
    "imagemagick-lzw.pdf",
}
PROTECTED = {"libreoffice-writer-password.pdf"}


def read(folder: Path, content: bytes) -> Parsed:
    path = folder / "sample.pdf"
    path.write_bytes(content)
    return readers.read(path, path.name, Limits())


def shared(name: str) -> Parsed:
    return readers.read(DOCUMENTS / name, name)


def changed(content: bytes, change: object) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    change(writer)  # type: ignore[operator]
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


@needs_shared_data
def test_every_shared_document_ends_in_text_or_in_a_sentence() -> None:
    failed = {}
    for path in sorted(DOCUMENTS.glob("*.pdf")):
        try:
            parsed = readers.read(path, path.name)
        except ParseFailed as error:
            failed[path.name] = error.message
        else:
            assert any(block.text for block in parsed.blocks), path.name
    assert set(failed) == WITHOUT_TEXT | PROTECTED
    assert all("the file is a scan or holds pictures only" in failed[name] for name in WITHOUT_TEXT)
    assert all("protected by a password" in failed[name] for name in PROTECTED)


@needs_shared_data
def test_columns_become_whole_paragraphs_without_hyphens() -> None:
    texts = [block.text for block in shared("multicolumn.pdf").blocks if block.page == 1]
    paragraph = next(
        text for text in texts if text.startswith("Lorem ipsum dolor sit amet, consectetuer adipiscing elit.")
    )
    assert paragraph.endswith("Duis eget orci sit amet orci dignissim rutrum.")
    across = next(text for text in texts if text.startswith("Nulla malesuada porttitor diam."))
    assert "Donec nonummy pellentesque ante." in across  # from the foot of one column to the head of the next


@needs_shared_data
def test_outline_entries_become_headings_where_they_stand_on_the_page() -> None:
    headings = [block for block in shared("pdflatex-outline.pdf").blocks if block.kind == "heading"]
    assert [(block.text, block.level, block.page) for block in headings[1:4]] == [
        ("1 Foo", 1, 2),
        ("2 Bar", 1, 2),
        ("3 Baz", 1, 2),
    ]


@needs_shared_data
def test_pages_keep_their_numbers_and_lose_the_printed_one() -> None:
    parsed = shared("pdflatex-4-pages.pdf")
    assert parsed.pages == 4
    assert [block.page for block in parsed.blocks] == [1, 2, 3, 4]
    assert not parsed.blocks[0].text.endswith(" 1")


@needs_shared_data
def test_arabic_is_in_reading_order() -> None:
    assert "حَبيبي" in shared("habibi.pdf").blocks[0].text


@needs_shared_data
def test_filled_form_fields_are_read_and_attachments_are_mentioned() -> None:
    assert "First Name: Alice" in [block.text for block in shared("libreoffice-form.pdf").blocks]
    assert "attached files" in shared("with-attachment.pdf").notes[0]


def test_a_pdf_without_its_end_says_so_where_its_text_could_be_read(tmp_path: Path) -> None:
    whole = samples.pdf([[samples.SENTENCE]])
    parsed = read(tmp_path, whole[: whole.rindex(b"startxref")])
    assert parsed.blocks[0].text == samples.SENTENCE
    assert "end of the PDF is missing" in parsed.notes[0]


def test_a_pdf_that_only_its_owner_may_change_is_read(tmp_path: Path) -> None:
    content = changed(samples.pdf([[samples.SENTENCE]]), lambda w: w.encrypt("", "owner", algorithm="AES-256"))
    assert read(tmp_path, content).blocks[0].text == samples.SENTENCE


@pytest.mark.parametrize("stated", ["untitled", "Microsoft Word - report.docx", "scan0001.pdf", ""])
def test_a_title_that_a_program_filled_in_is_not_taken(stated: str, tmp_path: Path) -> None:
    content = changed(samples.pdf([[samples.SENTENCE]]), lambda w: w.add_metadata({"/Title": stated}))
    assert read(tmp_path, content).title == "sample"


def test_a_stated_title_is_taken(tmp_path: Path) -> None:
    content = changed(samples.pdf([[samples.SENTENCE]]), lambda w: w.add_metadata({"/Title": "Refund policy"}))
    assert read(tmp_path, content).title == "Refund policy"


def test_short_lines_stay_apart_and_full_lines_are_joined(tmp_path: Path) -> None:
    full = "This line goes on until the right margin of its page and then continues in the"
    parsed = read(tmp_path, samples.pdf([["Dear colleagues,", full, "next one.", "1. First step", "2. Second step"]]))
    texts = [block.text for block in parsed.blocks]
    assert texts == ["Dear colleagues,", f"{full} next one.", "1. First step", "2. Second step"]


def test_a_damaged_outline_costs_the_outline_alone(tmp_path: Path) -> None:
    content = samples.pdf([[samples.SENTENCE]]).replace(b"/Type /Catalog", b"/Outlines 4 0 R /Type /Catalog")
    parsed = read(tmp_path, content.replace(b"/Type /Page ", b"/First 99 0 R /Type /Page "))
    assert parsed.blocks[0].text == samples.SENTENCE
