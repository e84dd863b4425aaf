"""Fits the formulas of `rag.evidence`: `python -m bench.evidence` prints what to write there.

XQuAD with every second paragraph taken out (once the even, once the odd ones); a question is answerable when its
paragraph is there. The formula is fitted on one half of the articles and checked on the other, both ways round; what
is written down is the fit on both. The English fit serves every language that the embedding speaks, the Russian one
(no vectors) the others.
"""

from __future__ import annotations

from dataclasses import astuple
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench import xquad
from bench.house import House, house
from bench.quality import FALSE_REFUSALS, load
from rag import evidence

_WEAK = 10.0  # regularisation: next to none, there are 2,380 rows for six numbers
Rows = NDArray[np.float64]


def main() -> None:
    with house() as built:
        for language in xquad.LANGUAGES:
            rows, there, article = measure(built, language)
            fit(language, rows, there, article)


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


def fit(language: str, rows: Rows, there: NDArray[np.bool_], article: NDArray[np.int_]) -> None:
    for fitted, checked in ((0, 1), (1, 0)):
        part, other = article % 2 == fitted, article % 2 == checked
        model = LogisticRegression(C=_WEAK).fit(rows[part], there[part])
        score = model.predict_proba(rows[other])[:, 1]
        refused = (score[~there[other]] < _threshold(score, there[other])).mean()
        print(f"{language}: fitted on half {fitted}, {refused:.3f} refused on half {checked}")
    model = LogisticRegression(C=_WEAK).fit(rows, there)
    threshold = _threshold(model.predict_proba(rows)[:, 1], there)
    intercept = model.intercept_[0] - np.log(threshold / (1 - threshold))  # so that the threshold becomes .5
    print(f"{language}: {[round(float(value), 2) for value in (intercept, *model.coef_[0])]}")


def _threshold(score: NDArray[np.float64], there: NDArray[np.bool_]) -> float:
    return float(np.quantile(score[there], FALSE_REFUSALS))


if __name__ == "__main__":
    main()
