"""How much of an embedding's window a piece of text takes: tokens where it speaks the language, else words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_SEGMENT_CHARS = 4000  # the tokenizer gets long texts in such parts, so that memory stays bounded
_SEGMENTS = 256
_GIANT_CHARS = 1000  # a longer word is cut; every piece then fills a chunk of its own
_GIANT_SIZE = 1_000_000
_CHARS_PER_TOKEN = 25  # a word of more than 100 letters is one unknown token; its size stays in proportion
_CHARS_PER_WORD = 16
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(f"[{_IDEOGRAPHS}]|[^\\s{_IDEOGRAPHS}]+")

Ints = NDArray[np.int64]


class Ruler:
    """The units of one text: where each starts (in characters) and the sum of the sizes before it."""

    def __init__(self, starts: Iterable[int], sizes: Iterable[int]) -> None:
        self.starts: Ints = np.fromiter(starts, dtype=np.int64)
        self._before: Ints = np.concatenate(([0], np.cumsum(np.fromiter(sizes, dtype=np.int64))))

    def sizes(self, spans: Sequence[tuple[int, int]]) -> list[int]:
        """The size of each (start, end); a unit belongs to the span it starts in."""
        if not spans:
            return []
        bounds = np.searchsorted(self.starts, np.array(spans, dtype=np.int64))
        sizes: list[int] = (self._before[bounds[:, 1]] - self._before[bounds[:, 0]]).tolist()
        return sizes

    def cut(self, text: str, start: int, end: int, limit: int) -> list[tuple[int, int]]:
        """`start..end` in pieces of at most `limit`, between words if it can be, else between units."""
        first, last = (int(i) for i in np.searchsorted(self.starts, (start, end)))
        cuts = [start]
        while first < last:
            first = self._next_cut(text, first, last, limit)
            cuts.append(int(self.starts[first]) if first < last else end)
        return list(pairwise(cuts)) or [(start, end)]

    def _next_cut(self, text: str, first: int, last: int, limit: int) -> int:
        full = int(np.searchsorted(self._before, self._before[first] + limit, side="right")) - 1
        full = min(max(full, first + 1), last)
        if full == last:
            return last
        for unit in range(full, first + (full - first) // 2, -1):
            if text[self.starts[unit] - 1].isspace():
                return unit
        return full


def words(text: str) -> Ruler:
    """Units between spaces; a Chinese, Japanese or Korean character counts as one."""
    return _ruler((match.span() for match in _WORD.finditer(text)), _CHARS_PER_WORD)


def tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Ruler]:
    """The tokens of each text, every text read once."""
    segments = [(i, start, end) for i, text in enumerate(texts) for start, end in _segments(text)]
    found: list[list[tuple[int, int]]] = [[] for _ in texts]
    for at in range(0, len(segments), _SEGMENTS):
        part = segments[at : at + _SEGMENTS]
        encoded = tokenizer.encode_batch(
            [_clean(texts[i][start:end]) for i, start, end in part], add_special_tokens=False
        )
        for (i, start, _), encoding in zip(part, encoded, strict=True):
            found[i].extend((start + a, start + b) for a, b in encoding.offsets)
    return [_ruler(spans, _CHARS_PER_TOKEN) for spans in found]


def _clean(text: str) -> str:
    """`text`, as long as before, without halves of surrogate pairs."""
    return text if text.isascii() else re.sub("[\ud800-\udfff]", "?", text)


def _segments(text: str) -> list[tuple[int, int]]:
    """Parts of at most `_SEGMENT_CHARS`, cut at spaces where there are some."""
    cuts = [0]
    while len(text) - cuts[-1] > _SEGMENT_CHARS:
        start, end = cuts[-1], cuts[-1] + _SEGMENT_CHARS
        space = max(text.rfind(" ", start + 1, end), text.rfind("\n", start + 1, end))
        cuts.append(space if space > 0 else end)
    cuts.append(len(text))
    return list(pairwise(cuts))


def _ruler(spans: Iterable[tuple[int, int]], chars_per_size: int) -> Ruler:
    starts: list[int] = []
    sizes: list[int] = []
    for start, end in spans:
        length = end - start
        if length <= _GIANT_CHARS:
            starts.append(start)
            sizes.append(1 + length // chars_per_size if length > 2 * chars_per_size else 1)
            continue
        parts = range(start, end - _GIANT_CHARS + 1, _GIANT_CHARS)  # the last one takes the rest with it
        starts.extend(parts)
        sizes.extend([_GIANT_SIZE] * len(parts))
    return Ruler(starts, sizes)
