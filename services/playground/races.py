"""Comparisons that are running: columns side by side on the engine's loop, each for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from threading import Event

from core.entities.playground import Experiment, Lane, Source
from services.models.engine import Engine
from services.playground.trials import Task, Trial

Prepare = Callable[[], tuple[Task, tuple[Source, ...]]]
Keep = Callable[[Experiment], None]


@dataclass
class Column:
    """One configuration with its trials, of which the last may be running."""

    lane: Lane
    trials: list[Trial] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    stopping: bool = False

    def snapshot(self) -> Lane:
        return replace(self.lane, attempts=tuple(trial.attempt() for trial in self.trials))


@dataclass
class Race:
    """`experiment` is as it was asked; `snapshot` says how it stands, from any thread."""

    experiment: Experiment
    columns: list[Column]
    sources: tuple[Source, ...] = ()
    changed: Event = field(default_factory=Event)  # set once, when all columns have ended and are saved

    def snapshot(self) -> Experiment:
        lanes = tuple(column.snapshot() for column in self.columns)
        return replace(self.experiment, lanes=lanes, sources=self.sources)

    async def run(self, engine: Engine, prepare: Prepare, keep: Keep) -> None:
        """What ends is kept at once; `prepare` retrieves, `keep` saves, both off the loop."""
        saving = asyncio.Lock()

        async def save() -> None:
            async with saving:
                await asyncio.to_thread(keep, self.snapshot())

        try:
            task, self.sources = await asyncio.to_thread(prepare)
            for column in self.columns:
                if column.stopping:  # while the passages were searched for
                    column.trials[0].skip()
                else:
                    column.task = asyncio.create_task(self._column(engine, column, task, save))
            if running := [column.task for column in self.columns if column.task]:
                await asyncio.wait(running)
        finally:
            await save()
            self.changed.set()

    async def _column(self, engine: Engine, column: Column, task: Task, save: Callable[[], Awaitable[None]]) -> None:
        for number in range(self.experiment.repeats):
            trial = column.trials[0] if number == 0 else Trial(engine, column.lane.configuration, task)
            trial.task = task
            if number:
                column.trials.append(trial)
            await trial.run()
            await save()

    def stop(self, lane: int | None = None) -> None:
        """On the loop only: ends one column, or all; what they wrote stays."""
        for number, column in enumerate(self.columns):
            if lane in (None, number):
                column.stopping = True
                if column.task is not None:
                    column.task.cancel()
