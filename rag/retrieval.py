"""From a question to the passages of one collection version that answer it best and that the caller may read."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from uuid import UUID

from core.entities.corpora import CollectionVersion
from core.entities.evaluation import RetrievalSettings
from core.entities.retrieval import Passage, Retrieval
from core.errors import Unavailable
from rag import evidence
from rag.duplicates import Distinct
from rag.exhaustive import ExactVectors
from rag.fusion import DEFAULTS, Hits, fuse, order, ranks
from rag.language import detect
from rag.legs import Legs, Ranking, Steps
from rag.lexical import Lexical
from rag.questions import Questions
from rag.readable import Readable
from rag.reranking import DEPTH, Reranker
from rag.vectors import Vectors

EXHAUSTIVE_BELOW = 2_000  # readable chunks: that many are scored one by one

_FIRST_DEPTH = 50
_DEEPEST_RANK = 200  # what is ranked lower in a leg cannot come to the top
_READ_FOR_EVIDENCE = 5
_MOST_READS = 4  # times that copies are replaced by what ranks below them

# Evidence was fitted on the cosines of this model: unrelated texts have .1 there, and .75 with some others. Of those
# the words alone count.
_MEASURED = ("all-MiniLM-L6-v2-int8", "huggingface:sentence-transformers/all-MiniLM-L6-v2", "ollama:all-minilm")

log = logging.getLogger(__name__)


class Retriever:
    """Both legs and their fusion. `questions` embeds what is asked with the version's own model; where that does not
    speak the language of the question, or cannot be used, the lexical leg decides alone."""

    def __init__(
        self,
        vectors: Vectors,
        lexical: Lexical,
        questions: Questions,
        reranker: Reranker | None = None,
        *,
        exhaustive_below: int = EXHAUSTIVE_BELOW,
    ) -> None:
        self._vectors = vectors
        self._lexical = lexical
        self._questions = questions
        self._reranker = reranker
        self._exact = ExactVectors()
        self._exhaustive_below = exhaustive_below

    def retrieve(
        self,
        version: CollectionVersion,
        question: str,
        k: int,
        readable: Readable,
        settings: RetrievalSettings = DEFAULTS,
    ) -> Retrieval:
        """The `k` best passages of `version` that are `readable`; fewer only if no more match, or what is left are
        near-duplicates.

        Raises `Damaged` if the lexical index of the version cannot be used.
        """
        started = time.perf_counter()
        legs = self.legs(version, question, k, readable)
        ranking = self.rank(legs, question, k, readable, settings)
        found = self.judged(version, question, k, legs, ranking, settings)
        return replace(found, took_ms=(time.perf_counter() - started) * 1000)

    def legs(self, version: CollectionVersion, question: str, k: int, readable: Readable) -> Legs:
        """What words and vectors find, each for itself."""
        steps = Steps()
        language = self._language(version, question)
        spoken = language in version.fingerprint.languages
        vector = self._vector(version, question) if spoken else None
        steps.done("embedding")
        return self._search(
            version, question, replace(_NOTHING, language=language, spoken=spoken), vector, max(k, 5), readable, steps
        )

    def rank(
        self, legs: Legs, question: str, k: int, readable: Readable, settings: RetrievalSettings = DEFAULTS
    ) -> Ranking:
        """At least `k` passages (if there are) in the order that `settings` give them, without near-duplicates."""
        wanted = max(k, _READ_FOR_EVIDENCE)
        ranked = self._ranked(legs, wanted, readable, settings)
        if not settings.rerank or self._reranker is None:
            return _distinct(ranked, wanted, settings)
        head = list(islice(ranked, max(wanted, DEPTH)))
        read = _reread(self._reranker, question, head)
        return replace(_distinct(read or head, wanted, settings), reranked=read is not None)

    def judged(
        self,
        version: CollectionVersion,
        question: str,
        k: int,
        legs: Legs,
        ranking: Ranking,
        settings: RetrievalSettings = DEFAULTS,
    ) -> Retrieval:
        """The first `k` of `ranking`, and how well its best passages cover the question."""
        rarity = partial(self._lexical.rarity, version.vector_name)
        read = ranking.passages
        if version.fingerprint.model not in _MEASURED:
            read = tuple(replace(one, similarity=None) for one in read)
        return Retrieval(
            question=question,
            language=legs.language,
            passages=ranking.passages[:k],
            evidence=evidence.score(question, read, dict(legs.lexical), rarity),
            threshold=settings.threshold,
            took_ms=sum(legs.timings.values()),
            degraded=legs.spoken and legs.vector is None,
            collapsed=len(ranking.copies),
            reranked=ranking.reranked,
        )

    # --- both legs --------------------------------------------------------------------------------------------------

    def _vector(self, version: CollectionVersion, question: str) -> list[float] | None:
        """Of the version's model; None where it cannot be used, or is not the one any more that it was indexed with."""
        made = version.fingerprint
        vector = self._questions.vector(question, made.model)
        if vector is None or len(vector) == (made.dimension or len(vector)):
            return vector
        log.warning(
            "Version %s needs vectors of %s numbers; %s makes %s", version.id, made.dimension, made.model, len(vector)
        )
        return None

    def _language(self, version: CollectionVersion, question: str) -> str:
        usual = self._lexical.languages(version.vector_name)[:1]
        return detect(question, *usual)

    def _search(
        self,
        version: CollectionVersion,
        question: str,
        start: Legs,
        vector: list[float] | None,
        k: int,
        readable: Readable,
        steps: Steps,
    ) -> Legs:
        few = readable.all(self._exhaustive_below)
        steps.done("permission")
        if few is None:
            return self._deepening(version, question, start, vector, k, readable, steps)
        depth = max(_DEEPEST_RANK, k)
        among = few if len(few) < self._lexical.count(version.vector_name) else None
        words = _only(few, self._lexical.search(version.vector_name, question, start.language, depth, among))
        steps.done("words")
        near = self._exact.nearest(vector, few, depth, readable.vectors) if vector else None
        steps.done("vectors")
        return replace(start, lexical=words, vector=near, timings=steps.took)

    def _deepening(
        self,
        version: CollectionVersion,
        question: str,
        start: Legs,
        vector: list[float] | None,
        k: int,
        readable: Readable,
        steps: Steps,
    ) -> Legs:
        """Looks deeper, twice as deep each time, until each leg has `k` permitted hits or no more."""
        depth = max(_FIRST_DEPTH, 4 * k)
        while True:
            words = self._lexical.search(version.vector_name, question, start.language, depth)
            steps.done("words")
            near = self._vectors.query(version.vector_name, vector, depth) if vector else []
            steps.done("vectors")
            permitted = readable.permitted({key for key, _ in (*words, *near)})
            steps.done("permission")
            lexical, vectors = _only(permitted, words), _only(permitted, near)
            if _enough(words, lexical, depth, k) and _enough(near, vectors, depth, k):
                found = vectors if vector else None
                return replace(start, lexical=lexical, vector=found, exhaustive=False, timings=steps.took)
            depth *= 2

    # --- one order --------------------------------------------------------------------------------------------------

    def _ranked(self, legs: Legs, batch: int, readable: Readable, settings: RetrievalSettings) -> Iterator[Passage]:
        """By their fused scores; texts are read as far as they are asked for."""
        lexical, vector = ranks(legs.lexical), None if legs.vector is None else ranks(legs.vector)
        cosines = dict(legs.vector or ())
        scores = fuse(lexical, vector, settings)
        best = order(scores, lexical)
        for start in range(0, min(len(best), _MOST_READS * batch), batch):
            keys = best[start : start + batch]
            texts = readable.passages(keys)  # asked once more: this answer is the one that counts
            for key in keys:
                if key in texts:
                    yield replace(
                        texts[key],
                        score=scores[key],
                        lexical=lexical.get(key),
                        vector=(vector or {}).get(key),
                        similarity=cosines.get(key),
                    )


