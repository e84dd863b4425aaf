"""Text of a presentation that its audience does not see: in shapes that are hidden, stand beside the slide, or whose
letters are too small to be read. White letters are no sign: what lies behind them may be a picture or the theme."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.entities.reading import Finding, FindingKind
from rag.readers import hidden

_SMALLEST = 2  # points


def taken_out(slide: Any, size: tuple[Any, Any], page: int) -> Iterator[Finding]:
    """Removes from the slide what is not seen and says something; a word or two stay. `size` is the
    slide's width and height."""
    for shape in list(slide.shapes):
        if (kind := _hides(shape, *size)) and hidden.says_something(words := _words(shape)):
            yield Finding(kind, words, page)
            shape.element.getparent().remove(shape.element)


def _hides(shape: Any, width: int, height: int) -> FindingKind | None:
    if any(one.get("hidden") in ("1", "true") for one in shape.element.xpath("./*/p:cNvPr")):
        return FindingKind.HIDDEN
    element = shape.element  # its own place: one of the layout's is in sight, and takes 5 ms a slide to look up
    left, top, wide, high = element.x, element.y, element.cx, element.cy
    if None not in (left, top, wide, high):
        beside = left >= width or left + wide <= 0
        if beside or top >= height or top + high <= 0:
            return FindingKind.OFF_PAGE
    sizes = [int(size) for size in shape.element.xpath(".//a:r/a:rPr/@sz") if size.isdecimal()]  # hundredths
    runs = len(shape.element.xpath(".//a:r"))
    return FindingKind.TINY if runs and len(sizes) == runs and max(sizes) <= _SMALLEST * 100 else None


def _words(shape: Any) -> str:
    return " ".join(" ".join(shape.element.xpath(".//a:t/text()")).split())
