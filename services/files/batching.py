"""Group work: what callers bring while a call is running goes into the next call together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Stopped(Exception):
    """The process is shutting down; the work is resumed by the next one."""


class Traffic:
    """How many are on their way through the batchers: nobody must wait for company that cannot come."""

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def passing(self) -> Iterator[None]:
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1


@dataclass(slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    weight: int
    future: asyncio.Future[Result]

    def end(self, outcome: Result | Exception) -> None:
        if self.future.done():  # whoever waited has left
            return
        if isinstance(outcome, Exception):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


class Batcher(Generic[Item, Result]):
    """Runs `work` over lists of items, one list at a time, in a thread of the loop's pool. Lives on one event loop.

    `work` returns one result per item in their order. A list weighs at most `limit`, unless a single item does. When
    a list of several fails, each is tried alone, so that one bad item costs nobody else anything; `work` must bear
    being repeated. A list that weighs less than `enough` waits up to `linger` seconds for those of `traffic` that are
    still on their way: for work whose cost is in the call.
    """

    def __init__(
        self,
        work: Callable[[list[Item]], Sequence[Result]],
        limit: int,
        *,
        traffic: Traffic | None = None,
        enough: int = 0,
        linger: float = 0.0,
    ) -> None:
        self._work = work
        self._limit, self._enough = limit, enough or limit
        self._traffic, self._linger = traffic or Traffic(), linger
        self._waiting: list[_Waiting[Item, Result]] = []
        self._arrived = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._stopped = False

    async def __call__(self, item: Item, weight: int = 1) -> Result:
        """Waits for the result of `item`; raises what `work` raised for it, or `Stopped`."""
        if self._stopped:
            raise Stopped
        mine = _Waiting[Item, Result](item, weight, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        self._arrived.set()
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
        return await mine.future

    def stop(self) -> None:
        """Nothing new is begun: whoever waits gets `Stopped`, a list that is being worked on ends as it can."""
        self._stopped = True
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.end(Stopped())

    async def _serve(self) -> None:
        while self._waiting:
            await self._company()
            taken = self._take()
            outcomes = await asyncio.to_thread(self._outcomes, [one.item for one in taken])
            for one, outcome in zip(taken, outcomes, strict=True):
                one.end(outcome)
        self._serving = None

    async def _company(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._linger):
                while not self._complete():
                    self._arrived.clear()
                    await self._arrived.wait()

    def _complete(self) -> bool:
        """Whether to wait for more would be in vain."""
        there = len(self._waiting) >= self._traffic.count
        return there or self._stopped or sum(one.weight for one in self._waiting) >= self._enough

    def _take(self) -> list[_Waiting[Item, Result]]:
        weight = count = 0
        for one in self._waiting:
            if count and weight + one.weight > self._limit:
                break
            weight, count = weight + one.weight, count + 1
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    def _outcomes(self, items: list[Item]) -> Sequence[Result | Exception]:
        try:
            return self._work(items) if items else []
        except Exception as error:  # handed to those who wait for it
            if len(items) == 1 or self._stopped:
                return [error] * len(items)
        return [outcome for item in items for outcome in self._outcomes([item])]
