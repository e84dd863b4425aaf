"""The words by which niches are known: which of them a query shares, near-misses included, and how telling they are."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from niches import wording

Scores = NDArray[np.float32]
Ids = NDArray[np.int32]
NONE: Ids = np.empty(0, dtype=np.int32)

_FIELDS = {"title": 1.0, "alias": 0.9, "text": 0.6, "sector": 0.25}  # what a word weighs where it stands
_NEAR_WORD = 75  # of 100: below it two words are not spelled alike
_COMPARED, _NEAREST = 60, 4  # words that are compared letter by letter, and that count
_ROOT, _RUSSIAN_ROOT = 4, 3  # letters with which words of one root begin
_HELD = 5  # letters of a word that may stand inside a longer one
_KIN = 0.85  # likeness of words of one root, by the share that they have in common


@dataclass(frozen=True, slots=True)
class Name:
    """What a niche is found by. Everything is of both languages together."""

    id: str
    titles: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    sector: str = ""
    text: str = ""


class Vocabulary:
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
        self._pieces = postings(map(wording.trigrams, self._vocabulary))
        self._roots = postings({stem[: _root(stem)]} for stem in self._vocabulary)

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
            part = np.zeros(self._count, dtype=np.float32)
            for at, likeness in near:
                np.maximum.at(part, self._owners[at], self._weights[at] * likeness)
            found += rarity * part
        return found / whole if whole else found

    def _near(self, stem: str) -> list[tuple[int, float]]:
        """(place in the vocabulary, likeness) of the word itself and those of its root, else of those spelled alike."""
        if stem in self._place:
            return [(self._place[stem], 1.0), *self._kin(stem)]
        from rapidfuzz import fuzz

        shared: dict[int, int] = defaultdict(int)
        for piece in wording.trigrams(stem):
            for at in self._pieces.get(piece, NONE).tolist():
                shared[at] += 1
        tried = sorted(shared, key=lambda at: -shared[at])[:_COMPARED]
        rated = [(at, fuzz.ratio(stem, self._vocabulary[at], score_cutoff=_NEAR_WORD) / 100) for at in tried]
        near = sorted(((at, ratio) for at, ratio in rated if ratio), key=lambda pair: -pair[1])[:_NEAREST]
        return [*near, *self._kin(stem)]

    def _kin(self, stem: str) -> list[tuple[int, float]]:
        """Words that begin alike ("стирка", "стиральный") or hold the whole word ("спецодежда" and "одежда"); the more
        they have in common, the more alike."""
        found = []
        begin = self._roots.get(stem[: _root(stem)], NONE).tolist()
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
        places = [self._pieces.get(stem[at : at + 3], NONE) for at in range(len(stem) - 2)]
        common = functools.reduce(np.intersect1d, sorted(places, key=len))
        return [at for at in common.tolist() if stem in self._vocabulary[at]]

    def _rarity(self, at: int) -> float:
        return float(np.log1p(self._count / len(self._owners[at])))


def postings(documents: Iterable[set[str]]) -> Mapping[str, Ids]:
    """Of each piece the positions of the documents that hold it, ascending."""
    found: dict[str, list[int]] = defaultdict(list)
    for position, pieces in enumerate(documents):
        for piece in pieces:
            found[piece].append(position)
    return {piece: np.array(places, dtype=np.int32) for piece, places in found.items()}


def _fields(name: Name) -> Iterable[tuple[str, str]]:
    yield from (("title", title) for title in name.titles)
    yield from (("alias", alias) for alias in name.aliases)
    yield "sector", name.sector
    yield "text", name.text


def _root(stem: str) -> int:
    return _RUSSIAN_ROOT if wording.language(stem) == "ru" else _ROOT


def _common(first: str, second: str) -> int:
    """How many letters both begin with."""
    return next(
        (at for at, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]),
        len(min(first, second, key=len)),
    )
