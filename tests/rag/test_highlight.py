"""A citation's page as an image: the passage is marked where it stands, and nowhere else."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from core.errors import NotFound
from rag import highlight, readers
from tests import samples
from tests.shared import SHARED_DATA, needs_shared_data

MULTICOLUMN = SHARED_DATA / "documents" / "multicolumn.pdf"
LINES = ["The first sentence stands alone.", samples.SENTENCE, samples.RUSSIAN, "The last sentence stands alone."]


def marked_box(png: bytes) -> tuple[int, int, int, int] | None:
    """Where the image is yellow: (left, top, right, bottom) in pixels."""
    blue, red = (Image.open(io.BytesIO(png)).getchannel(channel) for channel in "BR")
    return (
        Image.composite(red, Image.new("L", red.size), blue.point(lambda value: 255 * (value < 120)))
        .point(lambda value: 255 * (value > 240))
        .getbbox()
    )


def test_the_page_is_a_png_of_the_asked_width() -> None:
    image = Image.open(io.BytesIO(highlight.page_png(samples.pdf([LINES]), 1, samples.SENTENCE, width_px=800)))
    assert image.format == "PNG"
    assert image.width == 800
    assert image.height == pytest.approx(800 * 842 / 595, abs=1)


def test_the_mark_lies_on_the_line_of_the_passage() -> None:
    box = marked_box(highlight.page_png(samples.pdf([LINES]), 1, samples.SENTENCE, width_px=595))
    assert box is not None
    left, top, right, bottom = box
    assert left == pytest.approx(72, abs=3)
    assert right > 250
    assert 842 - 760 <= (top + bottom) / 2 <= 842 - 760 + 14  # the second line, 14 points below the first at 760


def test_russian_is_found_without_regard_to_case() -> None:
    assert highlight.page_image(samples.pdf([LINES]), 1, samples.RUSSIAN.upper()).matched


@pytest.mark.parametrize("passage", ["", "…", "Something that stands on no page of this document at all."])
def test_a_passage_that_is_not_there_leaves_the_page_unmarked(passage: str) -> None:
    image = highlight.page_image(samples.pdf([LINES]), 1, passage)
    assert not image.matched
    assert marked_box(image.png) is None


def test_a_page_that_does_not_exist_is_not_found() -> None:
    for page in (0, 2):
        with pytest.raises(NotFound):
            highlight.page_png(samples.pdf([LINES]), page, "text")


def test_a_rotated_page_is_marked_where_it_shows_the_text() -> None:
    turned = samples.pdf([LINES]).replace(b"/MediaBox", b"/Rotate 90 /MediaBox")
    box = marked_box(highlight.page_png(turned, 1, samples.SENTENCE, width_px=842))
    assert box is not None
    left, top, right, bottom = box
    assert bottom - top > 3 * (right - left)


def test_an_endless_page_does_not_become_an_endless_image() -> None:
    endless = samples.pdf([LINES]).replace(b"[0 0 595 842]", b"[0 0 2 14000]")
    image = Image.open(io.BytesIO(highlight.page_png(endless, 1, "text", width_px=500)))
    assert image.height <= 2_000


@needs_shared_data
def test_a_paragraph_is_found_across_lines_hyphens_and_columns() -> None:
    paragraphs = [block.text for block in readers.read(MULTICOLUMN, "multicolumn.pdf").blocks if block.page == 1]
    across = next(text for text in paragraphs if text.startswith("Nulla malesuada porttitor diam."))
    box = marked_box(highlight.page_png(MULTICOLUMN, 1, across, width_px=1000))
    assert box is not None
    assert box[0] < 200
    assert box[2] > 800


@needs_shared_data
def test_a_passage_that_spans_pages_is_marked_on_both_of_them() -> None:
    blocks = readers.read(MULTICOLUMN, "multicolumn.pdf").blocks
    end = [block.text for block in blocks if block.page == 1][-1]
    start = [block.text for block in blocks if block.page == 2][1]
    passage = f"Two columns > {end[-300:]} 1 {start}"
    assert highlight.page_image(MULTICOLUMN, 1, passage).matched
    assert highlight.page_image(MULTICOLUMN, 2, passage).matched


def test_only_the_shared_part_is_marked() -> None:
    page = "Heading\r\nOne two three four five\r\nsix seven eight. Nine ten eleven. Other words follow here."
    passage = "zero one two three four five six seven eight nine"
    assert [page[a:b] for a, b in highlight.spans(page, passage)] == [
        "One two three four five\r\nsix seven eight. Nine"
    ]


def test_a_footnote_sign_within_the_passage_does_not_part_the_mark() -> None:
    page = "alpha beta gamma delta [12] epsilon zeta eta theta, and so on."
    (span,) = highlight.spans(page, "alpha beta gamma delta epsilon zeta eta theta")
    assert page[slice(*span)] == "alpha beta gamma delta [12] epsilon zeta eta theta,"


def test_several_threads_may_ask_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(samples.pdf([LINES] * 8))
    with ThreadPoolExecutor(8) as pool:
        images = list(pool.map(lambda page: highlight.page_image(path, page, samples.SENTENCE, 300), range(1, 9)))
    assert all(image.matched for image in images)
