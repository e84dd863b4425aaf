"""Sweeps over temperature and top_p: durable jobs that go on where they were when their process ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import replace
from itertools import product
from typing import Any
from uuid import UUID

from core.entities.corpora import JobRun
from core.entities.people import Principal
from core.entities.playground import Attempt, Cell, Configuration, Experiment
from core.entities.usage import Activity
from core.errors import BadInput, NichewiseError, NotFound
from data.database import Database
from data.transaction import Stores
from rag.providers import Params
from services.chat.usage import record_attempts
from services.files.batching import Stopped
from services.identity.entry import refusal
from services.models.engine import Engine
from services.playground.experiments import Playground
from services.playground.trials import Task, Trial, agreement
from services.retrieval.exams import Exam, Exams

KIND = "sweep"
MOST_CELLS = 49
MOST_REPEATS = 5
_log = logging.getLogger(__name__)


class Sweeps:
    def __init__(self, db: Database, engine: Engine, playground: Playground, exams: Exams) -> None:
        self._db, self._engine, self._playground, self._exams = db, engine, playground, exams

    def start(
        self,
        principal: Principal,
        experiment_id: UUID,
        lane: int,
        temperatures: Sequence[float],
        top_ps: Sequence[float],
        repeats: int = 2,
        golden: int = 0,
    ) -> UUID:
        """Asks the question of the column's model at every point of the grid; returns the job's id.

        With `golden`, so many questions of the golden set of the experiment's collection are asked at each point too.
        An earlier sweep of the experiment is replaced. Raises `BadInput` for a grid of more than 49 points, and for
        golden questions where the collection has none.
        """
        experiment = self._playground.state(principal, experiment_id)
        grid = _grid(temperatures, top_ps)
        if not grid or len(grid) > MOST_CELLS or not 1 <= repeats <= MOST_REPEATS or experiment.running:
            raise BadInput(
                "Choose up to %(cells)s points with 1 to %(repeats)s repeats, once all columns have ended.",
                cells=MOST_CELLS,
                repeats=MOST_REPEATS,
            )
        if not 0 <= lane < len(experiment.lanes):
            raise BadInput("There is no such column.")
        with self._db.begin() as tx:
            earlier = tx.experiments.find(principal, experiment_id, own=True, lock=True).sweep_id
            if earlier is not None:
                _cancel(tx, earlier)
            asked = self._exams.drawn(tx, principal, experiment.collection, golden)
            facts = {"experiment_id": str(experiment_id), "repeats": repeats, "golden": asked}
            run_id = tx.jobs.start(KIND, principal.user_id, total=len(grid), result=facts)
            tx.experiments.keep(replace(experiment, grid=grid, sweep_id=run_id))
            tx.jobs.defer("sweep", queue="text", run_id=run_id, experiment_id=experiment_id, lane=lane)
        return run_id

    def progress(self, principal: Principal, run_id: UUID) -> JobRun:
        with self._db.read() as tx:
            return tx.jobs.find(principal, run_id)

    def find(self, principal: Principal, experiment_id: UUID) -> tuple[JobRun, Experiment]:
        """The newest sweep of an experiment with what it has measured; `NotFound` where there is none."""
        experiment = self._playground.state(principal, experiment_id)
        if experiment.sweep_id is None:
            raise NotFound
        return self.progress(principal, experiment.sweep_id), experiment

    def cancel(self, principal: Principal, run_id: UUID) -> None:
        """After the point that is being measured; what was measured stays."""
        with self._db.begin() as tx:
            tx.jobs.find(principal, run_id)
            _cancel(tx, run_id)

    # --- in the worker ----------------------------------------------------------------------------------------------

    def run(self, run_id: UUID, experiment_id: UUID, lane: int) -> None:
        """Measures the points that have no answers yet. Ends quietly when the experiment or its owner is gone."""
        try:
            self._run(run_id, experiment_id, lane)
        except Stopped:
            raise
        except NichewiseError as error:
            self._end(run_id, "failed", error.message)

    def _run(self, run_id: UUID, experiment_id: UUID, lane: int) -> None:
        owner = self._owner(run_id)
        if owner is None:
            return
        experiment = self._playground.state(owner, experiment_id)
        if experiment.sweep_id != run_id:
            return
        task, _sources = self._playground.task(owner, experiment)
        facts = self._started(owner, run_id)
        exam = self._exams.exam(owner, experiment, facts.get("golden", ()))
        for number, cell in enumerate(experiment.grid):
            if not cell.attempts:
                if not self._goes_on(owner, run_id):
                    return
                configuration = experiment.lanes[lane].configuration
                measured, answers = self._measure(configuration, task, cell, int(facts["repeats"]), exam)
                self._keep(owner, experiment_id, run_id, number, measured, answers)
        if self._goes_on(owner, run_id):
            self._end(run_id, "done")

    def _measure(
        self, configuration: Configuration, task: Task, cell: Cell, repeats: int, exam: Exam
    ) -> tuple[Cell, list[Attempt]]:
        """The point as measured, and the answers to golden questions, which are only counted."""
        params = {**configuration.params, "temperature": cell.temperature, "top_p": cell.top_p}
        tasks = [*[task] * repeats, *exam.tasks]
        trials = [Trial(self._engine, replace(configuration, params=params), one) for one in tasks]
        answers = self._result(self._engine.run(_all(trials)))
        attempts, examined = answers[:repeats], answers[repeats:]
        texts = [attempt.text for attempt in attempts if attempt.status == "done"]
        golden, asked = exam.score(examined), len(exam.tasks)
        measured = replace(
            cell, attempts=tuple(attempts), agreement=agreement(texts), golden=golden, golden_asked=asked
        )
        return measured, examined

    def _result(self, running: Future[list[Attempt]]) -> list[Attempt]:
        while True:
            try:
                return running.result(0.5)
            except NotYet:
                if self._engine.closed:
                    raise Stopped from None

    def _owner(self, run_id: UUID) -> Principal | None:
        with self._db.read() as tx:
            starter = tx.jobs.starter(run_id)
            user = tx.users.get(starter) if starter else None
        return Principal(user.role, user.id, user.email, user.name, user.locale) if user else None

    def _started(self, owner: Principal, run_id: UUID) -> Mapping[str, Any]:
        with self._db.begin() as tx:
            job = tx.jobs.find(owner, run_id)
            if job.status == "waiting":
                tx.jobs.update(run_id, status="running")
            return job.result

    def _goes_on(self, owner: Principal, run_id: UUID) -> bool:
        """Cancels the sweep of somebody who may no longer enter: nobody is asked in their name."""
        with self._db.begin() as tx:
            user = tx.users.get(owner.user_id) if owner.user_id else None
            if user is None or refusal(user):
                _cancel(tx, run_id)
            return tx.jobs.find(owner, run_id).status == "running"

    def _keep(
        self, owner: Principal, experiment_id: UUID, run_id: UUID, number: int, cell: Cell, examined: Sequence[Attempt]
    ) -> None:
        with self._db.begin() as tx:
            written = (*cell.attempts, *examined)
            keyed = ((f"sweep:{run_id}:{number}:{at}", attempt) for at, attempt in enumerate(written))
            record_attempts(tx, owner, Activity.SWEEP, keyed)
            experiment = tx.experiments.find(owner, experiment_id, own=True, lock=True)
            if experiment.sweep_id != run_id:
                return
            grid = (*experiment.grid[:number], cell, *experiment.grid[number + 1 :])
            tx.experiments.keep(replace(experiment, grid=grid))
            tx.jobs.update(run_id, done=_measured(replace(experiment, grid=grid)))

    def _end(self, run_id: UUID, status: str, error: str = "") -> None:
        with self._db.begin() as tx:
            tx.jobs.update(run_id, status=status, error=error)


async def _all(trials: Sequence[Trial]) -> list[Attempt]:
    return list(await asyncio.gather(*(trial.run() for trial in trials)))


def _cancel(tx: Stores, run_id: UUID) -> None:
    job = tx.jobs.get(run_id)
    if job is not None and job.status in ("waiting", "running"):
        tx.jobs.update(run_id, status="cancelled")


def _grid(temperatures: Sequence[float], top_ps: Sequence[float]) -> tuple[Cell, ...]:
    for temperature, top_p in product(temperatures, top_ps):
        Params.read({"temperature": temperature, "top_p": top_p})
    return tuple(Cell(*point) for point in product(sorted(set(temperatures)), sorted(set(top_ps))))


def _measured(experiment: Experiment) -> int:
    return sum(bool(cell.attempts) for cell in experiment.grid)
