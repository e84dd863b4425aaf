"""Which passages say the same: near-duplicates by the resemblance of their word sequences."""

from __future__ import annotations

import re
from collections import Counter

from core.entities.retrieval import Passage

_SAME = 0.9  # resemblance from which two passages are near-duplicates
_WORDS = 4  # per shingle

Shingle = tuple[str, ...]


def shingles(text: str) -> frozenset[Shingle]:
    """Every run of four words, case and signs aside; a shorter text is one run."""
    words = re.findall(r"\w+", text.casefold())
    return frozenset(zip(*(words[start:] for start in range(_WORDS)), strict=False)) or frozenset({tuple(words)})


def numbers(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\d+(?:[.,]\d+)*", text))


class Distinct:
    """Takes passages, best first, and tells which one each repeats.

    Resemblance is the share of shingles in common (Broder 1997). Texts that differ in a number are never the same:
    "12 % in 2023" and "12 % in 2024" are two facts, however alike they look.
    """

    def __init__(self) -> None:
        self._taken: list[tuple[Passage, int, frozenset[str]]] = []
        self._holders: dict[Shingle, list[int]] = {}

    def repeats(self, passage: Passage) -> Passage | None:
        """The passage taken before that `passage` repeats; None when it was new, and is taken now."""
        mine, figures = shingles(passage.text), numbers(passage.text)
        shared = Counter(place for one in mine for place in self._holders.get(one, ()))
        for place, common in shared.most_common(1):
            taken, size, others = self._taken[place]
            if common >= _SAME * (size + len(mine) - common) and others == figures:
                return taken
        for one in mine:
            self._holders.setdefault(one, []).append(len(self._taken))
        self._taken.append((passage, len(mine), figures))
        return None
