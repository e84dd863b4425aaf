"""The one door to PDFium, which is not thread safe: every use of it holds the lock of `opened`."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

HYPHEN = "\ufffe"
"""What PDFium writes for a hyphen that ends a line; it joins the two lines itself, without a line break."""

_LOCK = RLock()


@contextmanager
def opened(source: Path | bytes) -> Iterator[Any]:
    """A `pypdfium2.PdfDocument`, closed at the end; raises `pypdfium2.PdfiumError` where PDFium cannot open it."""
    # Imported here because it loads a native library, which the web application should not do before sign-in.
    import pypdfium2

    with _LOCK, pypdfium2.PdfDocument(source) as document:
        yield document


def wrong_password(error: Exception) -> bool:
    import pypdfium2.raw as raw

    return getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD or "password" in str(error).lower()


class PageText:
    """The characters of a page and where they stand; lengths are PDF points, the origin is the lower left corner."""

    def __init__(self, page: Any) -> None:
        import pypdfium2.raw as raw

        self._raw = raw
        self._handle = page.get_textpage()
        # Code units, not characters: PDFium counts UTF-16, and a character beyond U+FFFF is two of them.
        count = self._handle.count_chars()
        buffer = (ctypes.c_ushort * (2 * count + 1))()
        self.length = max(0, raw.FPDFText_GetText(self._handle, 0, count, buffer) - 1)
        self._units = bytes(buffer)[: 2 * self.length]

    @property
    def handle(self) -> Any:
        """PDFium's own text page."""
        return self._handle

    def text(self, start: int = 0, end: int | None = None) -> str:
        stop = None if end is None else 2 * end
        return self._units[2 * start : stop].decode("utf-16-le", "replace")

    def index(self, position: int) -> int:
        """PDFium's character index of a text position; the two differ where a character gives no text. -1 if none."""
        return int(self._raw.FPDFText_GetCharIndexFromTextIndex(self._handle, position))

    def box(self, position: int) -> tuple[float, float, float, float] | None:
        """(left, bottom, right, top) of the character, as tall as its font; None for characters PDFium generated."""
        rect = self._raw.FS_RECTF()
        index = self.index(position)
        if index < 0 or not self._raw.FPDFText_GetLooseCharBox(self._handle, index, rect):
            return None
        return (rect.left, rect.bottom, rect.right, rect.top) if rect.top > rect.bottom else None

    def rectangles(self, start: int, end: int) -> Iterator[tuple[float, float, float, float]]:
        """(left, bottom, right, top) of each run of text between two text positions."""
        first, last = self.index(start), self.index(end - 1)
        if first < 0 or last < first:
            return
        for number in range(self._handle.count_rects(first, last - first + 1)):
            yield self._handle.get_rect(number)
