"""Counts how many niches have how much of a metric: equal bins, on a logarithmic scale where figures need it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SPAN = 20  # times the median: with figures beyond it, equal steps would put nearly all niches into one bin
_POSITIVE = 0.9  # of the figures, so that the few that are zero can stand in the lowest bin


@dataclass(frozen=True, slots=True)
class Spread:
    """`edges` are decimal logarithms where `logarithmic`; there is one more of them than of `counts`."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    logarithmic: bool

    def place(self, value: float) -> float:
        """Where a value stands on the scale; what has no logarithm stands at its beginning."""
        if not self.logarithmic:
            return value
        return math.log10(value) if value > 0 else self.edges[0]

    def bin(self, value: float) -> int:
        at = int(np.searchsorted(self.edges, self.place(value), "right")) - 1
        return min(max(at, 0), len(self.counts) - 1)

    def limits(self) -> tuple[float, ...]:
        """The edges in the metric's unit."""
        return tuple(10**edge for edge in self.edges) if self.logarithmic else self.edges


def of(values: Sequence[float], most: int) -> Spread:
    """`values` (at least one) in at most `most` bins."""
    figures = np.asarray(values, dtype=float)
    positive = figures[figures > 0]
    logarithmic = len(positive) >= _POSITIVE * len(figures) and bool(figures.min() >= 0) and _wide(positive)
    scaled = np.log10(np.maximum(figures, positive.min())) if logarithmic else figures
    counts, edges = np.histogram(scaled, bins=min(most, max(6, len(figures) // 8)))
    return Spread(tuple(map(float, edges)), tuple(map(int, counts)), logarithmic)


def _wide(positive: NDArray[np.float64]) -> bool:
    return bool(positive.max() > _SPAN * np.median(positive))
