"""The page that a citation points to, as an image with the cited passage marked."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from core.errors import NotFound
from rag import pdfium

_MARKER = (255, 229, 92)
_RUN = 4
"""Words in a row that a passage and a page must share to be the same place."""
_GAP = 4
"""Words between two marked runs that are marked too, such as a footnote sign or a word that was mended otherwise."""
_TALLEST = 4
"""Heights of an image per width: a page a kilometre long would take gigabytes; it becomes a narrow image."""
_MARGIN = 0.0015
"""What a mark exceeds its letters by, as a share of the image's width."""
_WORD = re.compile(r"\S+")

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PageImage:
    """`matched` says whether the passage was found on the page."""

    png: bytes
    matched: bool


def page_png(source: Path | bytes, page: int, text: str, width_px: int = 1000) -> bytes:
    """PNG of a PDF's page (from 1), `width_px` wide, with `text` marked where it stands on the page.

    At most `_TALLEST` times as high as wide: longer pages are narrower. Raises NotFound where there is no such page.
    """
    return page_image(source, page, text, width_px).png


def page_image(source: Path | bytes, page: int, text: str, width_px: int = 1000) -> PageImage:
    """As `page_png`, with what became of the search. Raises NotFound where the document has no such page."""
    with pdfium.opened(source) as document:
        if not 1 <= page <= len(document):
            raise NotFound
        leaf = document[page - 1]
        bitmap = leaf.render(scale=_scale(leaf.get_size(), width_px), rev_byteorder=True)
        image = bitmap.to_pil().convert("RGB")
        boxes = list(_boxes(leaf, bitmap.get_posconv(leaf), text))
    # Compressing takes longer than rendering, and needs no lock.
    return PageImage(_png(_marked(image, boxes)), bool(boxes))


def _scale(size: tuple[float, float], width_px: int) -> float:
    """Pixels per point; half a pixel less, since PDFium rounds up."""
    width, height = size
    return min((width_px - 0.5) / width, (width_px * _TALLEST - 0.5) / height)


def _boxes(page: Any, position: Any, passage: str) -> Iterator[Box]:
    """(left, top, right, bottom) in pixels of every run of letters that belongs to the passage."""
    text = pdfium.PageText(page)
    for start, end in spans(text.text(), passage):
        for left, bottom, right, top in text.rectangles(start, end):
            (x1, y1), (x2, y2) = position.to_bitmap(left, bottom), position.to_bitmap(right, top)
            yield min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def spans(page: str, passage: str) -> list[tuple[int, int]]:
    """Where the passage, or what the page has of it, stands in the page's text, as (start, end).

    Only letters and digits are compared, without case: the passage has its hyphens, line ends and columns mended, may
    begin on the page before, and may have lost a page number in between.
    """
    exact = _exact(page, passage)
    return [exact] if exact else _in_part(page, passage)


def _exact(page: str, passage: str) -> tuple[int, int] | None:
    kept = [(low, n) for n, character in enumerate(page) for low in _letters(character)]
    wanted = _letters(passage)
    start = "".join(low for low, _ in kept).find(wanted) if wanted else -1
    return (kept[start][1], kept[start + len(wanted) - 1][1] + 1) if start >= 0 else None


def _in_part(page: str, passage: str) -> list[tuple[int, int]]:
    """Runs of words that both have in the same order, the longest first of all, as in a comparison of two versions."""
    words = [(letters, match.span()) for match in _WORD.finditer(page) if (letters := _letters(match[0]))]
    wanted = [letters for match in _WORD.finditer(passage) if (letters := _letters(match[0]))]
    matcher = SequenceMatcher(None, [letters for letters, _ in words], wanted, autojunk=False)
    runs = [(block.a, block.a + block.size) for block in matcher.get_matching_blocks() if block.size >= _RUN]
    return [(words[first][1][0], words[last - 1][1][1]) for first, last in _bridged(runs)]


def _letters(text: str) -> str:
    return "".join(low for low in unicodedata.normalize("NFKC", text).casefold() if low.isalnum())


def _bridged(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    bridged: list[tuple[int, int]] = []
    for first, last in runs:
        if bridged and first - bridged[-1][1] <= _GAP:
            first = bridged.pop()[0]
        bridged.append((first, last))
    return bridged


def _marked(image: Any, boxes: list[Box]) -> Any:
    """Multiplied like a marker's ink, so that letters stay as dark as they were."""
    from PIL import Image, ImageChops, ImageDraw

    if not boxes:
        return image
    ink = Image.new("RGB", image.size, "white")
    draw = ImageDraw.Draw(ink)
    margin = image.width * _MARGIN
    for left, top, right, bottom in boxes:
        draw.rectangle((left - margin, top - margin, right + margin, bottom + margin), fill=_MARKER)
    return ImageChops.multiply(image, ink)


def _png(image: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, "PNG", compress_level=1)
    return target.getvalue()
