"""Pages that are pictures: recognised where the machine can, named where it cannot."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from core.entities.reading import Parsed
from core.errors import ParseFailed
from rag import readers
from rag.parsing import Parser
from rag.readers import Limits, image, ocr
from tests import samples
from tests.sample_formats import picture, scanned_pdf
from tests.tesseract import needs_tesseract

ENGLISH, RUSSIAN = "Refunds are paid within fourteen days", "Возврат занимает четырнадцать дней"


def read(folder: Path, name: str, content: bytes, limits: Limits | None = None) -> Parsed:
    path = folder / name
    path.write_bytes(content)
    return readers.read(path, name, limits)


def failure(folder: Path, name: str, content: bytes) -> str:
    with pytest.raises(ParseFailed) as raised:
        read(folder, name, content)
    return raised.value.message


# --- without Tesseract ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_tesseract")
def test_pages_without_a_text_layer_are_named_with_what_to_install(tmp_path: Path) -> None:
    parsed = read(tmp_path, "a.pdf", samples.pdf([[samples.SENTENCE], [], [], ["The end of it."], []]))
    assert parsed.notes == ("No text layer: install tesseract on the server to read the pages 2-3, 5.",)
    assert parsed.unread == (2, 3, 5)
    assert [block.page for block in parsed.blocks] == [1, 4]


@pytest.mark.usefixtures("without_tesseract")
@pytest.mark.parametrize("name", ["scan.pdf", "scan.png", "scan.jpg", "scan.jpeg", "scan.tif", "scan.tiff"])
def test_a_file_of_pictures_alone_fails_with_the_way_out(name: str, tmp_path: Path) -> None:
    kind = image.FORMATS.get(Path(name).suffix)
    content = picture(kind, ENGLISH) if kind else samples.pdf([[], [], []])
    assert "Install tesseract on the server and try again" in failure(tmp_path, name, content)


def test_an_empty_page_is_not_taken_for_a_picture(tmp_path: Path) -> None:
    assert read(tmp_path, "a.pdf", samples.pdf_drawn(b"BT /F1 11 Tf 72 760 Td (One page.) Tj ET", b"")).notes == ()


# --- pictures as files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tiff"])
@pytest.mark.parametrize("content", [b"%PDF-1.7 no picture", b"GIF89a", samples.noise()])
def test_a_picture_that_is_none_is_of_another_kind(name: str, content: bytes, tmp_path: Path) -> None:
    assert "content is of another kind" in failure(tmp_path, name, content)


def test_a_picture_cut_in_half_is_damaged(tmp_path: Path) -> None:
    content = picture("PNG", ENGLISH)
    assert "damaged or cut off" in failure(tmp_path, "a.png", content[: len(content) // 2])


def test_a_picture_of_a_billion_pixels_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    small = picture("PNG", ENGLISH)
    header = b"IHDR" + struct.pack(">II", 40_000, 25_000) + small[24:29]
    content = small[:12] + header + struct.pack(">I", zlib.crc32(header)) + small[33:]
    assert "limit of 150 megapixels" in failure(tmp_path, "a.png", content)


def test_a_picture_with_too_many_frames_names_the_limit(tmp_path: Path) -> None:
    with pytest.raises(ParseFailed, match="3 pages; the limit is 2"):
        read(tmp_path, "a.tiff", picture("TIFF", "x", frames=3), Limits(pages=2))


# --- with Tesseract -------------------------------------------------------------------------------------------------


@needs_tesseract
def test_a_scanned_page_is_recognised_in_both_languages_and_keeps_its_number(tmp_path: Path) -> None:
    page = scanned_pdf(picture("PNG", ENGLISH, RUSSIAN))
    parsed = read(tmp_path, "a.pdf", page)
    text = " ".join(block.text for block in parsed.blocks)
    assert ENGLISH in text
    assert RUSSIAN in text
    assert {block.page for block in parsed.blocks} == {1}
    assert parsed.notes == ("Read from pictures, so single letters may be wrong: pages 1.",)
    assert parsed.unread == ()


@needs_tesseract
def test_every_frame_of_a_picture_is_a_page(tmp_path: Path) -> None:
    parsed = read(tmp_path, "a.tiff", picture("TIFF", ENGLISH, frames=2))
    assert parsed.pages == 2
    assert [block.page for block in parsed.blocks] == [1, 2]


@needs_tesseract
def test_a_picture_without_letters_fails_and_says_so(tmp_path: Path) -> None:
    assert "none was recognised" in failure(tmp_path, "a.png", picture("PNG"))


@needs_tesseract
def test_a_reading_process_recognises_page_by_page_and_tells_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.tiff"
    path.write_bytes(picture("TIFF", ENGLISH, frames=2))
    told: list[tuple[int, int]] = []
    parser = Parser(1)
    parsed = parser.parse(path, path.name, Limits(), lambda done, total: told.append((done, total)))
    parser.close()
    assert told == [(0, 2), (1, 2)]
    assert [block.text for block in parsed.blocks] == [ENGLISH, ENGLISH]


@needs_tesseract
def test_a_page_that_takes_too_long_costs_that_page_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(picture("PNG", ENGLISH))
    with pytest.raises(ParseFailed, match="limit of 0 s"):
        ocr.page_text(path, ".png", 1, Limits(page_seconds=0))
