"""Group work: what callers bring while a call is running goes into the next call together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Stopped(Exception):
    """The process is shutting down; the work is resumed by the next one."""


class Traffic:
    """How many are on their way through the batchers: one alone must not wait for company that will not come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    @contextmanager
    def passing(self) -> Iterator[None]:
        with self._lock:
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1

    def linger(self, seconds: float) -> Callable[[], float]:
        """For a `Batcher`: `seconds` while there is company."""
        return lambda: seconds if self._count > 2 else 0.0


@dataclass(slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    weight: int
    future: Future[Result] = field(default_factory=Future)


class Batcher(Generic[Item, Result]):
    """Runs `work` over lists of items, one list at a time, on the threads of those who wait for it.

    `work` returns one result per item in their order. A list weighs at most `limit`, unless a single item does. When
    a list of several fails, each is tried alone, so that one bad item costs nobody else anything; `work` must bear
    being repeated. `linger` says how many seconds a call waits for company: for work whose cost is in the call.
    """

    def __init__(
        self,
        work: Callable[[list[Item]], Sequence[Result]],
        limit: int,
        *,
        linger: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._work = work
        self._limit = limit
        self._linger = linger
        self._running = threading.Lock()
        self._arriving = threading.Lock()
        self._waiting: list[_Waiting[Item, Result]] = []
        self._stopped = False

    def __call__(self, item: Item, weight: int = 1) -> Result:
        """Waits for the result of `item`; raises what `work` raised for it, or `Stopped`."""
        mine = _Waiting[Item, Result](item, weight)
        with self._arriving:
            if self._stopped:
                raise Stopped
            self._waiting.append(mine)
        while not mine.future.done():
            with self._running:
                if not mine.future.done():
                    self._run_next()
        return mine.future.result()

    def stop(self) -> None:
        """Nothing new is begun: whoever waits gets `Stopped`, a list that is being worked on ends as it can."""
        with self._arriving:
            self._stopped = True
            waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.future.set_exception(Stopped())

    def _take(self) -> list[_Waiting[Item, Result]]:
        with self._arriving:
            weight = count = 0
            for one in self._waiting:
                if count and weight + one.weight > self._limit:
                    break
                weight, count = weight + one.weight, count + 1
            taken, self._waiting = self._waiting[:count], self._waiting[count:]
            return taken

    def _run_next(self) -> None:
        if sum(one.weight for one in list(self._waiting)) < self._limit:
            time.sleep(self._linger())
        taken = self._take()
        if not taken:
            return
        try:
            results = self._work([one.item for one in taken])
        except Exception as error:
            if len(taken) == 1 or self._stopped:
                for one in taken:
                    one.future.set_exception(error)
            else:
                for one in taken:
                    self._run_alone(one)
            return
        for one, result in zip(taken, results, strict=True):
            one.future.set_result(result)

    def _run_alone(self, one: _Waiting[Item, Result]) -> None:
        try:
            one.future.set_result(self._work([one.item])[0])
        except Exception as error:  # handed to the one who waits for it
            one.future.set_exception(error)
