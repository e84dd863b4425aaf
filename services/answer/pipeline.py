"""Takes one answer through its stages, from the cache to the last word of the model; saving it comes after."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import scenarios
from core.entities.corpora import Stage
from core.entities.people import Principal
from core.errors import ProviderBusy, ProviderUnavailable
from core.i18n import translate
from core.roles import Permission
from rag import followups
from rag.answering import Draft
from rag.providers.choice import Choice
from scenarios import Intent, Outcome, Reply, Turn, Writing
from scenarios import router as routes
from scenarios.router import Decision
from services.answer import findings, leaning, route, side_model
from services.answer.cache import AnswerCache, decision_of
from services.answer.job import Job
from services.answer.retrieve import Search
from services.answer.tools import Workbench
from services.chat.prompts import Prompts
from services.chat.routing import Routing
from services.chat.streams import TurnEvent
from services.models.engine import Engine

_READING_SECONDS = 90.0  # a dropped file that is being read is waited for
_LOOK_SECONDS = 0.4
_MOST_ROUNDS_OF_INTENTS = 3

_T = TypeVar("_T")
Carrier = Callable[[Principal, UUID, Intent], Outcome]
"""Carries out one kind of intent for the person, in the conversation."""
Memory = Callable[[Principal], str]
"""What earlier sessions of the person were about."""
_log = logging.getLogger(__name__)


class Pipeline:
    """Runs on the loop of the engine; what is synchronous runs in a pool of threads of its own."""

    def __init__(
        self,
        engine: Engine,
        routing: Routing | None,
        search: Search,
        cache: AnswerCache,
        workbench: Workbench,
        carriers: Mapping[str, Carrier],
        prompts: Prompts | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._engine, self._routing, self._search, self._cache = engine, routing, search, cache
        self._workbench, self._carriers = workbench, carriers
        self._prompts, self._memory = prompts, memory
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="answer")

    def close(self) -> None:
        self._pool.shutdown()

    async def run(self, job: Job) -> None:
        """Ends with the whole text shown; raises what prevents it, and what was shown stays in the job."""
        started = time.perf_counter()
        ask = job.ask
        job.candidates = tuple(await self._engine.candidates(job.principal.role, ask.provider, ask.model))
        chosen = {"provider": job.candidates[0].provider.name, "model": job.candidates[0].model}
        job.recorder.add("provider", (time.perf_counter() - started) * 1000, chosen)
        if await self._in_pool(self._known_or_routed, job):
            job.stream.emit(TurnEvent("token", text=job.text))
            return
        if leaning.leaning(job):
            await self._in_pool(self._lean, job)
        await self._rewrite(job)
        if job.decision is not None:
            await self._in_pool(self._route_by_evidence, job, job.decision)
        await self._route_by_model(job)
        if job.reply is None:
            await self._wait_for_files(job)
            await self._in_pool(self._plan, job)
        if job.writing is not None:
            await self._write(job, job.writing)
        else:
            job.stream.emit(TurnEvent("token", text=job.text))

    async def _in_pool(self, work: Callable[..., _T], *args: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)

    # --- cache ------------------------------------------------------------------------------------------------------

    def _known_or_routed(self, job: Job) -> bool:
        """Whether the answer is known; if not, the words of the question are routed: both without leaving the thread,
        for to change it costs more than most steps."""
        if self._known(job):
            return True
        self._route(job)
        return False

    def _known(self, job: Job) -> bool:
        with job.recorder.step("cache") as step:
            step["hit"] = self._cache.find(job)
            if job.kept is not None:
                step["query"] = job.kept["query"]
                job.decision = decision_of(job.kept)
        return job.kept is not None

    # --- route ------------------------------------------------------------------------------------------------------

    def _route(self, job: Job) -> None:
        if job.scenario is None and job.collection is not None:
            job.scenario = scenarios.of_kind(job.collection.kind)
        if job.decision is not None:
            job.recorder.add("route", 0.0, findings.decided(job.decision))
        if job.decision is not None or self._routing is None or _named(job):
            alone = "DOCUMENTS" if job.principal.may(Permission.CHAT_DOCUMENTS) else "FAQ"
            job.scenario = job.scenario or scenarios.get(alone)
            return
        with job.recorder.step("route") as step:
            decision = route.by_words(self._routing, job)
            route.settle(job, decision)
            step |= findings.decided(decision)

    def _lean(self, job: Job) -> None:
        """A short message may go on with the one before it, or begin another subject."""
        assert job.decision is not None  # noqa: S101 - `leaning` has looked
        with job.recorder.step("route_evidence") as step:
            decision, found = leaning.settled(job, job.decision, self._search, self._workbench)
            step |= {"evidence": {name: round(share, 3) for name, share in found.items()}}
            if decision.scenario != job.decision.scenario:
                route.settle(job, decision)
                step |= findings.decided(decision)

    def _route_by_evidence(self, job: Job, decision: Decision) -> None:
        """Where the words leave it open, or nearly so, what there is to answer from decides."""
        if not job.principal.may(Permission.CHAT_DOCUMENTS):
            return
        options = route.options(decision)
        if not options:
            return
        with job.recorder.step("route_evidence") as step:
            perhaps = decision.scores[routes.Route.ANALYTICS] >= route.PERHAPS
            named = perhaps and self._workbench.names_a_niche(job.principal, job.query)
            found = {}
            for option in options:
                found[option] = self._search.evidence(job, option)
                if route.closed(decision, found):
                    break
            step["evidence"] = {option: round(one.evidence, 3) for option, one in found.items() if one}
            figures = named and route.figures_are_meant(decision, found)
            step |= {"named": True} if figures else {}
            preferred = routes.Route.ANALYTICS if figures else route.preferred(decision, found)
            if preferred and preferred != decision.scenario:
                job.reply = None
                by_evidence = route.by_evidence(decision, preferred)
                route.settle(job, by_evidence)
                step |= findings.decided(by_evidence)

    async def _route_by_model(self, job: Job) -> None:
        """Where the words leave it open, the model is asked; it decides only within the schema."""
        open_ = job.decision
        if self._routing is None or open_ is None or open_.scenario is not routes.Route.UNSURE or not job.model:
            return
        with job.recorder.step("route_model") as step:
            prompt = routes.for_model(job.question)
            said = await side_model.ask(self._engine, job.candidates[0], prompt, "route", job.asides)
            decision = self._routing.with_model(job.principal, open_, said)
            step |= findings.decided(decision)
        if decision.scenario is not routes.Route.UNSURE:
            job.reply = None
            route.settle(job, decision)

    # --- rewrite and retrieve ---------------------------------------------------------------------------------------

    async def _rewrite(self, job: Job) -> None:
        """A question that leans on those before it is made to stand alone."""
        job.query = job.question
        searched = job.scenario is None or job.scenario.collection
        if job.ask.picked or not searched or not route.carries(job):
            return
        with job.recorder.step("rewrite") as step:
            by_rule = followups.carried(job.question, job.language, job.history)
            said = ""
            if job.model:
                prompt = followups.prompt(job.question, job.history)
                said = await side_model.ask(self._engine, job.candidates[0], prompt, "rewrite", job.asides)
            usable = followups.usable(said, job.question, job.language, job.history)
            job.query = usable or by_rule
            step |= {"query": job.query, "by": "model" if usable else "rule"}

    async def _wait_for_files(self, job: Job) -> None:
        if not job.attached or all(one.stage.ended for one in job.attached):
            return
        with job.recorder.step("files") as step:
            until = time.monotonic() + _READING_SECONDS
            while not all(one.stage.ended for one in job.attached) and time.monotonic() < until:
                await asyncio.sleep(_LOOK_SECONDS)
                job.attached = await self._in_pool(self._search.files, job)
            step["files"] = [{"title": one.title, "stage": one.stage} for one in job.attached]

    def _plan(self, job: Job) -> None:
        """What the scenario makes of the message: a reply, or what a model is to write."""
        assert job.scenario is not None  # noqa: S101 - routed before
        choice = job.candidates[0] if job.model else None
        tools = self._workbench.bound(job.principal, job.language, choice, *_tables_of(job))
        turn = self._turn(job)
        with job.recorder.step("scenario") as step:
            planned = self._carried_out(job, turn, lambda one: job.scenario.open(one, tools))  # type: ignore[union-attr]
            step |= {"scenario": job.scenario.name, "searches": planned is None}
        if planned is None:
            if job.ask.retrieval:
                job.collection = job.collection or self._search.collection(job)
                self._search.look(job)
                job.language = job.retrieval.language if job.retrieval else job.language
                searched = translate(job.language, job.collection.title)  # those that ship have a name in each
                turn = replace(turn, retrieval=job.retrieval, searched=searched, language=job.language)
            planned = self._carried_out(job, turn, lambda one: job.scenario.answer(one, tools))  # type: ignore[union-attr]
        elif isinstance(planned, Reply) and planned.retrieval is not None and job.scenario.collection:
            job.collection = job.collection or self._search.collection(job)  # where what it cites is from
        if isinstance(planned, Writing):
            job.writing = self._instructed(job, planned)
        else:
            job.reply = planned

    def _turn(self, job: Job) -> Turn:
        return Turn(
            question=job.question,
            language=job.language,
            history=job.history,
            state=job.own_state,
            picked=job.ask.picked,
            form=job.ask.form,
            query=job.query,
            attached=tuple((one.title, one.stage) for one in job.attached),
            model=job.model,
            guest=job.principal.user_id is None,
        )

    def _carried_out(
        self, job: Job, turn: Turn, ask: Callable[[Turn], Reply | Writing | None]
    ) -> Reply | Writing | None:
        """Asks the scenario, and asks it again with what became of its intents."""
        for _ in range(_MOST_ROUNDS_OF_INTENTS):
            planned = ask(turn)
            if not isinstance(planned, Reply) or not planned.intents:
                return planned
            outcomes = tuple(
                self._carriers[intent.name](job.principal, job.conversation_id, intent) for intent in planned.intents
            )
            turn = replace(turn, outcomes=(*turn.outcomes, *outcomes))
        raise RuntimeError(f"{job.scenario} returns intents without end")

    def _instructed(self, job: Job, writing: Writing) -> Writing:
        """In the words of administrators, where they wrote any; with what the person spoke of before, where no
        passages are the source of the answer."""
        brief = writing.brief
        if self._prompts is not None and job.scenario is not None:
            told = job.told
            if job.retrieval is None:  # else they were read with the revision of what was searched
                told = self._prompts.instructions(job.principal.role, job.scenario.name)
            brief = replace(brief, instructions=(told.body if told else "") or brief.instructions)
        if self._memory is not None and brief.retrieval is None and job.model:
            brief = replace(brief, memory=self._memory(job.principal))
        return replace(writing, brief=brief)

    # --- answer and gate --------------------------------------------------------------------------------------------

    async def _write(self, job: Job, writing: Writing) -> None:
        for choice in job.candidates:
            try:
                return await self._stream(job, writing, choice)
            except (ProviderUnavailable, ProviderBusy) as error:
                if choice is job.candidates[-1] or job.text:
                    raise
                _log.warning("Another provider answers %s: %s", job.message_id, error.message)

    async def _stream(self, job: Job, writing: Writing, choice: Choice) -> None:
        engine = self._engine
        job.draft = Draft(writing.brief, choice, job.ask.params, engine.settings, engine.servers, job.output)
        started = time.monotonic()
        try:
            async with aclosing(job.draft.write()) as pieces:
                async for delta in pieces:
                    job.stream.emit(TurnEvent("token", text=delta.text, replace=delta.replace))
        finally:
            job.recorder.add("answer", (time.monotonic() - started) * 1000, findings.written(job.draft, started))
            job.recorder.add("gate", job.draft.gate_ms, findings.gated(job.draft))


def _tables_of(job: Job) -> tuple[Sequence[UUID], str]:
    """The documents whose tables are asked, and the collection where there are none; nothing without documents."""
    if not job.ask.retrieval or job.scenario is None:
        return (), ""
    dropped = tuple(one.id for one in job.attached if one.stage is Stage.READY)
    return dropped, "" if job.attached else job.collection.name if job.collection else job.scenario.collection


def _named(job: Job) -> bool:
    """Whether the person named the collection, or asked for no documents: then there is nothing to decide."""
    return job.ask.collection is not None or not job.ask.retrieval
