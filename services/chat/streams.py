"""What followers see of an answer while it is written: any number of them, on any thread or event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Condition
from typing import Literal

from core.entities.messages import Message
from core.entities.retrieval import Citation
from core.errors import NichewiseError


@dataclass(frozen=True, slots=True)
class TurnEvent:
    """One step of an answer.

    token: `text` is added to what is shown, or stands for all of it with `replace`. citations: the passages that the
    shown text cites. done: `message` as it is saved, complete or stopped. error: `error`, and the `message` with its
    partial text. An answer ends with exactly one done or error.
    """

    kind: Literal["token", "citations", "done", "error"]
    text: str = ""
    replace: bool = False
    citations: tuple[Citation, ...] = ()
    message: Message | None = None
    error: NichewiseError | None = None

    @property
    def last(self) -> bool:
        return self.kind in ("done", "error")


class Stream:
    """The events of one answer from its beginning; a follower that comes late or comes back misses none."""

    def __init__(self) -> None:
        self._events: list[TurnEvent] = []
        self._changed = Condition()
        self._asleep: list[Callable[[], None]] = []  # wakes followers on event loops; those that are awake look anyway

    def emit(self, event: TurnEvent) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()
            asleep, self._asleep = self._asleep, []
        for wake in asleep:
            wake()

    def follow(self) -> Iterator[TurnEvent]:
        seen = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda after=seen: len(self._events) > after)  # type: ignore[misc]
                fresh = self._events[seen:]
            yield from fresh
            if fresh[-1].last:
                return
            seen += len(fresh)

    async def afollow(self, quiet: float | None = None) -> AsyncGenerator[Sequence[TurnEvent], None]:
        """What has gathered since the last look, at once; nothing at all after `quiet` seconds without an event."""
        seen = 0
        while True:
            fresh = self._fresh(seen, woken := asyncio.get_running_loop().create_future())
            if not fresh:
                try:
                    async with asyncio.timeout(quiet):
                        await woken
                except TimeoutError:
                    yield ()
                continue
            yield fresh
            if fresh[-1].last:
                return
            seen += len(fresh)

    def _fresh(self, seen: int, woken: asyncio.Future[None]) -> Sequence[TurnEvent]:
        """The events from `seen` on; where there are none, `woken` is set by the next one."""
        with self._changed:
            if len(self._events) == seen:
                self._asleep.append(partial(_wake, woken))
            return self._events[seen:]


def _wake(woken: asyncio.Future[None]) -> None:
    with suppress(RuntimeError):  # a follower whose loop has ended is gone; the answer goes on
        woken.get_loop().call_soon_threadsafe(_set, woken)


def _set(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
