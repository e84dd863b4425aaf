from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

import pytest

from services.files.batching import Batcher, Stopped, Traffic


class Held:
    """Work that doubles its items, and waits in its first call until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.began, self.go_on = threading.Event(), threading.Event()

    def __call__(self, items: list[int]) -> list[int]:
        self.calls.append(items)
        self.began.set()
        self.go_on.wait(10)
        return [item * 2 for item in items]


def run(scene: Coroutine[Any, Any, None]) -> None:
    async def timely() -> None:
        async with asyncio.timeout(10):
            await scene

    asyncio.run(timely())


async def arrived(*tasks: asyncio.Task[Any]) -> None:
    """Lets the tasks run up to where they wait."""
    for _ in tasks:
        await asyncio.sleep(0)


def test_what_arrives_during_a_call_goes_into_the_next_one_together() -> None:
    async def scene() -> None:
        work = Held()
        batcher = Batcher(work, limit=3)
        first = asyncio.create_task(batcher(0))
        await asyncio.to_thread(work.began.wait, 10)
        others = [asyncio.create_task(batcher(n)) for n in range(1, 6)]
        await arrived(*others)
        work.go_on.set()
        assert await asyncio.gather(first, *others) == [0, 2, 4, 6, 8, 10]
        assert [len(call) for call in work.calls] == [1, 3, 2]

    run(scene())


def test_a_list_waits_for_those_who_are_on_their_way_and_for_nobody_else() -> None:
    async def scene() -> None:
        work, traffic = Held(), Traffic()
        work.go_on.set()
        batcher = Batcher(work, limit=3, traffic=traffic, linger=60)
        with traffic.passing(), traffic.passing():
            first = asyncio.create_task(batcher(1))
            await arrived(first)
            assert work.calls == []
            assert list(await asyncio.gather(first, batcher(2))) == [2, 4]
        assert await batcher(3) == 6
        assert [len(call) for call in work.calls] == [2, 1]

    run(scene())


def test_a_list_that_weighs_enough_waits_for_nobody() -> None:
    async def scene() -> None:
        work, traffic = Held(), Traffic()
        work.go_on.set()
        batcher = Batcher(work, limit=10, traffic=traffic, enough=5, linger=60)
        with traffic.passing(), traffic.passing():
            assert await batcher(1, 5) == 2

    run(scene())


def test_one_bad_item_costs_nobody_else_anything() -> None:
    async def scene() -> None:
        traffic = Traffic()
        batcher: Batcher[int, float] = Batcher(
            lambda items: [1 / item for item in items], limit=10, traffic=traffic, linger=60
        )
        with traffic.passing(), traffic.passing(), traffic.passing():
            good, bad, other = await asyncio.gather(batcher(4), batcher(0), batcher(1), return_exceptions=True)
        assert [good, other] == [0.25, 1.0]
        assert isinstance(bad, ZeroDivisionError)

    run(scene())


def test_an_item_heavier_than_the_limit_still_goes_alone() -> None:
    async def scene() -> None:
        batcher: Batcher[str, str] = Batcher(lambda items: items, limit=2)
        assert await batcher("heavy", 50) == "heavy"

    run(scene())


def test_a_stop_ends_the_waiting_and_refuses_what_comes_later() -> None:
    async def scene() -> None:
        work = Held()
        batcher = Batcher(work, limit=1)
        running = asyncio.create_task(batcher(1))
        await asyncio.to_thread(work.began.wait, 10)
        waiting = asyncio.create_task(batcher(2))
        await arrived(waiting)
        batcher.stop()
        work.go_on.set()
        assert await running == 2
        with pytest.raises(Stopped):
            await waiting
        with pytest.raises(Stopped):
            await batcher(3)

    run(scene())
