"""The playground: comparisons that run side by side, kept as experiments and voted on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import scenarios
from core.entities.people import Principal
from core.entities.playground import Attempt, Experiment, Lane, Score, Source
from core.entities.usage import Activity
from core.errors import BadInput, Forbidden, TooMany
from data.database import Database
from data.transaction import Stores
from rag.guardrails import OutputFilter
from rag.language import detect
from scenarios import Turn
from services.answer.retrieve import PASSAGES, Retrieve
from services.chat.admission import BLOCKED
from services.chat.guardrails import Guardrails
from services.chat.limits import Limits
from services.chat.usage import record_attempts
from services.corpora.collections import Collections
from services.models.engine import Engine
from services.playground.comparisons import Comparison, allowed, checked, title
from services.playground.races import Column, Race
from services.playground.trials import SCENARIO, Task, Trial

_MOST_RACES = 2  # of one person at once
_MOST_LISTED = 200


@dataclass
class Playground:
    """Every method asks for the permission PLAYGROUND; another person's experiment is `NotFound` unless it is shared,
    and only its owner changes it."""

    db: Database
    engine: Engine
    collections: Collections
    retrieve: Retrieve
    limits: Limits
    guardrails: Guardrails
    _races: dict[UUID, Race] = field(default_factory=dict)

    # --- running ----------------------------------------------------------------------------------------------------

    def start(self, principal: Principal, comparison: Comparison) -> UUID:
        """Keeps what was asked and starts all columns; returns the experiment's id at once.

        Raises `BadInput` for what cannot be asked, `NotFound` for a collection that is not readable, `TooMany` while
        two comparisons of this person are running or the tokens of the day are used up, `Forbidden` for a question that
        a guardrail stops.
        """
        owner_id = allowed(principal)
        asked = checked(principal, comparison)
        if sum(race.experiment.owner_id == owner_id for race in self._races.values()) >= _MOST_RACES:
            raise TooMany("%(count)s of your comparisons are running. Wait for one, or stop it.", count=_MOST_RACES)
        self.limits.check_quota(principal)
        if self.guardrails.check(principal, asked.question) is not None:
            raise Forbidden(BLOCKED)
        with self.db.begin() as tx:
            asked = replace(asked, setup=self._setup(tx, principal, asked))
            tx.experiments.create(owner_id, asked.id, asked)
        self._launch(principal, asked)
        return asked.id

    def _setup(self, tx: Stores, principal: Principal, asked: Experiment) -> Mapping[str, Any]:
        """What is in force now, for whoever repeats it later. Raises `NotFound` for a collection not readable."""
        own = scenarios.get(SCENARIO).plan(Turn(asked.question, "", ())).instructions
        if not asked.collection:
            return {"instructions": own}
        version = self.collections.find(tx, principal, asked.collection).version
        return {"instructions": own, "collection_version": version.number, "embedding": version.fingerprint.model}

    def state(self, principal: Principal, experiment_id: UUID) -> Experiment:
        """As it stands now, with the texts of passages that `principal` may read. What a process left unfinished when
        it ended counts as stopped."""
        allowed(principal)
        race = self._races.get(experiment_id)  # first: it may end meanwhile, and then it is saved
        if race is not None and race.experiment.owner_id == principal.user_id:
            return race.snapshot()
        with self.db.begin() as tx:
            return _without_runs(tx.experiments.find(principal, experiment_id))

    def stop(self, principal: Principal, experiment_id: UUID, lane: int | None = None) -> None:
        """Ends one column, or all; what they wrote stays."""
        allowed(principal)
        race = self._races.get(experiment_id)
        if race is not None and race.experiment.owner_id == principal.user_id:
            self.engine.soon(race.stop, lane)

    def wait(self, experiment_id: UUID, seconds: float) -> bool:
        """Until every column has ended and is kept; False when that takes longer."""
        race = self._races.get(experiment_id)
        return race is None or race.changed.wait(seconds)

    def close(self) -> None:
        """Stops what is running and keeps what it has."""
        races = list(self._races.values())
        for race in races:
            self.engine.soon(race.stop)
        for race in races:
            race.changed.wait(10)

    # --- keeping ----------------------------------------------------------------------------------------------------

    def list(self, principal: Principal) -> Sequence[Experiment]:
        """Saved experiments, own and shared, newest first."""
        allowed(principal)
        with self.db.begin() as tx:
            return tx.experiments.saved(principal, limit=_MOST_LISTED)

    def save(self, principal: Principal, experiment_id: UUID, name: str) -> None:
        named = title(name)
        allowed(principal)
        with self.db.begin() as tx:
            tx.experiments.find(principal, experiment_id, own=True, lock=True)
            tx.experiments.name(experiment_id, named)

    def share(self, principal: Principal, experiment_id: UUID, shared: bool = True) -> None:
        """Everybody who may use the playground can then open it; passages show only to who may read them."""
        allowed(principal)
        with self.db.begin() as tx:
            tx.experiments.find(principal, experiment_id, own=True, lock=True)
            tx.experiments.share(experiment_id, shared)
            tx.audit.write(principal, "experiment.share", "experiment", experiment_id, shared=shared)

    def duplicate(self, principal: Principal, experiment_id: UUID) -> UUID:
        """The same question and configurations as a new experiment of one's own, not yet answered."""
        owner_id = allowed(principal)
        with self.db.begin() as tx:
            old = tx.experiments.find(principal, experiment_id)
            lanes = tuple(Lane(lane.configuration) for lane in old.lanes)
            fresh = replace(old, id=uuid4(), title="", lanes=lanes, sources=(), grid=(), sweep_id=None, setup={})
            tx.experiments.create(owner_id, fresh.id, fresh)
        return fresh.id

    def delete(self, principal: Principal, experiment_id: UUID) -> None:
        allowed(principal)
        self.stop(principal, experiment_id)
        with self.db.begin() as tx:
            tx.experiments.find(principal, experiment_id, own=True, lock=True)
            tx.experiments.delete(experiment_id)

    # --- judging ----------------------------------------------------------------------------------------------------

    def vote(self, principal: Principal, experiment_id: UUID, lane: int) -> None:
        """For the best column, once. `BadInput` while columns run or where there is nothing to choose between."""
        voter_id = allowed(principal)
        experiment = self.state(principal, experiment_id)
        shown = [_last(column) for column in experiment.lanes]
        answered = [bool(one.text) for one in shown]
        if experiment.running or sum(answered) < 2 or not 0 <= lane < len(shown) or not answered[lane]:
            raise BadInput("Vote once all columns have ended, for one that answered, and where at least two did.")
        with self.db.begin() as tx:
            named = [(one.provider, one.model) if one.text else ("", "") for one in shown]  # who failed was not judged
            tx.experiments.vote(experiment_id, voter_id, named, lane)

    def voted(self, principal: Principal, experiment_id: UUID) -> int | None:
        """The column that `principal` voted for."""
        voter_id = allowed(principal)
        with self.db.begin() as tx:
            return tx.experiments.voted(experiment_id, voter_id)

    def scores(self, principal: Principal) -> Sequence[Score]:
        """All votes of everybody, by model, most won first."""
        allowed(principal)
        with self.db.begin() as tx:
            return tx.experiments.scores()

    # --- on other threads -------------------------------------------------------------------------------------------

    def task(self, principal: Principal, experiment: Experiment) -> tuple[Task, tuple[Source, ...]]:
        """What all columns are given: the question, and the passages, retrieved once."""
        question = experiment.question
        task = self._asked(principal, question)
        if not experiment.collection or not any(lane.configuration.retrieval for lane in experiment.lanes):
            return task, ()
        with self.db.begin() as tx:
            searched = self.collections.find(tx, principal, experiment.collection).title
        found = self.retrieve(principal, experiment.collection, question, PASSAGES)
        sources = tuple(
            Source(n, one.chunk_id, one.document_id, one.title, one.page, one.score, one.text)
            for n, one in enumerate(found.passages, start=1)
        )
        return replace(task, language=found.language, searched=searched, retrieval=found), sources

    def _asked(self, principal: Principal, question: str) -> Task:
        """With the rules of now about what answers may show."""
        _, rules = self.guardrails.in_force()
        return Task(
            question,
            detect(question),
            principal.role,
            principal.locale or self.engine.settings.locale,
            output=partial(OutputFilter, rules),
            stopped=partial(self.guardrails.stopped, principal),
        )

    def _launch(self, principal: Principal, experiment: Experiment) -> None:
        nothing = Task(experiment.question, "", principal.role, principal.locale or self.engine.settings.locale)
        columns = [Column(lane, [Trial(self.engine, lane.configuration, nothing)]) for lane in experiment.lanes]
        race = Race(experiment, columns)
        self._races[experiment.id] = race
        keep = partial(self._keep, principal)
        running = self.engine.run(race.run(self.engine, lambda: self.task(principal, experiment), keep))
        running.add_done_callback(lambda _done: self._races.pop(experiment.id, None))

    def _keep(self, principal: Principal, experiment: Experiment) -> None:
        with self.db.begin() as tx:
            tx.experiments.keep(experiment)
            record_attempts(tx, principal, Activity.PLAYGROUND, _keyed(experiment))


def _without_runs(experiment: Experiment) -> Experiment:
    lanes = (
        replace(lane, attempts=tuple(one if one.ended else replace(one, status="stopped") for one in lane.attempts))
        for lane in experiment.lanes
    )
    return replace(experiment, lanes=tuple(lanes))


def _keyed(experiment: Experiment) -> Iterator[tuple[str, Attempt]]:
    for number, lane in enumerate(experiment.lanes):
        for at, attempt in enumerate(lane.attempts):
            yield f"experiment:{experiment.id}:{number}:{at}", attempt


def _last(lane: Lane) -> Attempt:
    return lane.attempts[-1] if lane.attempts else Attempt()
