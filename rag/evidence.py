"""How well the best passages cover a question: a score in [0, 1], and below which value an answer is a refusal."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from uuid import UUID

from core.entities.retrieval import Passage
from rag.lexical.analysis import content_terms, terms

Rarity = Callable[[Collection[str], str], Mapping[str, float]]
_Match = tuple[int, str, float]  # place in the passage, the question's term, what it is worth there

_READ = 5  # passages; a question whose answer is in the collection finds it among them in 99 of 100
_WINDOW = 40  # terms, about two sentences
_ADJACENT = 4  # terms apart at most
_SAME_STEM = 4, 0.7  # letters, and share of the longer term, that two forms of one word have in common at least
_RELATED = 0.7  # what such a form counts against the term itself
_FLOOR = 0.5  # added to a rarity: else in a collection of one passage a single missing term outweighs all found ones
_COPY = 0.5  # share of terms in common from which two passages are the same text


@dataclass(frozen=True, slots=True)
class Features:
    """What the score is made of; shares of the question's rarity-weighted content terms in [0, 1].

    `coverage`: in the best passage. `near`: within two sentences or so of a passage. `adjacent`: pairs of neighbouring
    terms that stand together in a passage too. `margin`: how far the best BM25 score is above that of the next passage
    which is not a copy. `similarity`: the best cosine, 0 without vectors.
    """

    coverage: float = 0.0
    near: float = 0.0
    adjacent: float = 0.0
    margin: float = 0.0
    similarity: float = 0.0


# Logistic regressions over the features, intercept first, fitted by bench/evidence.py on XQuAD with every second
# paragraph taken out. The intercepts are such that at a threshold of .5 one in ten questions that the collection
# answers is refused; .90 (en) and .85 (ru) of those that it does not answer are. The first is for passages with
# vectors.
_SPOKEN = (-7.92, 3.83, 2.97, 2.01, 2.82, 5.60)
_UNSPOKEN = (-4.69, 3.89, 3.48, 1.79, 2.91, 0.0)


def score(question: str, passages: Sequence[Passage], bm25: Mapping[UUID, float], rarity: Rarity) -> float:
    """Evidence in [0, 1] that `passages` (best first) answer `question`: 0 where none of its terms is found.

    `bm25` holds the lexical scores of those that have one; `rarity` gives the inverse document frequency of terms of a
    language in this collection.
    """
    found = features(question, passages, bm25, rarity)
    if not found.coverage and not found.similarity:
        return 0.0
    intercept, *weights = _SPOKEN if found.similarity else _UNSPOKEN
    logit = intercept + sum(weight * value for weight, value in zip(weights, astuple(found), strict=True))
    return 1 / (1 + math.exp(-logit))


def features(question: str, passages: Sequence[Passage], bm25: Mapping[UUID, float], rarity: Rarity) -> Features:
    """The features of `score`; a passage is compared in the stems of its own language."""
    read = passages[:_READ]
    asked = {language: _Asked.of(question, language, rarity) for language in {p.language for p in read}}
    texts = [terms(f"{p.title}\n{p.heading}\n{p.text}", p.language) for p in read]
    if not texts:
        return Features()
    measured = [asked[p.language].measure(text) for p, text in zip(read, texts, strict=True)]
    return Features(
        coverage=max(one[0] for one in measured),
        near=max(one[1] for one in measured),
        adjacent=max(one[2] for one in measured),
        margin=_margin([bm25.get(p.chunk_id, 0.0) for p in read], [frozenset(text) for text in texts]),
        similarity=max((p.similarity or 0.0 for p in read), default=0.0),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question's content terms in order, and the share of the question that each distinct one carries."""

    order: list[str]
    share: dict[str, float]

    @classmethod
    def of(cls, question: str, language: str, rarity: Rarity) -> _Asked:
        order = content_terms(question, language) or terms(question, language)
        weights = {term: rare + _FLOOR for term, rare in rarity(dict.fromkeys(order), language).items()}
        whole = math.fsum(weights.values()) or 1.0
        return cls(order, {term: weight / whole for term, weight in weights.items()})

    def measure(self, text: list[str]) -> tuple[float, float, float]:
        """Coverage, near and adjacent of one passage."""
        known = _related(self.share, sorted(set(text)))
        matches = [
            (place, wanted, self.share[wanted] * (1.0 if wanted == term else _RELATED))
            for place, term in enumerate(text)
            for wanted in known.get(term, ())
        ]
        return _covered(matches), _near(matches), self._adjacent(matches)

    def _adjacent(self, matches: list[_Match]) -> float:
        places: dict[str, list[int]] = {}
        for place, wanted, _ in matches:
            places.setdefault(wanted, []).append(place)
        pairs = [(a, b) for a, b in zip(self.order, self.order[1:], strict=False) if a != b]
        whole = math.fsum(self.share[a] + self.share[b] for a, b in pairs)
        if not whole:
            return math.fsum(self.share[term] for term in places)
        return math.fsum(self.share[a] + self.share[b] for a, b in pairs if _together(places, a, b)) / whole


