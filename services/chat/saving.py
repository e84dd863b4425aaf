"""Saves what the running answers have so far: all that changed in one transaction, twice a second."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor
from uuid import UUID

from services.answer.job import Job

SAVE_SECONDS = 0.5
HEARTBEAT_SECONDS = 2.0  # also how soon an answer notices that another process stopped it

_log = logging.getLogger(__name__)


class Saver:
    """Works on the loop of the answers while there are `running` ones. `save` keeps texts by id and returns the ids of
    those that go on; `gone` is told each that does not: it was stopped by another process, or deleted."""

    def __init__(
        self,
        running: Callable[[], Collection[Job]],
        save: Callable[[Mapping[UUID, str]], Collection[UUID]],
        gone: Callable[[Job], None],
        pool: Executor,
    ) -> None:
        self._running, self._save, self._gone, self._pool = running, save, gone, pool
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """On the loop, with every answer that begins."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._keep_saving())

    async def _keep_saving(self) -> None:
        saved: dict[UUID, tuple[str, float]] = {}  # the text that was saved last, and when
        while jobs := {job.message_id: job for job in self._running()}:
            now = time.monotonic()
            saved = {one: saved.get(one, ("", now)) for one in jobs}
            changed = {one: job.text for one, job in jobs.items() if _due(job.text, *saved[one], now)}
            if changed:
                try:
                    goes_on = await asyncio.get_running_loop().run_in_executor(self._pool, self._save, changed)
                except Exception:  # the database may be back for the next save, and the answers can still be shown
                    _log.exception("The partial texts of %s answers were not saved", len(changed))
                else:
                    saved |= {one: (text, now) for one, text in changed.items()}
                    for lost in changed.keys() - set(goes_on):
                        self._gone(jobs[lost])
            await asyncio.sleep(SAVE_SECONDS)


def _due(text: str, saved: str, at: float, now: float) -> bool:
    return text != saved or now - at >= HEARTBEAT_SECONDS
