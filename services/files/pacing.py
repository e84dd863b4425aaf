"""When single uploads come in: a hundred as they arrive, then as many a second as the machine could embed anyway."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

_AT_ONCE = 100
_LONGEST = 2.0  # seconds
_EMBEDDED_BY_A_CORE = 10.0  # small files a second, with room to spare


class Pacing:
    """Turns by the generic cell rate algorithm (ITU-T I.371). A thousand uploads one after another take a process of
    Nichewise whole, and people's clicks wait; taken in no faster than they are embedded, they are ready as soon.

    Used from one event loop. `at_once` turns may come together, later ones at `per_second`; nobody waits longer than
    2 s, whatever the crowd, since clients give up.
    """

    def __init__(
        self,
        at_once: int = _AT_ONCE,
        per_second: float = _EMBEDDED_BY_A_CORE * (os.cpu_count() or 1),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._apart = 1 / per_second
        self._slack = (at_once - 1) * self._apart
        self._clock = clock
        self._due = clock()

    def wait(self) -> float:
        """Takes a turn: the seconds until it comes."""
        now = self._clock()
        turn = min(max(self._due, now), now + self._slack + _LONGEST)
        self._due = turn + self._apart
        return max(0.0, turn - self._slack - now)
