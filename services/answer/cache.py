"""The stage that gives the same answer to the same question: by exact match, while nothing that it stands on changed.

Answers are kept in PostgreSQL, sealed: they cost seconds of a model and are shared by every process and by everybody
who may read the same. What was retrieved costs milliseconds and is kept in this process's memory.
"""

from __future__ import annotations

import hashlib
import json
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import scenarios
from core.entities.answers import Choice, Content
from core.entities.conversations import Instructions
from core.entities.messages import Action, MessageStatus
from core.entities.retrieval import Citation, Retrieval
from data.database import Database
from data.stores.messages import Written
from data.transaction import Stores
from rag.providers import AUTO
from scenarios.router import DecidedBy, Decision, Route
from services.answer.job import Job

FORMAT = 3  # of the key and of what is kept: another one finds nothing of the old
_KEPT_SCENARIOS = ("FAQ", "DOCUMENTS")  # figures are queried anew every time, small talk and registration are personal
_MOST_RETRIEVALS = 256


class AnswerCache:
    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, job: Job) -> bool:
        """Whether the answer is there; `job` then has it in `kept`."""
        if not _repeatable(job):
            return False
        job.key = key_of(job)
        if job.fresh:
            return False
        with self._db.read() as tx:
            found = tx.kept_answers.find(job.key)
            if found is None:
                return False
            told = tx.instructions.in_force(job.principal.role, found[2]["scenario"])
            if self.revision(tx, job, found[0], told) != found[1]:
                return False
        with self._db.begin() as tx:
            tx.kept_answers.used(job.key)
        job.kept = found[2]
        return True

    def revision(self, tx: Stores, job: Job, collection_id: UUID, told: Instructions | None) -> str:
        """Changes with what the person can read there, and with what models are told."""
        settings = tx.retrieval_settings.of(collection_id)
        readable = tx.kept_answers.revision(job.principal, collection_id)
        return f"{told.version if told else 0}:{readable}:{settings}"

    def keep(self, job: Job, written: Written, content: Content) -> None:
        """Keeps an answer that is complete, under the revision that it was made at."""
        worth = written.status is MessageStatus.COMPLETE and written.action in (Action.ANSWER, Action.REFUSE)
        degraded = job.retrieval is None or job.retrieval.degraded
        if not (worth and job.key and job.revision and job.collection) or degraded or job.kept is not None:
            return
        if job.scenario is None or job.scenario.name not in _KEPT_SCENARIOS:
            return
        documents = {one.document_id for one in written.citations if one.document_id}
        with self._db.begin() as tx:
            answer = _packed(job, written, content)
            tx.kept_answers.keep(job.key, job.collection.id, job.revision, answer, documents)


def _repeatable(job: Job) -> bool:
    personal = job.state or job.ask.picked or job.ask.form or not job.ask.retrieval
    return not personal


def key_of(job: Job) -> bytes:
    """What an answer depends on, apart from what the collection holds and the person may read there."""
    choice = job.candidates[0]
    parts = [
        FORMAT,
        normal(job.question),
        [(turn.author, turn.text) for turn in job.history],
        job.principal.role,
        job.collection.id if job.collection else None,
        job.scenario.name if job.scenario else None,
        [document.id for document in job.attached],
        choice.provider.name,
        choice.model,
        job.ask.provider or AUTO,
        job.ask.params.given(),
        job.rules,
        scenarios.version(),
    ]
    return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).digest()


def normal(question: str) -> str:
    """Alike for questions that differ in case, blanks and the mark at their end, and in nothing else."""
    return " ".join(unicodedata.normalize("NFKC", question).casefold().split()).rstrip(" ?.!…")


# --- what is kept, as JSON ------------------------------------------------------------------------------------------


def _packed(job: Job, written: Written, content: Content) -> dict[str, Any]:
    decision = job.decision
    return {
        "text": written.text,
        "action": written.action,
        "scenario": written.scenario,
        "collection": written.collection,
        "provider": written.provider,
        "model": written.model,
        "evidence": written.evidence,
        "citations": [asdict(one) for one in written.citations],
        "params": dict(written.params),
        "content": asdict(content),
        "query": job.query,
        "state": dict(state) if (state := new_state(job)) is not None else None,
        "decision": {
            "scenario": decision.scenario,
            "scores": dict(decision.scores),
            "reason": decision.reason,
            "decided_by": decision.decided_by,
        }
        if decision
        else None,
    }


def new_state(job: Job) -> Mapping[str, Any] | None:
    """What the scenario wants kept of the conversation; None leaves what there is."""
    if job.kept is not None:
        state: Mapping[str, Any] | None = job.kept["state"]
        return state
    ended = job.reply or job.writing
    return ended.state if ended else None


def decision_of(kept: Mapping[str, Any]) -> Decision | None:
    made = kept["decision"]
    if made is None:
        return None
    return Decision(Route(made["scenario"]), made["scores"], made["reason"], DecidedBy(made["decided_by"]))


def content_of(kept: Mapping[str, Any]) -> Content:
    content = kept["content"]
    choices = tuple(Choice(**one) for one in content["choices"])
    return Content(content["fields"], content["stage"], choices, content["dashboard"])


def citations_of(kept: Mapping[str, Any]) -> tuple[Citation, ...]:
    return tuple(
        Citation(**{**one, "chunk_id": _id(one["chunk_id"]), "document_id": _id(one["document_id"])})
        for one in kept["citations"]
    )


def _id(value: str | None) -> UUID | None:
    return UUID(value) if value else None


class Retrievals:
    """What was retrieved, by question and revision: a bounded memory, in which nothing is ever stale."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], Retrieval] = OrderedDict()

    def get(self, key: tuple[object, ...]) -> Retrieval | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: tuple[object, ...], retrieval: Retrieval) -> None:
        with self._lock:
            self._kept[key] = retrieval
            while len(self._kept) > _MOST_RETRIEVALS:
                self._kept.popitem(last=False)

    def forget_document(self, document_id: UUID) -> int:
        """Drops every retrieval with a passage of the document; returns how many."""
        with self._lock:
            gone = [
                key
                for key, kept in self._kept.items()
                if any(passage.document_id == document_id for passage in kept.passages)
            ]
            for key in gone:
                del self._kept[key]
        return len(gone)
