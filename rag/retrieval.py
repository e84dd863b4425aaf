"""From a question to the passages of one collection version that answer it best and that the caller may read."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from uuid import UUID

from core.entities.evaluation import RetrievalSettings
from core.entities.retrieval import Passage, Retrieval
from core.errors import Unavailable
from rag import evidence
from rag.duplicates import Distinct
from rag.exhaustive import ExactVectors
from rag.fusion import DEFAULTS, Hits, fuse, order, ranks
from rag.language import detect
from rag.legs import Legs, Query, Ranking, Steps
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

    def retrieve(self, query: Query, settings: RetrievalSettings = DEFAULTS) -> Retrieval:
        """The best passages; fewer than were wanted only if no more match, or what is left are near-duplicates.

        Raises `Damaged` if the lexical index of the version cannot be used.
        """
        started = time.perf_counter()
        legs = self.legs(query)
        found = self.judged(query, legs, self.rank(query, legs, settings), settings)
        return replace(found, took_ms=(time.perf_counter() - started) * 1000)

    def legs(self, query: Query) -> Legs:
        """What words and vectors find, each for itself."""
        steps = Steps()
        language = self._language(query)
        spoken = language in query.version.fingerprint.languages
        vector = self._vector(query) if spoken else None
        steps.done("embedding")
        start = replace(_NOTHING, language=language, spoken=spoken)
        return self._search(replace(query, k=max(query.k, _READ_FOR_EVIDENCE)), start, vector, steps)

    def rank(self, query: Query, legs: Legs, settings: RetrievalSettings = DEFAULTS) -> Ranking:
        """As many passages as are wanted (if there are), in the order that `settings` give them, without
        near-duplicates; a few more where evidence needs them."""
        wanted = max(query.k, _READ_FOR_EVIDENCE)
        ranked = _ranked(legs, wanted, query.readable, settings)
        if not settings.rerank or self._reranker is None:
            return _distinct(ranked, wanted, settings)
        head = list(islice(ranked, max(wanted, DEPTH)))
        read = _reread(self._reranker, query.question, head)
        return replace(_distinct(read or head, wanted, settings), reranked=read is not None)

    def judged(self, query: Query, legs: Legs, ranking: Ranking, settings: RetrievalSettings = DEFAULTS) -> Retrieval:
        """The first passages of `ranking`, and how well its best ones cover the question."""
        rarity = partial(self._lexical.rarity, query.version.vector_name)
        read = ranking.passages
        if query.version.fingerprint.model not in _MEASURED:
            read = tuple(replace(one, similarity=None) for one in read)
        return Retrieval(
            question=query.question,
            language=legs.language,
            passages=ranking.passages[: query.k],
            evidence=evidence.score(query.question, read, dict(legs.lexical), rarity),
            threshold=settings.threshold,
            took_ms=sum(legs.timings.values()),
            degraded=legs.spoken and legs.vector is None,
            collapsed=len(ranking.copies),
            reranked=ranking.reranked,
        )

    # --- both legs --------------------------------------------------------------------------------------------------

    def _vector(self, query: Query) -> list[float] | None:
        """Of the version's model; None where it cannot be used, or is not the one any more that it was indexed with."""
        made = query.version.fingerprint
        vector = self._questions.vector(query.question, made.model)
        if vector is None or len(vector) == (made.dimension or len(vector)):
            return vector
        said = query.version.id, made.dimension, made.model, len(vector)
        log.warning("Version %s needs vectors of %s numbers; %s makes %s", *said)
        return None

    def _language(self, query: Query) -> str:
        usual = self._lexical.languages(query.version.vector_name)[:1]
        return detect(query.question, *usual)

    def _search(self, query: Query, start: Legs, vector: list[float] | None, steps: Steps) -> Legs:
        few = query.readable.all(self._exhaustive_below)
        steps.done("permission")
        if few is None:
            return self._deepening(query, start, vector, steps)
        name = query.version.vector_name
        depth = max(_DEEPEST_RANK, query.k)
        among = few if len(few) < self._lexical.count(name) else None
        words = _only(few, self._lexical.search(name, query.question, start.language, depth, among))
        steps.done("words")
        near = self._exact.nearest(vector, few, depth, query.readable.vectors) if vector else None
        steps.done("vectors")
        return replace(start, lexical=words, vector=near, timings=steps.took)

    def _deepening(self, query: Query, start: Legs, vector: list[float] | None, steps: Steps) -> Legs:
        """Looks deeper, twice as deep each time, until each leg has enough permitted hits or no more."""
        name = query.version.vector_name
        depth = max(_FIRST_DEPTH, 4 * query.k)
        while True:
            words = self._lexical.search(name, query.question, start.language, depth)
            steps.done("words")
            near = self._vectors.query(name, vector, depth) if vector else []
            steps.done("vectors")
            permitted = query.readable.permitted({key for key, _ in (*words, *near)})
            steps.done("permission")
            lexical, vectors = _only(permitted, words), _only(permitted, near)
            if _enough(words, lexical, depth, query.k) and _enough(near, vectors, depth, query.k):
                found = vectors if vector else None
                return replace(start, lexical=lexical, vector=found, exhaustive=False, timings=steps.took)
            depth *= 2


_NOTHING = Legs("", [], None)


def _ranked(legs: Legs, batch: int, readable: Readable, settings: RetrievalSettings) -> Iterator[Passage]:
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
