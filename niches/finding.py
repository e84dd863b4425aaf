"""Finds a niche from any wording: exact, normalised, by alias, in spite of typos, by words and by meaning."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from niches import wording
from niches.vocabulary import NONE, Ids, Name, Scores, Vocabulary, postings
from rag.layout import other_layout

FUZZY = 72  # of 100: below it a wording that only looks alike does not count
_TITLE, _ALIAS = 1.0, 0.97
_STEMMED = 0.98  # of the score of a wording that is the same but for its endings
_FUZZY_TOP = 0.93  # a wording that is only alike never ties with one that is the same
_LEXICAL, _SEMANTIC, _LIKENESS = 0.62, 0.55, 0.3
_UNLIKE = 0.2  # cosine of English texts that have nothing in common
_CANDIDATES = 200
_VARIANT_COST = 0.97
_KNOWN_ENOUGH = 0.99


@dataclass(frozen=True, slots=True)
class Found:
    """`score` in [0, 1]; `by` says what decided."""

    id: str
    score: float
    by: str


class Index:
    """Immutable; made of all names in half a second per thousand, asked in milliseconds.

    `vectors` has unit vectors of some niches (rows) and `owners` whose they are, as positions in `names`.
    """

    def __init__(
        self, names: Sequence[Name], vectors: NDArray[np.float32] | None = None, owners: Ids | None = None
    ) -> None:
        self._names = names
        self._vectors, self._owners = vectors, owners
        self._exact: dict[str, dict[int, float]] = defaultdict(dict)
        self._stemmed: dict[str, dict[int, float]] = defaultdict(dict)
        self._wordings: list[str] = []
        self._owner_of: list[int] = []
        for position, name in enumerate(names):
            self._add(position, name)
        self._owners_of_wordings = np.array(self._owner_of, dtype=np.int32)
        self._pieces = postings(map(wording.trigrams, self._wordings))
        self._sizes = np.array([max(1, len(wording.trigrams(one))) for one in self._wordings], dtype=np.float32)
        self._words = Vocabulary(names)

    def with_vectors(self, vectors: NDArray[np.float32] | None, owners: Ids) -> Index:
        """The same names with other vectors; the words are shared."""
        other = copy.copy(self)
        other._vectors, other._owners = vectors, owners
        return other

    def _add(self, position: int, name: Name) -> None:
        for text, score in (*((one, _TITLE) for one in name.titles), *((one, _ALIAS) for one in name.aliases)):
            plain = wording.normal(text)
            if not plain:
                continue
            for known, key, worth in (
                (self._exact, plain, score),
                (self._stemmed, _same_words(text), score * _STEMMED),
            ):
                known[key][position] = max(known[key].get(position, 0.0), worth)
            self._wordings.append(plain)
            self._owner_of.append(position)

    def __len__(self) -> int:
        return len(self._names)

    def find(self, query: str, k: int, vector: Sequence[float] | None = None) -> list[Found]:
        """At most `k`, best first; `vector` is the query's where the embedding speaks its language."""
        if not self._names or not wording.words(query):
            return []
        scores, by = self._scores(query, vector)
        if self._words.known(query) < _KNOWN_ENOUGH and scores.max() < _FUZZY_TOP:
            for variant in (other_layout(query), wording.transliterated(query)):
                if wording.words(variant):
                    self._better(scores, by, *self._scores(variant, None))
        order = np.argsort(-scores, kind="stable")[:k]
        return [Found(self._names[at].id, round(float(scores[at]), 4), by[at]) for at in order if scores[at] > 0.05]

    def _better(self, scores: Scores, by: list[str], other: Scores, other_by: list[str]) -> None:
        for at in np.flatnonzero(other * _VARIANT_COST > scores):
            scores[at], by[at] = other[at] * _VARIANT_COST, other_by[at]

    def _scores(self, query: str, vector: Sequence[float] | None) -> tuple[Scores, list[str]]:
        lexical = self._words.scores(query)
        fuzzy, likeness = self._fuzzy(wording.normal(query))
        near = 1 - (1 - _LEXICAL * lexical) * (1 - _SEMANTIC * self._semantic(vector)) * (1 - _LIKENESS * likeness)
        alike = _FUZZY_TOP * np.maximum(fuzzy, 0.8 * fuzzy + 0.2 * lexical)
        scores = np.maximum(np.minimum(near, _FUZZY_TOP), alike).astype(np.float32)
        by = ["fuzzy" if a > n else "words" for a, n in zip(alike.tolist(), near.tolist(), strict=True)]
        for known, key, label in (
            (self._stemmed, _same_words(query), "stem"),
            (self._exact, wording.normal(query), "exact"),
        ):
            for position, score in known.get(key, {}).items():
                if score >= scores[position]:
                    scores[position], by[position] = score, label
        return scores, by

    def _fuzzy(self, plain: str) -> tuple[Scores, Scores]:
        """Per niche how alike its most similar wording is, 0 below FUZZY, and the share of pieces in common; only
        those that share most pieces are compared letter by letter."""
        from rapidfuzz import fuzz

        pieces = wording.trigrams(plain)
        shared = np.zeros(len(self._wordings), dtype=np.float32)
        for piece in pieces:
            shared[self._pieces.get(piece, NONE)] += 1
        likeness = shared / (self._sizes + len(pieces) - shared)
        best = np.argpartition(-likeness, min(_CANDIDATES, len(likeness) - 1))[:_CANDIDATES]
        scores = np.zeros(len(self._names), dtype=np.float32)
        for at in best:
            ratio = fuzz.token_sort_ratio(plain, self._wordings[at], score_cutoff=FUZZY) / 100
            owner = self._owner_of[at]
            scores[owner] = max(scores[owner], ratio)
        common = np.zeros(len(self._names), dtype=np.float32)
        np.maximum.at(common, self._owners_of_wordings, likeness)
        return scores, common

    def _semantic(self, vector: Sequence[float] | None) -> Scores:
        scores = np.zeros(len(self._names), dtype=np.float32)
        if vector is None or self._vectors is None or self._owners is None or not len(self._vectors):
            return scores
        # Not a matrix product: its threads wait for each other when the cores are busy.
        cosines = np.einsum("ij,j->i", self._vectors, np.asarray(vector, dtype=np.float32))
        np.maximum.at(scores, self._owners, np.clip((cosines - _UNLIKE) / (1 - _UNLIKE), 0, 1))
        return scores


def _same_words(text: str) -> str:
    return " ".join(sorted(wording.telling_stems(text)))
