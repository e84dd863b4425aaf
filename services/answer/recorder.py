"""Times the stages of one answer and keeps what each found, to be shown under it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.entities.answers import Step, Trace


class Recorder:
    def __init__(self) -> None:
        self._steps: list[Step] = []

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """What the block puts into the dictionary is the step's finding; a step that fails is kept too."""
        found: dict[str, Any] = {}
        started = time.perf_counter()
        try:
            yield found
        finally:
            self.add(name, (time.perf_counter() - started) * 1000, found)

    def add(self, name: str, ms: float, found: dict[str, Any]) -> None:
        self._steps.append(Step(name, round(ms, 2), found))

    @property
    def trace(self) -> Trace:
        return Trace(tuple(self._steps))
