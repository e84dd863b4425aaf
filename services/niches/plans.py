"""Asks a language model for the plan of a question that the grammar cannot read; a plan is checked before it is run."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from core.entities.niches import Catalogue, Niche
from core.entities.people import Principal
from core.entities.usage import Activity, Spent
from core.errors import NichewiseError
from data.database import Database
from niches import proposing
from niches.plan import Plan, Refusal
from niches.proposing import Broken, Proposed
from rag.providers.choice import Choice
from services.chat.limits import Limits
from services.chat.usage import record
from services.models import side_model
from services.models.engine import Engine
from services.models.side_model import Aside

_TRIES = 2  # the second is told what was wrong with the first
_MOST_KEPT = 200
_SILENT_SECONDS = 30.0  # how long a model that did not answer is not asked the same again


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a model made of a question; `model` is its name, for the person."""

    plan: Plan | Refusal
    model: str
    taken: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """A question that the grammar cannot read, and what a plan for it may name: `shortlist` finds niches for words,
    `named` are those that it calls by their names."""

    question: str
    catalogue: Catalogue
    shortlist: Callable[[str], Sequence[Niche]]
    named: Sequence[Niche]


class NichePlans:
    """Synchronous: for threads that are not the engine's own."""

    def __init__(self, db: Database, engine: Engine, limits: Limits) -> None:
        self._db, self._engine, self._limits = db, engine, limits
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, ...], tuple[float, Proposed | None]] = OrderedDict()

    def choice(self, principal: Principal) -> Choice | None:
        """The model that answers the person where nobody chose one; None where no language model does, or none may
        any more today."""
        try:
            self._limits.check_quota(principal)
            chosen = self._engine.run(self._engine.choose(principal.role, None, None)).result()
        except NichewiseError:  # a model that they may not use is none; the grammar's own refusal stays
            return None
        return chosen if chosen.provider.name != "extractive" else None

    def suggest(self, principal: Principal, choice: Choice, unread: Unread) -> Suggestion | None:
        """A plan that fits the catalogue, or the closest choices to what the model named; None where it says nothing
        that could be used. The same question is asked once."""
        key = (unread.question, unread.catalogue.revision, choice.provider.name, choice.model)
        with self._lock:
            at, found = self._kept.get(key, (float("-inf"), None))
            fresh = key in self._kept and (found is not None or time.monotonic() - at < _SILENT_SECONDS)
        if not fresh:
            asides: list[Aside] = []
            found = self._asked(choice, unread, asides)
            self._keep(key, found)
            self._count(principal, asides)
        return Suggestion(found.plan, choice.model or choice.provider.name, found.taken) if found else None

    def _asked(self, choice: Choice, unread: Unread, asides: list[Aside]) -> Proposed | None:
        """What the model was asked goes to `asides`."""
        question, catalogue = unread.question, unread.catalogue
        near = {one.id: one for one in (*unread.named, *unread.shortlist(question))}
        read = Broken("")
        for _ in range(_TRIES):
            prompt = proposing.prompt(question, catalogue, list(near.values()), read.problem)
            reply = self._engine.run(side_model.ask(self._engine, choice, prompt, "plan", asides)).result()
            if not reply:
                return None
            found = proposing.read(reply, question, catalogue, unread.shortlist)
            if isinstance(found, Proposed):
                return found
            read = found
        return Proposed(read.refusal) if read.refusal else None

    def _count(self, principal: Principal, asides: Sequence[Aside]) -> None:
        """What the model was asked is part of the person's usage."""
        spent = [
            Spent(f"plan:{uuid4()}", Activity.ASSISTANT, one.provider, one.model, one.usage, "ANALYTICS")
            for one in asides
        ]
        with self._db.begin() as tx:
            Limits.count(tx, principal, record(tx, principal, spent))

    def _keep(self, key: tuple[str, ...], found: Proposed | None) -> None:
        with self._lock:
            self._kept[key] = (time.monotonic(), found)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
