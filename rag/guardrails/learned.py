"""The learned check: how likely a message is an attack by its words, what they are about, and how they meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from rag.classifier import Buckets, Classifier, buckets, grams
from rag.guardrails.normal import Folded, folded
from rag.guardrails.phrases import View, Vocabulary

MODEL = Path(__file__).with_name("learned.npz")
CONCEPTS = Path(__file__).with_name("concepts.txt")
BENIGN = "benign"
_LONGEST_WORD = 24  # letters that are looked at
_NEAR = 4  # words within which two concepts count as said together
_WINDOW, _STEP = 48, 32  # words: a longer message is looked at in parts that overlap


class Likeness(NamedTuple):
    """`score` is the probability of an attack, `category` the kind it would be, `matched` the words it was seen in,
    `undone` the disguises that were taken off them."""

    score: float
    category: str = ""
    matched: str = ""
    undone: tuple[str, ...] = ()


class Concepts:
    """Which concepts a word belongs to."""

    def __init__(self, text: str) -> None:
        self._words: dict[str, list[str]] = {}
        self._stems: dict[str, list[str]] = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, _, members = line.partition(":")
                for member in members.replace("ё", "е").split():
                    known = self._stems if member.endswith("*") else self._words
                    known.setdefault(member.removesuffix("*"), []).append(name)
        self.vocabulary = Vocabulary(frozenset(self._words), frozenset(self._stems))

    def of(self, word: str) -> tuple[str, ...]:
        found = list(self._words.get(word, ()))
        for length in range(2, len(word) + 1):
            found += self._stems.get(word[:length], ())
        return tuple(dict.fromkeys(found))

    def reading(self, view: View) -> list[str]:
        """The words of `view`, each in the form that belongs to a concept, if one does."""
        words = ([form[:_LONGEST_WORD] for form in forms] for forms in view.words)
        return [next((form for form in forms if self.of(form)), forms[0]) for forms in words]


class Learned:
    """Safe to share between threads; the model is read at the first check."""

    def __init__(self, model: Classifier | None = None) -> None:
        self._given = model

    @cached_property
    def _model(self) -> Classifier:
        return self._given or Classifier.load(MODEL)

    @cached_property
    def concepts(self) -> Concepts:
        return Concepts(CONCEPTS.read_text(encoding="utf-8"))

    def likeness(self, text: str) -> Likeness:
        """Of the part of `text`, in any of its readings, that looks most like an attack."""
        return self.likeness_of(folded(text))

    def likeness_of(self, folded: Sequence[Folded]) -> Likeness:
        """The same of a text whose readings are known."""
        judged = (self._judge(part, undone) for words, undone in self.readings(folded) for part in _windows(words))
        return max(judged, default=Likeness(0.0))

    def readings(self, folded: Sequence[Folded]) -> list[tuple[list[str], tuple[str, ...]]]:
        """The words of every reading, and the disguises that were taken off them."""
        views = self.concepts.vocabulary.views(folded)
        found = {tuple(words): view.undone for view in reversed(views) if (words := self.concepts.reading(view))}
        return [(list(words), undone) for words, undone in reversed(found.items())]

    def buckets(self, words: Sequence[str]) -> Buckets:
        return buckets([*grams(words), *self._meetings(words)])

    def _judge(self, words: Sequence[str], undone: tuple[str, ...]) -> Likeness:
        scores = self._model.scored(self.buckets(words))
        score = 1 - scores.pop(BENIGN)
        return Likeness(score, max(scores, key=lambda name: scores[name]), " ".join(words), undone)

    def _meetings(self, words: Sequence[str]) -> Iterator[str]:
        """Concepts, which of them stand near each other and in which order, and which occur together at all."""
        about = [self.concepts.of(word) for word in words]
        present = sorted({concept for found in about for concept in found})
        yield from (f"k {concept}" for concept in present)
        yield from (f"a {one} {other}" for at, one in enumerate(present) for other in present[at + 1 :])
        for place, found in enumerate(about):
            following = {concept for later in about[place + 1 : place + 1 + _NEAR] for concept in later}
            yield from (f"p {one} {other}" for one in found for other in following)


def _windows(words: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, max(1, len(words) - _WINDOW + _STEP), _STEP):
        yield words[start : start + _WINDOW]
