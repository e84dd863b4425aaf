from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
import pytest
from procrastinate import App, exceptions
from procrastinate.jobs import Job, Status

from jobs.app import create

QUEUE = ["ingest"]


@dataclass
class Queue:
    """The ingest queue of an app with one worker."""

    app: App
    worker: int
    database: psycopg.Connection[tuple[int, str]]

    def put(self, *, priority: int = 0, lock: str | None = None) -> int:
        row = self.database.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock)"
            " VALUES ('ingest', 'ingest', %s, %s) RETURNING id, ''",
            (priority, lock),
        ).fetchone()
        assert row
        return row[0]

    async def fetch(self) -> Job | None:
        return await self.app.job_manager.fetch_job(QUEUE, self.worker)

    async def fetched(self) -> list[int]:
        """All that there is to fetch."""
        found = []
        while (job := await self.fetch()) is not None:
            assert job.id
            found.append(job.id)
        return found

    async def finish(self, job_id: int) -> None:
        await self.app.job_manager.finish_job_by_id_async(job_id, Status.SUCCEEDED, True)

    def left(self) -> dict[int, str]:
        return dict(self.database.execute("SELECT id, status::text FROM procrastinate_jobs"))


@pytest.fixture
def scene(database_url: str) -> Callable[[Callable[[Queue], Awaitable[None]]], None]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Queue]:
        app = create(database_url)
        with psycopg.connect(database_url, autocommit=True) as database:
            async with app.open_async():
                yield Queue(app, await app.job_manager.register_worker(), database)

    def play(act: Callable[[Queue], Awaitable[None]]) -> None:
        async def run() -> None:
            async with opened() as queue:
                await act(queue)

        asyncio.run(run())

    return play


Play = Callable[[Callable[[Queue], Awaitable[None]]], None]


def test_jobs_come_once_each_the_most_important_first_then_the_oldest(scene: Play) -> None:
    async def act(queue: Queue) -> None:
        ordinary = [queue.put() for _ in range(40)]
        urgent = [queue.put(priority=5) for _ in range(3)]
        assert await queue.fetched() == [*urgent, *ordinary]
        assert set(queue.left().values()) == {"doing"}

    scene(act)


def test_of_jobs_with_one_lock_the_second_waits_for_the_end_of_the_first(scene: Play) -> None:
    async def act(queue: Queue) -> None:
        first, second, other = queue.put(lock="a"), queue.put(lock="a"), queue.put(lock="b")
        assert await queue.fetched() == [first, other]
        await queue.finish(first)
        assert await queue.fetched() == [second]

    scene(act)


def test_what_was_claimed_and_not_begun_waits_again_when_the_worker_ends(scene: Play) -> None:
    async def act(queue: Queue) -> None:
        ids = [queue.put() for _ in range(5)]
        job = await queue.fetch()
        assert job
        await queue.app.job_manager.unregister_worker(queue.worker)
        assert queue.left() == {ids[0]: "doing", **dict.fromkeys(ids[1:], "todo")}
        queue.worker = await queue.app.job_manager.register_worker()
        assert await queue.fetched() == ids[1:]

    scene(act)


def test_a_job_that_is_gone_keeps_none_of_those_that_end_with_it(scene: Play) -> None:
    async def act(queue: Queue) -> None:
        ids = [queue.put() for _ in range(20)]
        await queue.fetched()
        queue.database.execute("DELETE FROM procrastinate_jobs WHERE id = %s", (ids[7],))
        ended = await asyncio.gather(*map(queue.finish, ids), return_exceptions=True)
        assert [isinstance(one, exceptions.ConnectorException) for one in ended] == [n == 7 for n in range(20)]
        assert queue.left() == {}

    scene(act)


def test_other_queues_are_fetched_one_by_one(scene: Play) -> None:
    async def act(queue: Queue) -> None:
        queue.put()
        queue.put()
        queue.database.execute("UPDATE procrastinate_jobs SET queue_name = 'text'")
        assert await queue.app.job_manager.fetch_job(["text"], queue.worker) is not None
        assert sorted(queue.left().values()) == ["doing", "todo"]

    scene(act)
