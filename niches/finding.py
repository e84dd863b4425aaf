"""Finds a niche from any wording: exact, normalised, by alias, in spite of typos, by words and by meaning."""

from __future__ import annotations

import copy
import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from niches import wording

Scores = NDArray[np.float32]
Ids = NDArray[np.int32]

FUZZY = 72  # of 100: below it a wording that only looks alike does not count
_TITLE, _ALIAS = 1.0, 0.97
_STEMMED = 0.98  # of the score of a wording that is the same but for its endings
_FUZZY_TOP = 0.93  # a wording that is only alike never ties with one that is the same
_FIELDS = {"title": 1.0, "alias": 0.9, "text": 0.6, "sector": 0.25}  # what a word weighs where it stands
_LEXICAL, _SEMANTIC, _LIKENESS = 0.62, 0.55, 0.3
_UNLIKE = 0.2  # cosine of English texts that have nothing in common
_CANDIDATES = 200
_NEAR_WORD = 75
_VARIANT_COST = 0.97
_KNOWN_ENOUGH = 0.99
_ROOT, _RUSSIAN_ROOT = 4, 3  # letters with which words of one root begin
_HELD = 5  # letters of a word that may stand inside a longer one
_KIN = 0.85


@dataclass(frozen=True, slots=True)
class Name:
    """What a niche is found by. `names` are its titles, `aliases` and `text` those of both languages together."""

    id: str
    titles: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    sector: str = ""
    text: str = ""


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
        self._pieces = _postings(map(wording.trigrams, self._wordings))
        self._sizes = np.array([max(1, len(wording.trigrams(one))) for one in self._wordings], dtype=np.float32)
        self._words = _Words(names)

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
            for variant in (wording.other_layout(query), wording.transliterated(query)):
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
            shared[self._pieces.get(piece, _NONE)] += 1
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


class _Words:
    """Scores niches by rare words that they share with a query, near-misses of words included."""

    def __init__(self, names: Sequence[Name]) -> None:
        weights: dict[str, dict[int, float]] = defaultdict(dict)
        for position, name in enumerate(names):
            for field, text in _fields(name):
                for stem in set(wording.stems(text)):
                    weights[stem][position] = max(weights[stem].get(position, 0.0), _FIELDS[field])
        self._count = len(names)
        self._vocabulary = list(weights)
        self._place = {stem: at for at, stem in enumerate(self._vocabulary)}
        self._owners = [np.fromiter(owners, dtype=np.int32) for owners in weights.values()]
        self._weights = [np.fromiter(owners.values(), dtype=np.float32) for owners in weights.values()]
        self._pieces = _postings(map(wording.trigrams, self._vocabulary))
        self._roots = _postings({stem[: _root(stem)]} for stem in self._vocabulary)

    def known(self, query: str) -> float:
        """The share of the query's words that some niche has."""
        stems = wording.telling_stems(query)
        return sum(stem in self._place for stem in stems) / max(1, len(stems))

    def scores(self, query: str) -> Scores:
        """In [0, 1]: the weight of the shared words by that of all words of the query."""
        found = np.zeros(self._count, dtype=np.float32)
        whole = 0.0
        for stem in set(wording.telling_stems(query)):
            near = self._near(stem)
            rarity = max((self._rarity(at) for at, _ in near), default=float(np.log1p(self._count)))
            whole += rarity
            best: dict[int, Scores] = {}
            part = np.zeros(self._count, dtype=np.float32)
            for at, likeness in near:
                np.maximum.at(part, self._owners[at], self._weights[at] * likeness)
            best[0] = part
            found += rarity * part
        return found / whole if whole else found

    def _near(self, stem: str) -> list[tuple[int, float]]:
        """(place in the vocabulary, likeness) of the word itself and those of its root, else of those spelled alike."""
        if stem in self._place:
            return [(self._place[stem], 1.0), *self._kin(stem)]
        from rapidfuzz import fuzz

        shared: dict[int, int] = defaultdict(int)
        for piece in wording.trigrams(stem):
            for at in self._pieces.get(piece, _NONE).tolist():
                shared[at] += 1
        tried = sorted(shared, key=lambda at: -shared[at])[:60]
        rated = [(at, fuzz.ratio(stem, self._vocabulary[at], score_cutoff=_NEAR_WORD) / 100) for at in tried]
        near = sorted(((at, ratio) for at, ratio in rated if ratio), key=lambda pair: -pair[1])[:4]
        return [*near, *self._kin(stem)]

    def _kin(self, stem: str) -> list[tuple[int, float]]:
        """Words that begin alike ("стирка", "стиральный") or hold the whole word ("спецодежда" and "одежда"); the more
        they have in common, the more alike."""
        found = []
        begin = self._roots.get(stem[: _root(stem)], _NONE).tolist()
        for at in {*begin, *self._holders(stem)}:
            other = self._vocabulary[at]
            if other != stem:
                whole = len(stem) if stem in other else _common(stem, other)
                found.append((at, _KIN * whole / max(len(stem), len(other))))
        return found

    def _holders(self, stem: str) -> list[int]:
        """Words that hold all of a long enough stem."""
        if len(stem) < _HELD:
            return []
        places = [self._pieces.get(stem[at : at + 3], _NONE) for at in range(len(stem) - 2)]
        common = functools.reduce(np.intersect1d, sorted(places, key=len))
        return [at for at in common.tolist() if stem in self._vocabulary[at]]

    def _rarity(self, at: int) -> float:
        return float(np.log1p(self._count / len(self._owners[at])))


_NONE: Ids = np.empty(0, dtype=np.int32)


def _fields(name: Name) -> Iterable[tuple[str, str]]:
    yield from (("title", title) for title in name.titles)
    yield from (("alias", alias) for alias in name.aliases)
    yield "sector", name.sector
    yield "text", name.text


def _postings(documents: Iterable[set[str]]) -> Mapping[str, Ids]:
    found: dict[str, list[int]] = defaultdict(list)
    for position, pieces in enumerate(documents):
        for piece in pieces:
            found[piece].append(position)
    return {piece: np.array(places, dtype=np.int32) for piece, places in found.items()}


def _root(stem: str) -> int:
    return _RUSSIAN_ROOT if wording.language(stem) == "ru" else _ROOT


def _common(first: str, second: str) -> int:
    """How many letters both begin with."""
    return next(
        (at for at, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]),
        len(min(first, second, key=len)),
    )


def _same_words(text: str) -> str:
    return " ".join(sorted(wording.telling_stems(text)))
