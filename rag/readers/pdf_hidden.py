"""Text of a PDF page that people do not see: white on white, invisible, tiny, or outside the page.

Letters are judged by how the page looks: light letters on a dark ground are seen, and so is the text layer of a scan,
which is invisible but lies over the letters of the picture.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.entities.reading import Finding, FindingKind
from rag.pdfium import PageText
from rag.readers import hidden
from rag.readers.pdf_layout import Line

_LIGHT = 235  # of 255, each of red, green and blue
_CLEAR = 30  # of 255, opacity
_FLAT = 24  # of 255: ink that differs less from the paper is not seen
_TINY = 2.0  # points
_INVISIBLE = (3, 7)  # text render modes: neither fill nor stroke; clip only
_PLACES = (FindingKind.OFF_PAGE, FindingKind.TINY)
_DEEPEST = 4  # forms within forms
_PIXELS_PER_POINT = 1.5

Box = tuple[float, float, float, float]  # left, bottom, right, top, in points


@dataclass(frozen=True, slots=True)
class _Unseen:
    text: str
    box: Box


def take_out(page: Any, text: PageText, lines: Sequence[Line], number: int) -> tuple[list[Line], list[Finding]]:
    """The lines of page `number` that are seen, and what is not; a word or two are left where they are."""
    faint = list(_faint(page, text))
    unseen = _not_seen(page, faint) if faint else []
    media = page.get_mediabox()
    placed = [_by_place(line, media) for line in lines]
    texts = {kind: [line.text for line, at in zip(lines, placed, strict=True) if at is kind] for kind in _PLACES}
    texts[FindingKind.WHITE] = [one.text for one in unseen]
    found = [Finding(kind, " ".join(words), number) for kind, words in texts.items()]
    found = [one for one in found if hidden.says_something(one.text)]
    kinds = {one.kind for one in found}
    kept = [line for line, at in zip(lines, placed, strict=True) if at not in kinds]
    if FindingKind.WHITE in kinds:
        kept = [shorter for line in kept if (shorter := _without(line, unseen)).text]
    return kept, found


def _by_place(line: Line, media: Box) -> FindingKind | None:
    if not line.height:
        return None
    left, bottom, right, top = media
    if line.right < left or line.left > right or line.bottom > top or line.bottom + line.height < bottom:
        return FindingKind.OFF_PAGE
    return FindingKind.TINY if line.height < _TINY else None


def _without(line: Line, unseen: Sequence[_Unseen]) -> Line:
    middle = line.bottom + line.height / 2
    for one in unseen:
        _, bottom, _, top = one.box
        if bottom - 1 <= middle <= top + 1 and one.text in line.text:
            line = replace(line, text=" ".join(line.text.replace(one.text, " ", 1).split()))
    return line


# --- faint letters --------------------------------------------------------------------------------------------------


def _faint(page: Any, text: PageText) -> Iterator[_Unseen]:
    """Pieces of text whose colour or mode is that of text nobody sees, wherever they stand."""
    import pypdfium2.raw as raw

    color = tuple(ctypes.c_uint() for _ in range(4))
    for piece in _text_objects(page.raw, raw):
        mode = raw.FPDFTextObj_GetTextRenderMode(piece)
        known = raw.FPDFPageObj_GetFillColor(piece, *color)
        *rgb, opacity = (one.value for one in color)
        light = known and (min(rgb) >= _LIGHT or opacity <= _CLEAR)
        if (mode in _INVISIBLE or light) and (words := _words(piece, text.handle, raw)):
            yield _Unseen(words, _bounds(piece, raw))


def _text_objects(page: Any, raw: Any) -> Iterator[Any]:
    for index in range(raw.FPDFPage_CountObjects(page)):
        yield from _within(raw.FPDFPage_GetObject(page, index), raw, 0)


def _within(item: Any, raw: Any, depth: int) -> Iterator[Any]:
    kind = raw.FPDFPageObj_GetType(item)
    if kind == raw.FPDF_PAGEOBJ_TEXT:
        yield item
    elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
        for index in range(raw.FPDFFormObj_CountObjects(item)):
            yield from _within(raw.FPDFFormObj_GetObject(item, index), raw, depth + 1)


def _words(piece: Any, text: Any, raw: Any) -> str:
    size = raw.FPDFTextObj_GetText(piece, text, None, 0)  # bytes, with the zero at the end
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    raw.FPDFTextObj_GetText(piece, text, buffer, size)
    return " ".join(bytes(buffer)[: max(0, size - 2)].decode("utf-16-le", "replace").split())


def _bounds(piece: Any, raw: Any) -> Box:
    sides = tuple(ctypes.c_float() for _ in range(4))
    raw.FPDFPageObj_GetBounds(piece, *sides)
    left, bottom, right, top = (side.value for side in sides)
    return left, bottom, right, top


def _not_seen(page: Any, faint: Sequence[_Unseen]) -> list[_Unseen]:
    """Those where the drawn page is of one colour; what stands in a form is looked for at its place in the form."""
    bitmap = page.render(scale=_PIXELS_PER_POINT)
    image = bitmap.to_pil().convert("L")
    position = bitmap.get_posconv(page)
    return [one for one in faint if _is_flat(image, position, one.box)]


def _is_flat(image: Any, position: Any, box: Box) -> bool:
    left, bottom, right, top = box
    (x1, y1), (x2, y2) = position.to_bitmap(left, bottom), position.to_bitmap(right, top)
    area = (min(x1, x2), min(y1, y2), max(x1, x2) + 1, max(y1, y2) + 1)
    inside = (max(0, area[0]), max(0, area[1]), min(image.width, area[2]), min(image.height, area[3]))
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        return False  # off the page: that is another finding
    darkest, lightest = image.crop(inside).getextrema()
    return bool(lightest - darkest < _FLAT)
