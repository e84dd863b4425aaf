"""The stage that searches: one collection, or the files dropped into the conversation, and what was found before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import scenarios
from core.entities.corpora import Collection, Document
from core.entities.people import Principal
from core.entities.retrieval import Retrieval
from core.errors import NotFound
from core.i18n import N_, translate
from data.database import Database
from data.stores.collections import PERSONAL
from rag import followups, several
from rag.citations import neutral
from rag.shown import Delta
from services.answer import coming
from services.answer.cache import AnswerCache, Retrievals, normal
from services.answer.job import Job
from services.corpora.collections import Collections

PASSAGES = 8
_SEARCHED_FOR = N_("Searched for: “%(question)s”")


class Retrieve(Protocol):
    """The search that answers stand on; `among` narrows it to these documents."""

    def __call__(
        self, principal: Principal, collection: str, question: str, k: int, among: Sequence[UUID] = ()
    ) -> Retrieval: ...


class Search:
    def __init__(
        self, db: Database, collections: Collections, retrieve: Retrieve, cache: AnswerCache, kept: Retrievals
    ) -> None:
        self._db, self._collections, self._retrieve, self._cache, self._kept = db, collections, retrieve, cache, kept

    def collection(self, job: Job) -> Collection:
        """Where the scenario of `job` is looked up; raises `NotFound` where the person may not read it."""
        assert job.scenario is not None  # noqa: S101 - the router has settled it
        name = PERSONAL if job.attached and not job.ask.collection else job.scenario.collection
        with self._collections.looking(name) as tx:
            return self._collections.find(tx, job.principal, name)

    def evidence(self, job: Job, scenario: str, question: str = "") -> Retrieval | None:
        """What the collection of `scenario` has on `question`, else on that of the job; None where there is no such
        collection to read."""
        try:
            with self._db.read() as tx:
                collection = self._collections.find(tx, job.principal, scenarios.get(scenario).collection)
        except NotFound:
            return None
        return self._found(job, collection, scenario, question or job.query)[0]

    def look(self, job: Job) -> None:
        """Puts what answers `job.query` into `job.retrieval`."""
        collection, scenario = job.collection, job.scenario
        assert collection is not None and scenario is not None  # noqa: PT018, S101 - the caller has settled them
        with job.recorder.step("retrieve") as step:
            job.retrieval, cached = self._found(job, collection, scenario.name, job.query)
            if not job.retrieval.answerable:
                cached = self._read_otherwise(job, collection, scenario.name) or cached
            if parts := several.questions(job.query, job.language):
                self._look_for_each(job, collection, scenario.name, parts)
            elif normal(job.retrieval.question) != normal(job.query):
                job.query, job.spelt = job.retrieval.question, True
                job.note = translate(job.retrieval.language, _SEARCHED_FOR, question=neutral(job.query))
                step["query"] = job.query
            step |= {"cached": cached} | _shown(job.retrieval, collection)

    def _read_otherwise(self, job: Job, collection: Collection, scenario: str) -> bool:
        """A question that nothing answers as it is searched may be answered by the part of it that asks."""
        for part in followups.narrower(job.question, job.query):
            found, cached = self._found(job, collection, scenario, part)
            if found.answerable:
                job.retrieval, job.query = found, part
                return cached
        return False

    def _look_for_each(self, job: Job, collection: Collection, scenario: str, parts: Sequence[str]) -> None:
        """The questions of one message, each for itself, where any of them has an answer."""
        found = [self._found(job, collection, scenario, part)[0] for part in parts]
        if any(one.answerable for one in found):
            job.parts = tuple((one.question, one.answerable) for one in found)
            job.retrieval = several.joined(job.query, found)

    def _found(self, job: Job, collection: Collection, scenario: str, question: str) -> tuple[Retrieval, bool]:
        """The passages, and whether they were known: unchanged collections are not searched twice."""
        with self._db.read() as tx:
            job.told = tx.instructions.in_force(job.principal.role, scenario)
            job.revision = self._cache.revision(tx, job, collection.id, job.told)
        among = tuple(document.id for document in job.attached) if collection.name == PERSONAL else ()
        key = (collection.id, job.revision, normal(question), among)
        known = self._kept.get(key)
        if known is not None:
            return known, True
        found = self._search(job.principal, collection.name, question, among)
        self._kept.put(key, found)
        return found, False

    def _search(self, principal: Principal, collection: str, query: str, among: Sequence[UUID]) -> Retrieval:
        if among:
            return self._retrieve(principal, collection, query, PASSAGES, among)
        return self._retrieve(principal, collection, query, PASSAGES)

    def coming(self, job: Job) -> Delta | None:
        """Has a refusal say that documents are still on their way."""
        return coming.told(self._db, job)

    def files(self, job: Job) -> tuple[Document, ...]:
        """The files dropped into the conversation, as they are now."""
        with self._db.read() as tx:
            return tuple(tx.attachments.of(job.principal, job.conversation_id))


def _shown(found: Retrieval, collection: Collection) -> dict[str, object]:
    return {
        "collection": collection.name,
        "evidence": round(found.evidence, 3),
        "threshold": found.threshold,
        "degraded": found.degraded,
        "merged": found.merged,
        "over_budget": len(found.dropped),
        "passages": [
            {
                "document_id": str(passage.document_id),
                "title": passage.title,
                "page": passage.page,
                "score": round(passage.score, 3),
                "vector": passage.vector,
                "lexical": passage.lexical,
                "similarity": round(passage.similarity, 3) if passage.similarity is not None else None,
            }
            for passage in found.passages
        ],
    }
