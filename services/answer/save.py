"""The stage that keeps an answer: its text, what it carries, how it was routed and made, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from core.entities.answers import Content
from core.entities.messages import Action, Message, MessageStatus, Usage
from core.entities.retrieval import Citation
from core.entities.usage import Activity, Spent
from core.errors import NotFound
from core.i18n import translate_error
from data.database import Database
from data.stores.messages import Written
from rag.answering import Draft
from rag.citations import Gate, snapshots
from services.answer import cache as kept_answers
from services.answer.cache import AnswerCache
from services.answer.job import Job
from services.chat import usage
from services.chat.limits import Limits
from services.chat.routing import Routing


class Save:
    def __init__(self, db: Database, routing: Routing | None, cache: AnswerCache, locale: str) -> None:
        self._db, self._routing, self._cache, self._locale = db, routing, cache, locale

    def partial(self, texts: Mapping[UUID, str]) -> set[UUID]:
        """Keeps the texts so far; which of the answers go on: the others were stopped from elsewhere, or deleted."""
        with self._db.begin() as tx:
            return tx.messages.save_partial(texts)

    def end(self, job: Job, status: MessageStatus) -> Message | None:
        """The message as it is kept; None where it was deleted meanwhile, or put into the trash."""
        started = time.perf_counter()
        written, content = _written(job, status, self._locale), _content(job)
        with self._db.begin() as tx:
            Limits.count(tx, job.principal, usage.record(tx, job.principal, _spent(job, written.scenario)))
            cited = tx.messages.finish(job.message_id, written)
            if cited is None:
                return None
            if job.decision is not None and self._routing is not None:
                self._routing.record(tx, job.message_id, job.decision)
            state = kept_answers.new_state(job)
            if state is not None and job.scenario is not None:
                tx.conversations.find(job.principal, job.conversation_id, lock=True)
                tx.answers.remember(job.conversation_id, job.scenario.name, state)
            job.recorder.add("save", (time.perf_counter() - started) * 1000, {})
            tx.answers.keep(job.message_id, content, job.recorder.trace)
            try:
                message = tx.messages.finished(job.principal, job.message_id, cited, content)
            except NotFound:
                return None  # in the trash: it is kept, in case it is taken out again
        self._cache.keep(job, written, content)
        return message


def _spent(job: Job, scenario: str) -> list[Spent]:
    """By whichever model: what its words cost stays its own where the gate has put a quotation in their place."""
    spent = [
        Spent(f"message:{job.message_id}:{one.about}", Activity.ASSISTANT, one.provider, one.model, one.usage, scenario)
        for one in job.asides
    ]
    if job.draft is not None:
        asked, key = job.draft.choice, f"message:{job.message_id}"
        spent.append(Spent(key, Activity.ASSISTANT, asked.provider.name, asked.model, job.draft.usage, scenario))
    return spent


def _content(job: Job) -> Content:
    """What is attached when the text has ended."""
    if job.kept is not None:
        return kept_answers.content_of(job.kept)
    if job.reply is not None:
        reply = job.reply
        return Content(reply.fields, reply.stage, reply.choices, reply.dashboard)
    writing, draft = job.writing, job.draft
    if writing is None or draft is None or draft.action is Action.BLOCKED:
        return Content()
    if draft.action is Action.REFUSE:
        return Content(choices=writing.choices_if_refused)
    return Content({**draft.fields, **writing.fields}, None, writing.choices, writing.dashboard or draft.dashboard)


def _written(job: Job, status: MessageStatus, locale: str) -> Written:
    text, citations = _cited(job)
    written = Written(
        text=text,
        status=status,
        action=job.reply.action if job.reply else Action.ANSWER,
        provider=job.ask.provider or "",
        model=job.ask.model or "",
        usage=Usage(0, 0, estimated=False),
        took_ms=round((time.monotonic() - job.started) * 1000),
        error=translate_error(job.principal.locale or locale, job.error) if job.error else "",
        evidence=job.retrieval.evidence if job.retrieval else None,
        citations=citations,
        params=job.ask.params.given(),
        scenario=job.scenario.name if job.scenario else "",
        collection=job.collection.name if job.collection else "",
    )
    if job.kept is not None:
        return _again(written, job.kept)
    return _drafted(written, job.draft) if job.draft is not None else written


def _drafted(written: Written, draft: Draft) -> Written:
    return replace(
        written,
        text=draft.text,
        action=draft.action,
        provider=draft.provider,
        model=draft.model,
        usage=draft.usage,
        citations=draft.citations,
        params={**written.params, **_reported(draft)},
    )


def _again(written: Written, kept: Mapping[str, Any]) -> Written:
    """A kept answer: nothing was spent on it now."""
    return replace(
        written,
        action=Action(kept["action"]),
        provider=kept["provider"],
        model=kept["model"],
        evidence=kept["evidence"],
        citations=kept_answers.citations_of(kept),
        params=kept["params"],
        scenario=kept["scenario"],
        collection=kept["collection"],
    )


def _cited(job: Job) -> tuple[str, tuple[Citation, ...]]:
    """A ready reply through the gate: its [n] are passages that were found for it, or they are not shown."""
    if job.reply is None:
        return job.text, ()
    passages = job.reply.retrieval.passages if job.reply.retrieval else ()
    gate = Gate(range(1, len(passages) + 1))
    text = gate.feed(job.text) + gate.close()
    return text, snapshots(passages, gate.cited)


def _reported(draft: Draft) -> dict[str, object]:
    """What of the request did not reach the model: parameters it cannot apply, passages and turns without room."""
    said: dict[str, object] = {"ignored": list(draft.ignored)} if draft.ignored else {}
    prompt = draft.prompt
    if prompt and (prompt.dropped_passages or prompt.dropped_turns):
        said["dropped"] = {"passages": prompt.dropped_passages, "turns": prompt.dropped_turns}
    return said
