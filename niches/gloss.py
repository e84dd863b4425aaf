"""Reads a Russian wording for an English embedding: learned from the niches that have a title in both languages.

A niche's Russian words and pieces of words say where its English text lies among the vectors (kernel ridge regression
over the cosine of weighted words, Saunders et al. 1998). A new wording is placed by the niches whose words it shares,
which brings in their neighbours too: those that mean the like in other words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from niches import wording

Vector = NDArray[np.float32]

_TITLE, _SECTOR, _TEXT = 2.0, 1.0, 0.5  # what a word weighs where it stands
_PIECE = 0.5  # of a word, what each of its trigrams weighs: endings and compounds
_RIDGE = 1.0
_FEWEST, _MOST = 30, 2_000  # niches: fewer teach nothing, more would take seconds


class Gloss:
    """Immutable; made in about a second of 450 niches, asked in a millisecond."""

    def __init__(self, texts: Sequence[tuple[str, str, str]], vectors: Vector) -> None:
        """`texts` are (title, sector, text) in Russian; `vectors` (rows, dimension) are unit vectors of the same
        niches in English."""
        counted = [_features((title, _TITLE), (sector, _SECTOR), (text, _TEXT)) for title, sector, text in texts]
        spread = Counter(feature for one in counted for feature in one)
        self._place = {feature: at for at, feature in enumerate(spread)}
        self._rarity = np.log1p(len(texts) / np.fromiter(spread.values(), np.float32, len(spread)))
        self._rows = np.zeros((len(texts), len(spread)), np.float32)
        for row, one in zip(self._rows, counted, strict=True):
            row[:] = self._weighted(one)
        alike = self._rows @ self._rows.T
        self._learned = np.linalg.solve(alike + _RIDGE * np.eye(len(texts), dtype=np.float32), vectors)

    def vector(self, wording_: str) -> list[float] | None:
        """The unit vector where a wording belongs; None where no niche has any of it."""
        # Not a matrix product with all columns: a wording has a few dozen features.
        weights = self._weighted(_features((wording_, 1.0)))
        there = np.flatnonzero(weights)
        if not len(there):
            return None
        alike = self._rows[:, there] @ weights[there]
        found = alike @ self._learned
        size = float(np.linalg.norm(found))
        return [float(one) for one in found / size] if size > 0 else None

    def _weighted(self, counted: Mapping[str, float]) -> Vector:
        weights = np.zeros(len(self._place), np.float32)
        for feature, count in counted.items():
            if (at := self._place.get(feature)) is not None:
                weights[at] = np.log1p(count) * self._rarity[at]
        size = float(np.linalg.norm(weights))
        return weights / size if size > 0 else weights


def learned(texts: Sequence[tuple[str, str, str]], vectors: Vector) -> Gloss | None:
    """A gloss of the first niches there are, None of too few."""
    return Gloss(texts[:_MOST], vectors[:_MOST]) if len(texts) >= _FEWEST else None


def _features(*parts: tuple[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text, weight in parts:
        for stem in wording.telling_stems(text):
            found[stem] = found.get(stem, 0.0) + weight
            for piece in wording.trigrams(stem):
                found[f"#{piece}"] = found.get(f"#{piece}", 0.0) + _PIECE * weight
    return found