def spoken_of(asked: Collection[str], text: Collection[str]) -> frozenset[str]:
    """The asked terms that are among those of `text`, in this form or in one that begins alike."""
    return frozenset(term for forms in _related(asked, sorted(text)).values() for term in forms)


def _covered(matches: list[_Match]) -> float:
    best: dict[str, float] = {}
    for _, wanted, worth in matches:
        best[wanted] = max(worth, best.get(wanted, 0.0))
    return min(1.0, math.fsum(best.values()))


def _near(matches: list[_Match]) -> float:
    """The best window's coverage; each window ends with a match, and matches enter and leave it once."""
    inside: dict[str, list[float]] = {}
    first, best = 0, 0.0
    for place, wanted, worth in matches:
        inside.setdefault(wanted, []).append(worth)
        while matches[first][0] <= place - _WINDOW:
            inside[matches[first][1]].pop(0)
            first += 1
        best = max(best, math.fsum(max(worths) for worths in inside.values() if worths))
    return min(1.0, best)


def _together(places: dict[str, list[int]], a: str, b: str) -> bool:
    """Whether the two terms stand at most `_ADJACENT` apart somewhere; both lists are in order."""
    one, other = places.get(a, ()), places.get(b, ())
    i = j = 0
    while i < len(one) and j < len(other):
        if abs(one[i] - other[j]) <= _ADJACENT:
            return True
        i, j = (i + 1, j) if one[i] < other[j] else (i, j + 1)
    return False


def _related(asked: Collection[str], text: list[str]) -> dict[str, list[str]]:
    """Which of the asked terms each term of `text` (sorted) stands for: itself, else the forms that begin alike."""
    found: dict[str, list[str]] = {}
    for term in asked:
        at = bisect_left(text, term)
        if at < len(text) and text[at] == term:
            found.setdefault(term, []).append(term)
            continue
        for form in text[max(0, at - 4) : at + 4]:  # forms that begin alike are neighbours
            if _same_word(term, form):
                found.setdefault(form, []).append(term)
    return found


def _same_word(a: str, b: str) -> bool:
    common = 0
    for one, other in zip(a, b, strict=False):
        if one != other:
            break
        common += 1
    letters, share = _SAME_STEM
    return common >= letters and common >= share * max(len(a), len(b)) and not a.isdigit()


def _margin(scores: Sequence[float], texts: Sequence[frozenset[str]]) -> float:
    """Share of the best score by which the next passage that is not a copy of the best falls behind."""
    best = max(range(len(scores)), key=lambda i: scores[i])
    if not scores[best]:
        return 0.0
    others = [s for s, text in zip(scores, texts, strict=True) if not _copy(text, texts[best])]
    return 1 - max(others, default=0.0) / scores[best]


def _copy(a: frozenset[str], b: frozenset[str]) -> bool:
    return len(a & b) >= _COPY * min(len(a), len(b)) if a and b else False
