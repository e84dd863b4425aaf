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

from core.entities.corpora import Stage
from core.entities.people import Principal
from core.errors import ProviderBusy, ProviderUnavailable
from core.i18n import translate
from rag.answering import Draft
from rag.providers.choice import Choice
from rag.shown import Delta
from scenarios import Intent, Outcome, Reply, Turn, Writing
from services.answer import beside, coming, findings, leaning
from services.answer.cache import AnswerCache, decision_of
from services.answer.deciding import Deciding
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
        deciding: Deciding,
        search: Search,
        cache: AnswerCache,
        workbench: Workbench,
        carriers: Mapping[str, Carrier],
        prompts: Prompts | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._engine, self._routing, self._search, self._cache = engine, routing, search, cache
        self._deciding, self._workbench, self._carriers = deciding, workbench, carriers
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
            await self._in_pool(self._deciding.lean, job)
        await beside.rewrite(self._engine, job)
        if job.decision is not None:
            await self._in_pool(self._deciding.by_evidence, job)
        if self._routing is not None:
            await beside.decide(self._engine, self._routing, job)
        if job.reply is None:
            await self._wait_for_files(job)
            await self._in_pool(self._plan, job)
        if job.writing is not None:
            await self._write(job, job.writing)
            if coming.refused(job) and (more := await self._in_pool(self._search.coming, job)):
                job.stream.emit(TurnEvent("token", text=more.text, replace=more.replace))
        else:
            if job.note and job.reply is not None:
                job.reply = replace(job.reply, reply=f"{job.note}\n\n{job.reply.reply}")
            job.stream.emit(TurnEvent("token", text=job.text))

    async def _in_pool(self, work: Callable[..., _T], *args: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)

    # --- cache ------------------------------------------------------------------------------------------------------

    def _known_or_routed(self, job: Job) -> bool:
        """Whether the answer is known; if not, the words of the question are routed: both without leaving the thread,
        for to change it costs more than most steps."""
        if self._known(job):
            return True
        self._deciding.read(job)
        self._deciding.begin(job)
        return False

    def _known(self, job: Job) -> bool:
        with job.recorder.step("cache") as step:
            step["hit"] = self._cache.find(job)
            if job.kept is not None:
                step["query"] = job.kept["query"]
                job.decision = decision_of(job.kept)
        return job.kept is not None

    # --- retrieve ---------------------------------------------------------------------------------------------------

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
                turn = replace(turn, query=job.query, several=bool(job.parts))
            planned = self._carried_out(job, turn, lambda one: job.scenario.answer(one, tools))  # type: ignore[union-attr]
        elif _cites(planned) and job.scenario.collection:
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
        passages are the source of the answer; and with how the question was read."""
        brief = writing.brief
        if self._prompts is not None and job.scenario is not None:
            told = job.told
            if job.retrieval is None:  # else they were read with the revision of what was searched
                told = self._prompts.instructions(job.principal.role, job.scenario.name)
            brief = replace(brief, instructions=(told.body if told else "") or brief.instructions)
        if self._memory is not None and brief.retrieval is None and job.model:
            brief = replace(brief, memory=self._memory(job.principal))
        spelt = job.retrieval.question if job.retrieval and job.spelt else ""
        return replace(writing, brief=replace(brief, note=job.note, spelt=spelt, parts=job.parts))

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
        engine, params = self._engine, job.ask.params

        def show(delta: Delta) -> None:
            job.stream.emit(TurnEvent("token", text=delta.text, replace=delta.replace))

        job.draft = Draft(writing.brief, choice, params, engine.settings, engine.servers, job.output, later=show)
        started = time.monotonic()
        try:
            async with aclosing(job.draft.write()) as pieces:
                async for delta in pieces:
                    show(delta)
        finally:
            job.recorder.add("answer", (time.monotonic() - started) * 1000, findings.written(job.draft, started))
            job.recorder.add("gate", job.draft.gate_ms, findings.gated(job.draft))


def _cites(planned: Reply | Writing) -> bool:
    """Whether there are passages to cite though nothing was searched."""
    return (planned.retrieval if isinstance(planned, Reply) else planned.brief.retrieval) is not None


def _tables_of(job: Job) -> tuple[Sequence[UUID], str]:
    """The documents whose tables are asked, and the collection where there are none; nothing without documents."""
    if not job.ask.retrieval or job.scenario is None:
        return (), ""
    dropped = tuple(one.id for one in job.attached if one.stage is Stage.READY)
    return dropped, "" if job.attached else job.collection.name if job.collection else job.scenario.collection
