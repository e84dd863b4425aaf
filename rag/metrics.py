"""How good rankings are: recall, reciprocal rank and discounted gain with intervals, and whether two runs differ."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.entities.evaluation import Interval, Measures, Outcome

DEPTH = 10  # ranks below it count as not found
_SEED = 20_240
_RESAMPLES = 1_000
_FLIPS = 5_000
_PIECE = 250  # flips at once: a thousand questions take 2 MB

Floats = NDArray[np.float64]


def measures(outcomes: Sequence[Outcome]) -> Measures:
    """Of at least one outcome. One passage is expected per question, so the ideal gain is 1 and nDCG is
    1 / log2(1 + rank). Means have 95 % intervals by bootstrap over the questions (Efron 1979), seeded."""
    ranks = [one.rank for one in outcomes]
    took = [one.took_ms for one in outcomes]
    return Measures(
        questions=len(outcomes),
        recall_1=interval(_within(ranks, 1)),
        recall_5=interval(_within(ranks, 5)),
        recall_10=interval(_within(ranks, DEPTH)),
        mrr_10=interval(reciprocal(ranks)),
        ndcg_10=interval(np.array([1 / math.log2(1 + rank) if rank else 0.0 for rank in ranks])),
        answered=sum(one.answerable for one in outcomes) / len(outcomes),
        p50_ms=float(np.percentile(took, 50)),
        p95_ms=float(np.percentile(took, 95)),
    )


def by_language(outcomes: Sequence[Outcome]) -> dict[str, Measures]:
    """ "" is all of them; each language stands for itself where there is more than one."""
    if not outcomes:
        return {}
    languages = sorted({one.language for one in outcomes})
    parts = {language: [one for one in outcomes if one.language == language] for language in languages}
    return {"": measures(outcomes)} | ({name: measures(part) for name, part in parts.items()} if len(parts) > 1 else {})


def reciprocal(ranks: Sequence[int | None]) -> Floats:
    """1 / rank, 0 where nothing was found."""
    return np.array([1 / rank if rank else 0.0 for rank in ranks])


def _within(ranks: Sequence[int | None], k: int) -> Floats:
    return np.array([1.0 if rank and rank <= k else 0.0 for rank in ranks])


def interval(values: Floats) -> Interval:
    """Mean and percentile bootstrap interval of at least one value."""
    random = np.random.default_rng(_SEED)
    means = np.array([values[random.integers(0, len(values), len(values))].mean() for _ in range(_RESAMPLES)])
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def p_value(before: Sequence[float] | Floats, after: Sequence[float] | Floats) -> float:
    """Of the paired randomisation test (Fisher; Smucker, Allan, Carterette 2007), two-sided and seeded: how often signs
    drawn at random make the mean difference at least as large."""
    differences = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    random = np.random.default_rng(_SEED)
    observed, beyond = abs(moved.sum()) - 1e-9, 0
    for _ in range(_FLIPS // _PIECE):
        signs = random.integers(0, 2, (_PIECE, len(moved)), dtype=np.int8) * 2 - 1
        beyond += int((np.abs(signs @ moved) >= observed).sum())
    return (beyond + 1) / (_FLIPS + 1)
