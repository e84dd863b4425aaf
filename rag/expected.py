"""Whether a passage or an answer is what a golden question expects."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from core.entities.evaluation import NewGolden
from core.entities.retrieval import Passage
from rag.duplicates import Shingle, shingles

_COVERED = 0.5  # share of the shorter text's word sequences that the other has too


class Expected:
    """What one question expects: a passage of the document (by title or file name, as far as one is named) that shares
    at least half of the word sequences of the expected text (as far as one is given). Chunks are cut differently in
    every version, so texts are compared, not ids."""

    def __init__(self, golden: NewGolden) -> None:
        self._document = folded(golden.document)
        self._words = words(golden.passage)
        self._shingles = shingles(golden.passage) if golden.passage else frozenset()

    def is_met(self, passage: Passage, filename: str = "") -> bool:
        """`filename` is that of the passage's document, where it is known."""
        if not (self._document or self._words):
            return False
        named = not self._document or self._document in (folded(passage.title), folded(filename))
        return named and (not self._words or self._is_text(passage.text))

    def _is_text(self, text: str) -> bool:
        if contains(text, self._words):
            return True
        other = shingles(text)
        return _overlap(self._shingles, other) >= _COVERED


def _overlap(one: frozenset[Shingle], other: frozenset[Shingle]) -> float:
    return len(one & other) / min(len(one), len(other))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", folded(text))


def contains(text: str, wanted: Sequence[str]) -> bool:
    """Whether `text` has the words `wanted` one after the other; case, accents' form and signs aside."""
    return bool(wanted) and f" {' '.join(wanted)} " in f" {' '.join(words(text))} "


def folded(text: str) -> str:
    """As texts are compared: case, spaces and forms of letters aside."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
