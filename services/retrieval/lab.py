"""The retrieval lab: one question on its way through both legs, what each step did, and what retrieval is set to."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from core.entities.evaluation import LegHit, RetrievalSettings, Trace
from core.entities.people import Principal
from core.entities.retrieval import Passage
from core.errors import Forbidden
from core.roles import Permission
from data.database import Database
from rag.context import for_answer
from rag.fusion import Hits
from rag.legs import Query, Steps
from rag.readable import Readable
from rag.reranking import Reranker
from rag.retrieval import Retriever
from services.corpora.collections import Collections
from services.retrieval.evaluation import EvaluationRuns
from services.retrieval.rules import checked
from services.retrieval.search import Search

LEG_HITS = 20  # of each leg that are shown


class Lab:
    """Those who look after corpora use it, and see what they may read; administrators save what they found."""

    def __init__(
        self,
        db: Database,
        collections: Collections,
        search: Search,
        retriever: Retriever,
        reranker: Reranker,
        runs: EvaluationRuns,
    ) -> None:
        self._db, self._collections, self._search = db, collections, search
        self._retriever, self._reranker, self._runs = retriever, reranker, runs

    def settings(self, principal: Principal, collection: str) -> RetrievalSettings:
        if not principal.may(Permission.CORPORA_READ):
            raise Forbidden
        with self._db.begin() as tx:
            return tx.retrieval_settings.of(self._collections.find(tx, principal, collection).id)

    @property
    def reranker_problem(self) -> str:
        """Why collections cannot re-rank now: a sentence that says what to do; empty when they can."""
        return self._reranker.problem

    def trace(
        self,
        principal: Principal,
        collection: str,
        question: str,
        k: int = 10,
        settings: RetrievalSettings | None = None,
    ) -> Trace:
        """Searches as the assistant would, with `settings` in place of the collection's; nothing is kept."""
        if not principal.may(Permission.CORPORA_READ):
            raise Forbidden
        version, in_use = self._search.prepared(principal, collection, question, k)
        chosen = checked(settings or in_use)
        query = Query(question.strip(), k, Readable(self._db, version, principal))
        return self._search.healed(version, lambda: self._traced(query, chosen))

    def save(self, principal: Principal, collection: str, settings: RetrievalSettings) -> UUID | None:
        """Makes `settings` the collection's. With a golden set that is a run (its id) which measures both first and
        saves them only if they are no worse; without one they count at once."""
        if not principal.may(Permission.CORPORA_MANAGE):
            raise Forbidden
        with self._db.begin() as tx:
            corpus = self._collections.find(tx, principal, collection)
            measurable = tx.golden.count(corpus.id).total
            if not measurable:
                tx.retrieval_settings.keep(corpus.id, checked(settings))
                tx.collections.touch_revision(corpus.id)
                tx.audit.write(principal, "retrieval.settings", "collection", corpus.name)
        return self._runs.start(principal, collection, settings=settings, apply=True) if measurable else None

    def _traced(self, query: Query, settings: RetrievalSettings) -> Trace:
        steps = Steps()
        legs = self._retriever.legs(query)
        steps.done("legs")
        ranking = self._retriever.rank(query, legs, settings)
        steps.done("ranking")
        found = self._retriever.judged(query, legs, ranking, settings)
        steps.done("evidence")
        answered = for_answer(found, settings)
        steps.done("context")
        texts = query.readable.passages([key for key, _ in (*legs.lexical[:LEG_HITS], *(legs.vector or ())[:LEG_HITS])])
        return Trace(
            retrieval=found,
            for_answer=answered,
            lexical=_shown(legs.lexical, texts),
            vector=None if legs.vector is None else _shown(legs.vector, texts),
            copies=ranking.copies,
            timings={**legs.timings, **{name: took for name, took in steps.took.items() if name != "legs"}},
            settings=settings,
            exhaustive=legs.exhaustive,
        )


def _shown(hits: Hits, texts: Mapping[UUID, Passage]) -> tuple[LegHit, ...]:
    ranked = enumerate(hits[:LEG_HITS], start=1)
    return tuple(LegHit(rank, score, texts[key]) for rank, (key, score) in ranked if key in texts)
