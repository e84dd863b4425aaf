"""Which niches are like another one: by the profile of their figures, and by sector."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_SECTOR = 0.15  # what a common sector adds to the likeness of figures
_FEWEST = 3  # figures in common below which nothing is said


class Profiles:
    """Every niche of a dataset as the ranks of its figures, from 0 to 1 in each metric; NaN where it has none."""

    def __init__(self, figures: Iterable[tuple[int, int, float]]) -> None:
        """`figures` are (niche, metric, value)."""
        rows = list(figures)
        self._niches = sorted({niche for niche, _, _ in rows})
        self._place = {niche: at for at, niche in enumerate(self._niches)}
        metrics = {metric: at for at, metric in enumerate(sorted({metric for _, metric, _ in rows}))}
        values = np.full((len(self._niches), len(metrics)), np.nan)
        for niche, metric, value in rows:
            values[self._place[niche], metrics[metric]] = value
        self._ranks = _ranks(values)

    def like(self, niche: int, sectors: dict[int, int | None], k: int) -> list[tuple[int, float]]:
        """At most `k` other niches with their likeness in [0, 1], most alike first; `sectors` by niche."""
        if niche not in self._place:
            return []
        at = self._place[niche]
        apart = self._ranks - self._ranks[at]
        common = (~np.isnan(apart)).sum(axis=1)
        distance = np.sqrt(np.nansum(apart**2, axis=1) / np.maximum(common, 1))
        same = np.array(
            [sectors.get(one) is not None and sectors.get(one) == sectors.get(niche) for one in self._niches]
        )
        likeness = np.clip((1 - distance) * (1 - _SECTOR) + _SECTOR * same, 0, 1)
        likeness[common < min(_FEWEST, self._ranks.shape[1])] = -1
        likeness[at] = -1
        order = np.argsort(-likeness, kind="stable")[:k]
        return [(self._niches[one], round(float(likeness[one]), 3)) for one in order if likeness[one] >= 0]


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    ranks = np.full_like(values, np.nan)
    for column in range(values.shape[1]):
        there = ~np.isnan(values[:, column])
        order = values[there, column].argsort(kind="stable").argsort(kind="stable")
        ranks[there, column] = order / max(1, there.sum() - 1)
    return ranks
