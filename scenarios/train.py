"""Trains the router's classifier from `scenarios/examples`: `python -m scenarios.train` writes `scenarios/router.npz`.

An example file is `SCENARIO.LANGUAGE.txt` with one message a line. scikit-learn is needed here only.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scenarios.classifier import BUCKETS, Classifier, features, unit

EXAMPLES = Path(__file__).with_name("examples")
MODEL = Path(__file__).with_name("router.npz")
_STRENGTH = 20.0  # inverse of the regularisation


def examples(folder: Path = EXAMPLES) -> list[tuple[str, str]]:
    """(scenario, message) of every example, in a fixed order."""
    return [
        (path.name.split(".")[0].upper(), line)
        for path in sorted(folder.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


def fit(labelled: Sequence[tuple[str, str]]) -> Classifier:
    """A classifier of `labelled`; the same examples always give the same one."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    rows = [features(text) for _, text in labelled]
    columns = np.concatenate(rows)
    seen = np.bincount(columns, minlength=BUCKETS)
    rarity = (np.log((1 + len(rows)) / (1 + seen)) + 1).astype(np.float32)
    values = np.concatenate([unit(rarity[row]) for row in rows])
    matrix = csr_matrix((values, columns, np.cumsum([0, *map(len, rows)])), shape=(len(rows), BUCKETS))
    model = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=1000).fit(
        matrix, [label for label, _ in labelled]
    )
    labels = tuple(str(label) for label in model.classes_)
    return Classifier(labels, model.coef_.astype(np.float32), model.intercept_.astype(np.float32), rarity)


def main() -> None:
    labelled = examples()
    fit(labelled).save(MODEL)
    sys.stdout.write(f"{len(labelled)} examples -> {MODEL} ({MODEL.stat().st_size // 1024} kB)\n")


if __name__ == "__main__":
    main()
