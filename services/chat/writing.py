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
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID

from core.entities.messages import Message, MessageStatus
from core.errors import NichewiseError, NotFound, NotReady
from services.answer.job import Job
from services.answer.pipeline import Pipeline
from services.answer.save import Save
from services.chat.admission import Admission
from services.chat.saving import Saver
from services.chat.streams import TurnEvent
from services.models.engine import Engine

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Writer:
    """`write` starts an answer from any thread; `stop` ends it with what it has."""

    def __init__(self, engine: Engine, pipeline: Pipeline, save: Save, admission: Admission | None = None) -> None:
        self._engine, self._pipeline, self._save, self._admission = engine, pipeline, save, admission
        self._lock = threading.Lock()
        self._saving = ThreadPoolExecutor(max_workers=4, thread_name_prefix="save")
        self._running: dict[UUID, Job] = {}
        self._saver = Saver(self.running, save.partial, _cancel, self._saving)
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
        self._pipeline.close()
        self._saving.shutdown()

    # --- on the loop ------------------------------------------------------------------------------------------------

    async def _write(self, job: Job) -> None:
        job.task = asyncio.current_task()
        self._saver.begin()
        try:
            status = await self._end_of_draft(job)
            job.ending = True  # from here on it cannot be stopped: it is saved
            await self._finish(job, status)
        finally:
            self._running.pop(job.message_id, None)
            job.ended.set()

    async def _end_of_draft(self, job: Job) -> MessageStatus:
        try:
            if not job.stopping:
                await self._pipeline.run(job)
                return MessageStatus.COMPLETE
        except asyncio.CancelledError:
            _log.info("Answer %s was stopped", job.message_id)
        except NichewiseError as error:
            job.error = error
        except Exception:
            job.error = _unexpected(job)
        return MessageStatus.FAILED if job.error else MessageStatus.STOPPED

    async def _finish(self, job: Job, status: MessageStatus) -> None:
        """Saves first and reports then: who sees `done` finds the same in the database."""
        try:
            message = await self._in_save_pool(self._end, job, status)
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

    def _end(self, job: Job, status: MessageStatus) -> Message | None:
        message = self._save.end(job, status)
        if message is not None and self._admission is not None and job.draft is not None and job.draft.stopped_by:
            self._admission.stopped(job.principal, job.draft.stopped_by, job.draft.cut)
        return message


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
