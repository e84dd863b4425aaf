"""Trains the router's classifier from `scenarios/examples`: `python -m scenarios.train` writes `scenarios/router.npz`.

An example file is `SCENARIO.LANGUAGE.txt` with one message a line. scikit-learn is needed here only.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rag import classifier
from rag.classifier import Classifier, features

EXAMPLES = Path(__file__).with_name("examples")
MODEL = Path(__file__).with_name("router.npz")


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
    return classifier.fit([features(text) for _, text in labelled], [label for label, _ in labelled])


def main() -> None:
    labelled = examples()
    fit(labelled).save(MODEL)
    sys.stdout.write(f"{len(labelled)} examples -> {MODEL} ({MODEL.stat().st_size // 1024} kB)\n")


if __name__ == "__main__":
    main()
