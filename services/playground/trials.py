"""One answer outside of conversations: a question, a configuration, and what came of it, measured."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import combinations
from statistics import fmean

import scenarios
from core.entities.messages import Usage
from core.entities.playground import Attempt, Configuration, Status
from core.entities.retrieval import Retrieval
from core.errors import NichewiseError, ProviderBusy, ProviderUnavailable
from core.i18n import translate, translate_error
from core.roles import Role
from rag.answering import Draft
from rag.guardrails import OutputFilter, Verdict
from rag.providers import Params
from rag.shown import Delta
from scenarios import Turn
from services.models.engine import Engine

_log = logging.getLogger(__name__)
SCENARIO = "DOCUMENTS"  # whose instructions a configuration has that brings none
UNEXPECTED = "Something went wrong (reference %(reference)s). Try again; if it happens again, tell an administrator."


@dataclass(frozen=True, slots=True)
class Task:
    """The question that every configuration answers, and the passages that all of them share."""

    question: str
    language: str
    role: Role
    locale: str
    searched: str = ""
    retrieval: Retrieval | None = None
    failure: NichewiseError | None = None  # why there are no passages, for those who need them
    output: Callable[[], OutputFilter] | None = None  # what holds back what no answer may show
    stopped: Callable[[Verdict, str], None] = lambda verdict, text: None  # is told of an answer that it stopped


@dataclass
class Trial:
    """`run` it on the engine's loop; `attempt` says from any thread what there is of it."""

    engine: Engine
    configuration: Configuration
    task: Task
    status: Status = "waiting"
    draft: Draft | None = None
    error: str = ""
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None

    async def run(self) -> Attempt:
        """Never raises but for a cancellation, which it notes."""
        self.status, self.started = "running", time.monotonic()
        try:
            await self._write()
            self.status = "done"
        except asyncio.CancelledError:
            self.status = "stopped"
            raise
        except NichewiseError as error:
            self.status, self.error = "failed", translate_error(self.task.locale, error)
        except Exception:
            reference = secrets.token_hex(4)
            _log.exception("A trial failed (reference %s)", reference)
            self.status, self.error = "failed", translate(self.task.locale, UNEXPECTED, reference=reference)
        finally:
            self.ended = time.monotonic()
        return self.attempt()

    def skip(self) -> None:
        """It was stopped before it began."""
        self.status, self.ended = "stopped", time.monotonic()

    async def _write(self) -> None:
        configuration, task = self.configuration, self.task
        if configuration.retrieval and task.failure is not None:
            raise task.failure
        candidates = await self.engine.candidates(task.role, configuration.provider, configuration.model)
        retrieval = task.retrieval if configuration.retrieval else None
        searched = translate(task.language, task.searched)  # those that ship have a name in each
        brief = scenarios.get(SCENARIO).plan(Turn(task.question, task.language, (), retrieval, searched))
        brief = replace(brief, instructions=configuration.instructions or brief.instructions)
        for choice in candidates:
            params, engine = Params.read(configuration.params), self.engine
            self.draft = Draft(brief, choice, params, engine.settings, engine.servers, task.output, later=_seen)
            try:
                return await self._read(self.draft)
            except (ProviderUnavailable, ProviderBusy):
                if choice is candidates[-1] or self.draft.text:
                    raise

    async def _read(self, draft: Draft) -> None:
        async with aclosing(draft.write()) as pieces:
            async for piece in pieces:
                _seen(piece)
        if draft.stopped_by is not None:
            await asyncio.to_thread(self.task.stopped, draft.stopped_by, draft.cut)

    def attempt(self) -> Attempt:
        took = round(((self.ended or time.monotonic()) - self.started) * 1000)
        if self.draft is None:
            named = Attempt(provider=self.configuration.provider or "", model=self.configuration.model or "")
            return replace(named, status=self.status, took_ms=took, error=self.error)
        return _measured(self, self.draft, took)


def _seen(_piece: Delta) -> None:
    """Whoever wants to see it reads the draft."""


def _measured(trial: Trial, draft: Draft, took: int) -> Attempt:
    given = Params.read(trial.configuration.params).given()
    prompt = draft.prompt
    provider, model = draft.asked
    asked = draft.window is not None  # a refusal for want of evidence asks no model
    usage = draft.usage if trial.status != "running" else Usage()
    return Attempt(
        text=draft.text,
        status=trial.status,
        action=draft.action,
        provider=provider,
        model=model,
        first_ms=round((draft.first_token_at - trial.started) * 1000) if draft.first_token_at else None,
        took_ms=took,
        usage=usage,
        cost=trial.engine.policy.cost(provider, model, usage) if asked else None,
        ignored=draft.ignored if asked else (),
        applied=tuple(name for name in given if asked and name not in draft.ignored),
        window=draft.window,
        dropped=prompt.dropped_passages if prompt else 0,
        cited=tuple(draft.cited),
        place=draft.place,
        error=trial.error,
        replaced=draft.replaced,
    )


def agreement(texts: list[str]) -> float | None:
    """How alike answers are: the mean over all pairs of the share of words in common order (Ratcliff and Obershelp)."""
    pairs = [(one.split(), other.split()) for one, other in combinations(texts, 2)]
    return fmean(SequenceMatcher(None, one, other, autojunk=False).ratio() for one, other in pairs) if pairs else None
