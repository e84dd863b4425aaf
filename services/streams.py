"""What followers see of an answer while it is written: any number of them, on any thread or event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
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
        self._wakers: set[Callable[[], None]] = set()

    def emit(self, event: TurnEvent) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()
            wakers = tuple(self._wakers)
        for wake in wakers:
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

    async def afollow(self) -> AsyncGenerator[TurnEvent, None]:
        woken, loop = asyncio.Event(), asyncio.get_running_loop()

        def wake() -> None:
            if not loop.is_closed():  # a follower whose loop has ended is gone; the answer goes on
                loop.call_soon_threadsafe(woken.set)

        with self._changed:
            self._wakers.add(wake)
        try:
            seen = 0
            while True:
                woken.clear()
                fresh = self._events[seen:]
                for event in fresh:
                    yield event
                if fresh and fresh[-1].last:
                    return
                seen += len(fresh)
                await woken.wait()
        finally:
            with self._changed:
                self._wakers.discard(wake)
