"""Every reader keeps the same promises: text, or a sentence for the uploader, whatever the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.entities.reading import Parsed
from core.errors import ParseFailed, UnsupportedFormat
from rag import readers
from rag.readers import Limits, image, structured
from tests import samples

PICTURES = tuple(image.FORMATS)  # their text is recognised: see test_ocr
FORMATS = tuple(suffix for suffix in readers.supported() if suffix not in PICTURES)
ZIPPED = (".docx", ".xlsx", ".pptx", ".odt", ".epub")
SMALL = Limits(pages=200, characters=500_000, unpacked_mb=10)


def read(folder: Path, suffix: str, content: bytes, limits: Limits = SMALL) -> Parsed:
    path = folder / f"sample{suffix}"
    path.write_bytes(content)
    return readers.read(path, path.name, limits)


def failure(folder: Path, suffix: str, content: bytes) -> str:
    with pytest.raises(ParseFailed) as raised:
        read(folder, suffix, content)
    sentence = raised.value.message
    assert sentence.endswith((".", ")."))
    assert "%(" not in sentence
    return sentence


def test_there_are_samples_of_every_format() -> None:
    for kind in (samples.GOOD, samples.EMPTY, samples.ENCRYPTED, samples.TRUNCATED, samples.BOMB):
        assert set(kind) == set(FORMATS)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_good_file_gives_its_text_in_both_languages_and_a_title(suffix: str, tmp_path: Path) -> None:
    parsed = read(tmp_path, suffix, samples.GOOD[suffix]())
    text = "\n".join(block.text for block in parsed.blocks)
    assert samples.SENTENCE in text
    assert samples.RUSSIAN in text
    assert parsed.title
    assert parsed.pages >= 1
    assert parsed.notes == ()


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_good_file_says_where_each_block_stands(suffix: str, tmp_path: Path) -> None:
    parsed = read(tmp_path, suffix, samples.GOOD[suffix]())
    has_pages = suffix in (".pdf", ".pptx")
    for block in parsed.blocks:
        assert (block.page is not None and 1 <= block.page <= parsed.pages) if has_pages else block.page is None
        assert (block.level > 0) == (block.kind == "heading")


@pytest.mark.parametrize("suffix", [".md", ".docx", ".xlsx", ".csv", ".tsv", ".html", ".htm", ".odt", ".json", ".xml"])
def test_a_table_becomes_a_markdown_table_with_its_header(suffix: str, tmp_path: Path) -> None:
    parsed = read(tmp_path, suffix, samples.GOOD[suffix]())
    (table,) = (block.text.splitlines() for block in parsed.blocks if block.kind == "table")
    assert table[:3] == ["| Niche | Firms |", "| --- | --- |", "| Bakeries | 3120 |"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_without_text_fails_and_says_so(suffix: str, tmp_path: Path) -> None:
    said = failure(tmp_path, suffix, samples.EMPTY[suffix]())
    assert "has no text" in said or "None of the pages has" in said


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_without_a_single_byte_fails_and_says_so(suffix: str, tmp_path: Path) -> None:
    assert failure(tmp_path, suffix, b"") == "The file is empty."


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_encrypted_file_fails_and_says_why(suffix: str, tmp_path: Path) -> None:
    sentence = failure(tmp_path, suffix, samples.ENCRYPTED[suffix]())
    reasons = {**dict.fromkeys((".pdf", *ZIPPED), "password"), ".epub": "against copying", ".eml": "is encrypted"}
    assert reasons.get(suffix, "content is of another kind") in sentence


@pytest.mark.parametrize("suffix", [".pdf", *ZIPPED, ".json", ".xml", ".msg"])
def test_a_file_cut_in_half_fails_and_says_that_it_is_damaged(suffix: str, tmp_path: Path) -> None:
    assert "damaged or cut off" in failure(tmp_path, suffix, samples.TRUNCATED[suffix]())


@pytest.mark.parametrize("suffix", [".txt", ".md", ".csv", ".html", ".htm"])
def test_text_cut_in_half_gives_the_half_that_is_there(suffix: str, tmp_path: Path) -> None:
    content = samples.GOOD[suffix]()
    cut = content[: content.index(samples.RUSSIAN.encode()) + 21]  # in the middle of a letter of two bytes
    assert samples.RUSSIAN[:10] in read(tmp_path, suffix, cut).blocks[-1].text


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_bomb_fails_and_names_the_limit(suffix: str, tmp_path: Path) -> None:
    sentence = failure(tmp_path, suffix, samples.BOMB[suffix]())
    assert "limit" in sentence
    limits = (SMALL.pages, SMALL.characters, SMALL.unpacked_mb, 2048, structured.DEEPEST)
    assert any(str(limit) in sentence for limit in limits)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("content", [b"%PDF-1.7\n%garbage", b"PK\x03\x04 garbage", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"])
def test_content_of_another_kind_fails_with_a_sentence(suffix: str, content: bytes, tmp_path: Path) -> None:
    assert failure(tmp_path, suffix, content)


def test_a_format_that_has_no_reader_is_refused_with_the_list_of_those_that_have() -> None:
    with pytest.raises(UnsupportedFormat, match=r"PDF, TXT, MD, DOCX"):
        readers.read(Path("setup.exe"), "setup.exe")


def test_the_suffix_of_the_uploaded_name_decides_not_that_of_the_stored_file(tmp_path: Path) -> None:
    stored = tmp_path / "3f2a"
    stored.write_bytes(samples.GOOD[".txt"]())
    assert readers.read(stored, "Отчёт за 2024.TXT").title == "Отчёт за 2024"


def test_characters_that_a_database_refuses_are_left_out(tmp_path: Path) -> None:
    parsed = read(tmp_path, ".txt", "a\x07b\x1bc\ufffe\ufeffd\te".encode())
    assert parsed.blocks[0].text == "abcd\te"