_NOTHING = Legs("", [], None)


def _reread(reranker: Reranker, question: str, passages: list[Passage]) -> list[Passage] | None:
    """In the order of the cross-encoder; None while it cannot be used."""
    try:
        scores = reranker.scores(question, [f"{one.heading}\n{one.text}".strip() for one in passages])
    except Unavailable as error:
        log.warning("Passages keep the order of the fusion: %s", error.message)
        return None
    read = [replace(one, rerank=score) for one, score in zip(passages, scores, strict=True)]
    return sorted(read, key=lambda one: -(one.rerank or 0.0))


def _distinct(ranked: Iterable[Passage], wanted: int, settings: RetrievalSettings) -> Ranking:
    kept: list[Passage] = []
    copies: list[tuple[Passage, Passage]] = []
    seen = Distinct()
    for passage in ranked:
        original = seen.repeats(passage) if settings.collapse else None
        if original is not None:
            copies.append((passage, original))
        else:
            kept.append(passage)
            if len(kept) == wanted:
                break
    times = [sum(original.chunk_id == one.chunk_id for _, original in copies) for one in kept]
    return Ranking(
        tuple(replace(one, copies=n) if n else one for one, n in zip(kept, times, strict=True)), tuple(copies)
    )


def _enough(found: Hits, permitted: Hits, depth: int, k: int) -> bool:
    return len(permitted) >= k or len(found) < depth


def _only(permitted: Collection[UUID], hits: Hits) -> Hits:
    allowed = permitted if isinstance(permitted, set) else set(permitted)
    return [hit for hit in hits if hit[0] in allowed]
