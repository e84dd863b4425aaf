"""From a question to the passages of one collection version that answer it best and that the caller may read."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from core.entities import CollectionVersion, Passage, Retrieval
from rag import evidence
from rag.exhaustive import ExactVectors
from rag.language import detect
from rag.lexical import Lexical
from rag.questions import Questions
from rag.readable import Readable
from rag.vectors import Vectors

EXHAUSTIVE_BELOW = 2_000  # readable chunks: that many are scored one by one

# XQuAD recall@1 / @5 / MRR@10: reciprocal rank fusion with 10 gives .940 / .995 / .965 in English, with the usual 60
# .936 / .993 / .962, BM25 alone .932 / .987 / .958.
_RANK_CONSTANT = 10
_VECTOR_WEIGHT = 1.0
_LEXICAL_WEIGHT = 1.0

_FIRST_DEPTH = 50
_DEEPEST_RANK = 200  # what is ranked lower in a leg cannot come to the top
_READ_FOR_EVIDENCE = 5

Hits = list[tuple[UUID, float]]


@dataclass(frozen=True, slots=True)
class _Legs:
    """Permitted hits, best first; `vector` is None where that leg has no say."""

    lexical: Hits
    vector: Hits | None


class Retriever:
    """Both legs and their fusion. `questions` embeds what is asked; where its model does not speak the language of the
    question, or cannot be used, the lexical leg decides alone."""

    def __init__(
        self, vectors: Vectors, lexical: Lexical, questions: Questions, *, exhaustive_below: int = EXHAUSTIVE_BELOW
    ) -> None:
        self._vectors = vectors
        self._lexical = lexical
        self._questions = questions
        self._exact = ExactVectors()
        self._exhaustive_below = exhaustive_below

    def retrieve(self, version: CollectionVersion, question: str, k: int, readable: Readable) -> Retrieval:
        """The `k` best passages of `version` that are `readable`; fewer only if no more match.

        Raises `FingerprintMismatch` if the version was indexed with another embedding, `Damaged` if its lexical index
        cannot be used.
        """
        started = time.perf_counter()
        self._questions.check(version.fingerprint)
        language = self._language(version, question)
        spoken = self._questions.speaks(language)
        vector = self._questions.vector(question) if spoken else None
        legs = self._legs(version, question, language, vector, max(k, _READ_FOR_EVIDENCE), readable)
        passages = _passages(legs, max(k, _READ_FOR_EVIDENCE), readable)
        rarity = partial(self._lexical.rarity, version.vector_name)
        return Retrieval(
            question=question,
            language=language,
            passages=tuple(passages[:k]),
            evidence=evidence.score(question, passages, dict(legs.lexical), rarity),
            threshold=evidence.THRESHOLD,
            took_ms=(time.perf_counter() - started) * 1000,
            degraded=spoken and vector is None,
        )

    def _language(self, version: CollectionVersion, question: str) -> str:
        usual = self._lexical.languages(version.vector_name)[:1]
        return detect(question, *usual)

    def _legs(
        self,
        version: CollectionVersion,
        question: str,
        language: str,
        vector: list[float] | None,
        k: int,
        readable: Readable,
    ) -> _Legs:
        few = readable.all(self._exhaustive_below)
        if few is None:
            return self._deepening(version, question, language, vector, k, readable)
        depth = max(_DEEPEST_RANK, k)
        among = few if len(few) < self._lexical.count(version.vector_name) else None
        return _Legs(
            _only(few, self._lexical.search(version.vector_name, question, language, depth, among)),
            self._exact.nearest(vector, few, depth, readable.vectors) if vector else None,
        )

    def _deepening(
        self,
        version: CollectionVersion,
        question: str,
        language: str,
        vector: list[float] | None,
        k: int,
        readable: Readable,
    ) -> _Legs:
        """Looks deeper, twice as deep each time, until each leg has `k` permitted hits or no more."""
        depth = max(_FIRST_DEPTH, 4 * k)
        while True:
            words = self._lexical.search(version.vector_name, question, language, depth)
            near = self._vectors.query(version.vector_name, vector, depth) if vector else []
            permitted = readable.permitted({key for key, _ in (*words, *near)})
            legs = _Legs(_only(permitted, words), _only(permitted, near) if vector else None)
            if _enough(words, legs.lexical, depth, k) and _enough(near, legs.vector or [], depth, k):
                return legs
            depth *= 2


def _enough(found: Hits, permitted: Hits, depth: int, k: int) -> bool:
    return len(permitted) >= k or len(found) < depth


def _only(permitted: Collection[UUID], hits: Hits) -> Hits:
    allowed = permitted if isinstance(permitted, set) else set(permitted)
    return [hit for hit in hits if hit[0] in allowed]


def _passages(legs: _Legs, k: int, readable: Readable) -> list[Passage]:
    lexical, vector = _ranks(legs.lexical), _ranks(legs.vector or [])
    cosines = dict(legs.vector or [])
    scores = fuse(lexical, None if legs.vector is None else vector)
    best = sorted(scores, key=lambda key: (-scores[key], lexical.get(key, len(scores)), key))[:k]
    texts = readable.passages(best) if best else {}  # asked once more: this answer is the one that counts
    return [
        replace(
            texts[key],
            score=scores[key],
            lexical=lexical.get(key),
            vector=vector.get(key),
            similarity=cosines.get(key),
        )
        for key in best
        if key in texts
    ]


def _ranks(hits: Sequence[tuple[UUID, float]]) -> dict[UUID, int]:
    return {key: rank for rank, (key, _) in enumerate(hits, start=1)}


def fuse(lexical: dict[UUID, int], vector: dict[UUID, int] | None) -> dict[UUID, float]:
    """Weighted reciprocal rank fusion (Cormack, Clarke, Büttcher 2009), scaled so that first in every leg is 1.

    Takes ranks from 1; a leg that is None has no say.
    """
    legs = [(lexical, _LEXICAL_WEIGHT), *([(vector, _VECTOR_WEIGHT)] if vector is not None else [])]
    whole = sum(weight for _, weight in legs) / (_RANK_CONSTANT + 1)
    scores: dict[UUID, float] = {}
    for ranks, weight in legs:
        for key, rank in ranks.items():
            scores[key] = scores.get(key, 0.0) + weight / (_RANK_CONSTANT + rank) / whole
    return scores
