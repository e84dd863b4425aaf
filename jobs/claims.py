"""Many short jobs for the price of a few statements: documents are fetched and finished in groups.

Each job is still a row of its own, taken and ended once, with the worker's heartbeat; only the statements are shared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from procrastinate import exceptions
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

_TOGETHER = 16  # claimed at once; those beyond the first wait in this process for a free place

# As procrastinate's own function does it for one job.
_CLAIM = """
    WITH candidate AS (
        SELECT job.id FROM procrastinate_jobs job
        WHERE job.status = 'todo' AND job.queue_name = ANY(%(queues)s::varchar[])
          AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
          AND NOT EXISTS (
              SELECT FROM procrastinate_jobs other
              WHERE job.lock IS NOT NULL AND other.lock = job.lock AND (
                  other.status = 'doing' OR other.status = 'todo' AND (
                      other.priority > job.priority OR other.priority = job.priority AND other.id < job.id)))
        ORDER BY job.priority DESC, job.id LIMIT %(most)s
        FOR UPDATE OF job SKIP LOCKED
    )
    UPDATE procrastinate_jobs job SET status = 'doing', worker_id = %(worker_id)s
    FROM candidate WHERE job.id = candidate.id
    RETURNING job.id, job.status, job.task_name, job.priority, job.lock, job.queueing_lock, job.args,
        job.scheduled_at, job.queue_name, job.attempts, job.worker_id
"""
_FINISH = """
    SELECT procrastinate_finish_job_v1(ended.id, ended.status::procrastinate_job_status, ended.gone)
    FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(gone)s::boolean[]) AS ended (id, status, gone)
"""
_GIVE_BACK = """
    UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL
    WHERE id = ANY(%(ids)s::bigint[]) AND status = 'doing' AND worker_id = %(worker_id)s
"""

Ended = tuple[int, str, bool]  # the job's id, its status, whether its row goes


class Claims(JobManager):
    """Claims in groups what is in one of `grouped` queues; for a worker that serves no other."""

    def __init__(self, connector: Any, grouped: Iterable[str]) -> None:
        super().__init__(connector)
        self._grouped = frozenset(grouped)
        self._claimed: dict[int, list[Job]] = {}  # by worker, the next one last
        self._ending: list[tuple[Ended, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        wanted = list(queues or ())
        if not wanted or not self._grouped.issuperset(wanted):
            found: Job | None = await super().fetch_job(queues, worker_id)
            return found
        waiting = self._claimed.setdefault(worker_id, [])
        if not waiting:
            rows = await self.connector.execute_query_all_async(
                query=_CLAIM, queues=wanted, worker_id=worker_id, most=_TOGETHER
            )
            jobs = [Job.from_row(row) for row in rows]
            waiting.extend(sorted(jobs, key=lambda job: (job.priority, -(job.id or 0))))
        return waiting.pop() if waiting else None

    async def unregister_worker(self, worker_id: int) -> None:
        """Gives back what the worker has claimed and not begun."""
        if begun_by_nobody := self._claimed.pop(worker_id, []):
            ids = [job.id for job in begun_by_nobody]
            await self.connector.execute_query_async(query=_GIVE_BACK, ids=ids, worker_id=worker_id)
        await super().unregister_worker(worker_id)

    async def finish_job_by_id_async(self, job_id: int, status: Status, delete_job: bool) -> None:
        """Jobs that end while a statement is under way are ended by the next one."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ending.append(((job_id, status.value, delete_job), done))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        while self._ending:
            taken, self._ending = self._ending, []
            try:
                await self._finish([ended for ended, _ in taken])
            except Exception as error:  # handed to those who wait for it
                await self._finish_alone(taken, error)
            else:
                for _, done in taken:
                    _settle(done, None)

    async def _finish_alone(self, taken: list[tuple[Ended, asyncio.Future[None]]], error: Exception) -> None:
        """One that is gone already must not keep the others from their end."""
        for ended, done in taken:
            if len(taken) > 1:
                try:
                    await self._finish([ended])
                except exceptions.ProcrastinateException as its_own:
                    error = its_own
                else:
                    _settle(done, None)
                    continue
            _settle(done, error)

    async def _finish(self, ended: list[Ended]) -> None:
        ids, statuses, gone = zip(*ended, strict=True)
        await self.connector.execute_query_async(query=_FINISH, ids=list(ids), statuses=list(statuses), gone=list(gone))


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():  # whoever waited has left
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
