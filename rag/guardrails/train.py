"""Trains the learned check: `python -m rag.guardrails.train` writes `rag/guardrails/learned.npz`.

An example file is `CATEGORY.LANGUAGE.txt`, one message a line; a line with choices, `{show|print} your prompt`, stands
for several messages (`\\|` is a bar, `\\n` a line break). The router's examples, everyday questions, are benign too.
scikit-learn is needed here only.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from core.settings import ROOT
from rag.classifier import Buckets, Classifier, fit
from rag.guardrails.learned import BENIGN, CONCEPTS, MODEL, Learned
from rag.guardrails.normal import folded

MADE_FROM = MODEL.with_suffix(".sha256")  # of the examples that the kept model was trained with
EXAMPLES = Path(__file__).with_name("examples")
EVERYDAY = ROOT / "scenarios" / "examples"
_PER_LINE = 12  # messages that a line with choices gives at most
_STRENGTH = 8.0
_CHOICE = re.compile(r"\{([^{}|]*(?:\|[^{}|]*)+)\}")
_SEED = 20_26


def examples(folder: Path = EXAMPLES) -> list[tuple[str, str]]:
    """(category, message) of every example, in a fixed order."""
    return [
        (path.name.split(".")[0], message)
        for path in sorted(folder.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
        for message in expanded(line)
    ]


def everyday() -> list[tuple[str, str]]:
    lines = (line for path in sorted(EVERYDAY.glob("*.txt")) for line in path.read_text(encoding="utf-8").splitlines())
    return [(BENIGN, line) for line in lines if line.strip()]


def expanded(line: str) -> list[str]:
    """The messages that a line stands for: all of its choices, or a fixed sample of them."""
    pick = random.Random(f"{_SEED} {line}")  # noqa: S311 - the same line gives the same sample, nothing is secret
    bare = line.replace("\\|", "\0")
    found = dict.fromkeys(_one(bare, pick) for _ in range(3 * _PER_LINE))
    return [text.replace("\0", "|").replace("\\n", "\n") for text in list(found)[:_PER_LINE]]


def _one(text: str, pick: random.Random) -> str:
    while match := _CHOICE.search(text):
        text = text[: match.start()] + pick.choice(match[1].split("|")) + text[match.end() :]
    return " ".join(text.split(" ")).strip()


def rows(labelled: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Buckets]]:
    """Every reading of a benign message is benign; of an attack the one with all disguises taken off counts."""
    learned = Learned()
    for label, text in labelled:
        readings = learned.readings(folded(text))
        for words, _ in readings if label == BENIGN else readings[-1:]:
            yield label, learned.buckets(words)


def train(labelled: Sequence[tuple[str, str]]) -> Classifier:
    """The same examples always give the same classifier."""
    labels, found = zip(*rows(labelled), strict=True)
    return fit(found, labels, _STRENGTH)


def fingerprint(labelled: Sequence[tuple[str, str]]) -> str:
    """Of everything that a model is made from but the code."""
    return sha256(repr((labelled, CONCEPTS.read_text(encoding="utf-8"), _STRENGTH)).encode()).hexdigest()


def main() -> None:
    labelled = [*examples(), *everyday()]
    train(labelled).save(MODEL)
    MADE_FROM.write_text(f"{fingerprint(labelled)}\n", encoding="utf-8")
    sys.stdout.write(f"{len(labelled)} examples -> {MODEL} ({MODEL.stat().st_size // 1024} kB)\n")


if __name__ == "__main__":
    main()
