"""Writes answers: one asyncio task each, on one event loop in a thread of its own.

The loop is not the web server's: pages (threads), voice, REST and tests all start answers, a busy screen must not delay
the tokens of others, and an answer must outlive whoever follows it. Everything synchronous (retrieval, SQL) runs in
bounded thread pools; no database connection is held while the model is waited for.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from core.entities import Action, Collection, Message, MessageStatus, Principal, Retrieval, Usage
from core.errors import NichewiseError, NotFound, NotReady, ProviderBusy, ProviderUnavailable
from core.i18n import translate_error
from data.database import Database
from data.stores.messages import Written
from rag.answering import Draft
from rag.guardrails import OutputFilter
from rag.language import detect
from rag.prompting import Brief
from rag.providers.choice import Choice
from scenarios import Scenario, Turn
from services.admission import Admission
from services.asking import Ask
from services.engine import Engine
from services.streams import Stream, TurnEvent

SAVE_SECONDS = 0.5
HEARTBEAT_SECONDS = 2.0  # also how soon an answer notices that another process stopped it
PASSAGES = 8

_T = TypeVar("_T")
Retrieve = Callable[[Principal, str, str, int], Retrieval]
_log = logging.getLogger(__name__)


@dataclass
class Job:
    """One answer on its way. `collection` is None when documents are switched off."""

    principal: Principal
    message_id: UUID
    ask: Ask
    question: str
    scenario: Scenario
    collection: Collection | None
    history: tuple[Message, ...]
    stream: Stream = field(default_factory=Stream)
    draft: Draft | None = None
    output: OutputFilter | None = None
    retrieval: Retrieval | None = None
    error: NichewiseError | None = None
    started: float = field(default_factory=time.monotonic)
    task: asyncio.Task[Any] | None = None  # once it runs
    stopping: bool = False
    ending: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def text(self) -> str:
        return self.draft.text if self.draft else ""


class Writer:
    """`write` starts an answer from any thread; `stop` ends it with what it has."""

    def __init__(self, engine: Engine, db: Database, retrieve: Retrieve, admission: Admission | None = None) -> None:
        self._engine, self._db, self._retrieve, self._admission = engine, db, retrieve, admission
        self._lock = threading.Lock()
        self._retrieving = ThreadPoolExecutor(max_workers=4, thread_name_prefix="retrieve")
        self._saving = ThreadPoolExecutor(max_workers=4, thread_name_prefix="save")
        self._running: dict[UUID, Job] = {}
        self._closed = False

    # --- from any thread --------------------------------------------------------------------------------------------

    def write(self, job: Job) -> None:
        with self._lock:
            if self._closed:
                raise NotReady
            self._running[job.message_id] = job
            self._engine.run(self._write(job))

    def find(self, message_id: UUID) -> Job | None:
        """The answer, if this process is writing it."""
        return self._running.get(message_id)

    def running(self) -> list[Job]:
        return list(self._running.values())

    def stop(self, job: Job) -> None:
        """Its stream ends soon with a `done` that holds what there is; nothing happens if it has ended."""
        self._engine.soon(_cancel, job)

    def close(self) -> None:
        """Stops every answer, keeps what each has, and ends the threads."""
        with self._lock:
            self._closed = True
        for job in self.running():
            self.stop(job)
        for job in self.running():
            job.ended.wait(timeout=10)
        self._engine.close()
        self._retrieving.shutdown()
        self._saving.shutdown()

    # --- on the loop ------------------------------------------------------------------------------------------------

    async def _write(self, job: Job) -> None:
        job.task = asyncio.current_task()
        saver = asyncio.create_task(self._keep_saving(job))
        try:
            status = await self._end_of_draft(job)
            job.ending = True  # from here on it cannot be stopped: it is saved
            saver.cancel()
            with suppress(asyncio.CancelledError):
                await saver
            await self._finish(job, status)
        finally:
            self._running.pop(job.message_id, None)
            job.ended.set()

    async def _end_of_draft(self, job: Job) -> MessageStatus:
        try:
            if not job.stopping:
                await self._draft(job)
                return MessageStatus.COMPLETE
        except asyncio.CancelledError:
            _log.info("Answer %s was stopped", job.message_id)
        except NichewiseError as error:
            job.error = error
        except Exception:
            job.error = _unexpected(job)
        return MessageStatus.FAILED if job.error else MessageStatus.STOPPED

    async def _draft(self, job: Job) -> None:
        candidates = await self._engine.candidates(job.principal.role, job.ask.provider, job.ask.model)
        loop = asyncio.get_running_loop()
        turn = await loop.run_in_executor(self._retrieving, self._turn, job)
        brief = job.scenario.plan(turn)
        for choice in candidates:
            try:
                return await self._stream(job, brief, choice)
            except (ProviderUnavailable, ProviderBusy) as error:
                if choice is candidates[-1] or job.text:
                    raise
                _log.warning("Another provider answers %s: %s", job.message_id, error.message)

    async def _stream(self, job: Job, brief: Brief, choice: Choice) -> None:
        engine = self._engine
        job.draft = Draft(brief, choice, job.ask.params, engine.settings, engine.servers, job.output)
        async for delta in job.draft.write():
            job.stream.emit(TurnEvent("token", text=delta.text, replace=delta.replace))

    def _turn(self, job: Job) -> Turn:
        if self._admission is not None:
            job.output = self._admission.output_filter()
        if job.collection is None:
            return Turn(job.question, detect(job.question), job.history)
        job.retrieval = self._retrieve(job.principal, job.collection.name, job.question, PASSAGES)
        return Turn(job.question, job.retrieval.language, job.history, job.retrieval, job.collection.title)

    async def _keep_saving(self, job: Job) -> None:
        saved, at = "", time.monotonic()
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            text = job.text
            if text == saved and time.monotonic() - at < HEARTBEAT_SECONDS:
                continue
            try:
                goes_on = await self._in_save_pool(self._save_partial, job.message_id, text)
            except Exception:  # the database may be back for the next save, and the answer can still be shown
                _log.exception("The partial text of answer %s was not saved", job.message_id)
                continue
            saved, at = text, time.monotonic()
            if not goes_on:  # stopped by another process, or deleted
                _cancel(job)
                return

    async def _finish(self, job: Job, status: MessageStatus) -> None:
        """Saves first and reports then: who sees `done` finds the same in the database."""
        try:
            message = await self._in_save_pool(self._save, job, status)
            job.error = job.error or (NotFound() if message is None else None)
        except Exception:
            message, job.error = None, _unexpected(job)
        if job.error is not None:
            job.stream.emit(TurnEvent("error", error=job.error, message=message))
            return
        if message is not None and message.citations:
            job.stream.emit(TurnEvent("citations", citations=message.citations))
        job.stream.emit(TurnEvent("done", message=message))

    async def _in_save_pool(self, work: Callable[..., _T], *args: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._saving, work, *args)

    # --- in the save pool -------------------------------------------------------------------------------------------

    def _save_partial(self, message_id: UUID, text: str) -> bool:
        with self._db.begin() as tx:
            return tx.messages.save_partial(message_id, text)

    def _save(self, job: Job, status: MessageStatus) -> Message | None:
        with self._db.begin() as tx:
            if not tx.messages.finish(job.message_id, self._written(job, status)):
                return None
            message = tx.messages.find(job.principal, job.message_id)
        if self._admission is not None and job.draft is not None:
            self._admission.answered(job.principal, job.draft.usage, job.draft.stopped_by, job.draft.text)
        return message

    def _written(self, job: Job, status: MessageStatus) -> Written:
        draft, locale = job.draft, job.principal.locale or self._engine.settings.locale
        said = _reported(draft) if draft else {}
        return Written(
            text=job.text,
            status=status,
            action=draft.action if draft else Action.ANSWER,
            provider=draft.provider if draft else job.ask.provider or "",
            model=draft.model if draft else job.ask.model or "",
            usage=draft.usage if draft else Usage(0, 0, estimated=False),
            took_ms=round((time.monotonic() - job.started) * 1000),
            error=translate_error(locale, job.error) if job.error else "",
            evidence=job.retrieval.evidence if job.retrieval else None,
            citations=draft.citations if draft else (),
            params=job.ask.params.given() | said,
        )


def _reported(draft: Draft) -> dict[str, object]:
    """What of the request did not reach the model: parameters it cannot apply, passages and turns without room."""
    said: dict[str, object] = {"ignored": list(draft.ignored)} if draft.ignored else {}
    prompt = draft.prompt
    if prompt and (prompt.dropped_passages or prompt.dropped_turns):
        said["dropped"] = {"passages": prompt.dropped_passages, "turns": prompt.dropped_turns}
    return said


def _cancel(job: Job) -> None:
    """On the loop only, so that it cannot meet the task between its last word and its saving."""
    if not job.stopping and not job.ending:
        job.stopping = True
        if job.task is not None:
            job.task.cancel()


def _unexpected(job: Job) -> NichewiseError:
    reference = secrets.token_hex(4)
    _log.exception("Answer %s failed (reference %s)", job.message_id, reference)
    return NichewiseError(
        "Something went wrong (reference %(reference)s). Try again; if it happens again, tell an administrator.",
        reference=reference,
    )
