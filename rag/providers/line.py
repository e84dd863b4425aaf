"""A bounded queue before one model server: who waits knows the place, and may leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from core.errors import ProviderBusy


@dataclass(eq=False)
class _Place:
    told: Callable[[int], None]
    turn: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Line:
    """`parallel` are served at once, `longest` more may wait; on one event loop."""

    parallel: int
    longest: int
    running: int = 0
    _waiting: list[_Place] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, label: str, told: Callable[[int], None]) -> AsyncIterator[None]:
        """Waits for a turn and holds it. `told` hears the place, from 1, whenever it changes, and 0 at the turn;
        `ProviderBusy` when the line is full. To be cancelled is to leave the line."""
        await self._enter(_Place(told), label)
        try:
            yield
        finally:
            self.running -= 1
            self._call_next()

    async def _enter(self, place: _Place, label: str) -> None:
        if self.running < self.parallel and not self._waiting:
            self.running += 1
            place.told(0)
            return
        if len(self._waiting) >= self.longest:
            raise ProviderBusy(provider=label)
        self._waiting.append(place)
        place.told(len(self._waiting))
        try:
            await place.turn.wait()
        except asyncio.CancelledError:
            self._leave(place)
            raise
        place.told(0)

    def _leave(self, place: _Place) -> None:
        if place in self._waiting:
            self._waiting.remove(place)
            self._tell()
        else:  # called and cancelled at once: the turn goes to the next
            self.running -= 1
            self._call_next()

    def _call_next(self) -> None:
        while self._waiting and self.running < self.parallel:
            self.running += 1
            self._waiting.pop(0).turn.set()
        self._tell()

    def _tell(self) -> None:
        for number, place in enumerate(self._waiting, start=1):
            place.told(number)
