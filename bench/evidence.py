"""Fits the coefficients of `rag.evidence` and its thresholds: `python -m bench.evidence` prints what to write there.

XQuAD with every second paragraph taken out (once the even, once the odd ones); a question is answerable when its
paragraph is there. Fitted on the articles with even numbers, checked on those with odd ones; nothing is tuned to single
questions. The English fit serves every language that the embedding speaks, the Russian one (no vectors) the others.
"""

from __future__ import annotations

from dataclasses import astuple, fields
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench import xquad
from bench.house import House, house
from bench.quality import FALSE_REFUSALS, load
from rag import evidence

Rows = NDArray[np.float64]


def main() -> None:
    with house() as built:
        for language in xquad.LANGUAGES:
            rows, there, article = measure(built, language)
            fit(language, rows, there, article % 2 == 0)


def measure(built: House, language: str) -> tuple[Rows, NDArray[np.bool_], NDArray[np.int_]]:
    """The features of every question in both halves, whether its paragraph is there, and its article."""
    rows: list[tuple[float, ...]] = []
    labels: list[tuple[bool, int]] = []
    for kept in (0, 1):
        collection, _ = load(built, language, slice(kept, None, 2), f"half-{kept}")
        version = built.services.collections.get(built.admin, collection).version
        rarity = partial(built.services.lexical.rarity, version.vector_name)
        for question in xquad.load(language).questions:
            passages = built.services.search.search(built.admin, collection, question.text, 10).passages
            bm25 = dict(built.services.lexical.search(version.vector_name, question.text, language, 200))
            rows.append(astuple(evidence.features(question.text, passages, bm25, rarity)))
            labels.append((question.paragraph % 2 == kept, question.article))
    return np.array(rows), np.array([there for there, _ in labels]), np.array([article for _, article in labels])


def fit(language: str, rows: Rows, there: NDArray[np.bool_], fitting: NDArray[np.bool_]) -> None:
    model = LogisticRegression(C=10).fit(rows[fitting], there[fitting])
    weights = dict(zip((field.name for field in fields(evidence.Features)), model.coef_[0], strict=True))
    score = model.predict_proba(rows)[:, 1]
    threshold = float(np.quantile(score[fitting & there], FALSE_REFUSALS))
    print(f"{language}: intercept {model.intercept_[0]:.2f}, { ({name: round(w, 2) for name, w in weights.items()}) }")
    print(f"    threshold {threshold:.3f}")
    for name, part in (("fitted on", fitting), ("checked on", ~fitting)):
        false = (score[part & there] < threshold).mean()
        refused = (score[part & ~there] < threshold).mean()
        print(f"    {name}: {false:.3f} false refusals, {refused:.3f} refused of the questions whose paragraph is gone")


if __name__ == "__main__":
    main()
