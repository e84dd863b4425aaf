"""Turns of a conversation: ask, follow, stop, regenerate. What was asked is saved before any model is called."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import zip_longest
from uuid import UUID

import scenarios
from core.entities.answers import Trace
from core.entities.corpora import Collection
from core.entities.messages import Action, Message, MessageStatus
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NichewiseError, TooMany
from core.settings import Settings
from data.database import Database
from data.stores.messages import NewMessage
from data.transaction import Stores
from rag.language import detect
from rag.providers import REGISTRY, Params, get, loaded
from scenarios import Scenario
from scenarios.registration_asking import NAME as REGISTRATION
from services.admission import BLOCKED, Admission, block
from services.answer.cache import AnswerCache, Retrievals
from services.answer.job import Job
from services.answer.pipeline import Carrier, Memory, Pipeline
from services.answer.recorder import Recorder
from services.answer.retrieve import Retrieve, Search
from services.answer.save import Save
from services.answer.tools import Workbench
from services.asking import Ask, check_names, collection_name, scenario_of, text_of
from services.collections import Collections
from services.conversations import title_from
from services.engine import Engine
from services.niches import Niches
from services.prompts import Prompts
from services.routing import Routing, decision_of
from services.streams import TurnEvent
from services.writing import HEARTBEAT_SECONDS, SAVE_SECONDS, Writer

MOST_RUNNING = 4  # answers of one person at once: as many as the playground has columns
_HISTORY = 12  # messages of the conversation that may go to the model
_ABANDONED = timedelta(seconds=30 * HEARTBEAT_SECONDS)


@dataclass(frozen=True, slots=True)
class Started:
    """`message_id` is the answer's, to follow or stop it by."""

    conversation_id: UUID
    message_id: UUID


class Turns:
    """`retrieve(principal, collection name, question, k)` is the search that answers stand on."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        collections: Collections,
        retrieve: Retrieve,
        engine: Engine | None = None,
        admission: Admission | None = None,
        *,
        routing: Routing | None = None,
        niches: Niches | None = None,
        prompts: Prompts | None = None,
        memory: Memory | None = None,
        retrievals: Retrievals | None = None,
        carriers: Mapping[str, Carrier] | None = None,
    ) -> None:
        self._settings, self._db, self._collections, self._admission = settings, db, collections, admission
        self._routing = routing
        engine = engine or Engine(settings)
        cache = AnswerCache(db)
        search = Search(db, collections, retrieve, cache, retrievals or Retrievals())
        bench = Workbench(db, collections, retrieve, niches)
        pipeline = Pipeline(engine, routing, search, cache, bench, carriers or {}, admission, prompts, memory)
        self._writer = Writer(engine, pipeline, Save(db, routing, cache, settings.locale), admission)

    def start(self, principal: Principal, ask: Ask) -> Started:
        """Saves the message and starts its answer; returns at once.

        Raises `BadInput` or `TooLarge` for a message or a choice that cannot be used, `Forbidden` for what the role may
        not ask, `NotFound` for another person's conversation or collection, `TooMany` while four answers are running or
        when a limit is used up. A message that a guardrail stops is answered at once, with the action BLOCKED.
        """
        question, scenario = text_of(ask), scenario_of(principal, ask)
        name = collection_name(principal, ask)
        check_names(ask)
        self._check_running(principal)
        recorder = Recorder()
        form = bool(ask.form) and ask.scenario == REGISTRATION
        stopped = self._admission.admit(principal, question, recorder, form=form) if self._admission else None
        with self._db.begin() as tx:
            collection = self._collections.find(tx, principal, name) if name and ask.retrieval else None
            conversation_id = self._conversation(tx, principal, ask, question)
            history = tx.messages.of_conversation(principal, conversation_id, last=_HISTORY)
            tx.messages.add(NewMessage(conversation_id, "user", question))
            if stopped is not None:
                return Started(conversation_id, block(tx, conversation_id, question, recorder.trace))
            job = self._job(tx, principal, ask, conversation_id, history, scenario, collection)
        job.recorder = recorder
        self._writer.write(job)
        return Started(conversation_id, job.message_id)

    def regenerate(
        self,
        principal: Principal,
        message_id: UUID,
        *,
        provider: str | None = None,
        model: str | None = None,
        params: Params | None = None,
    ) -> Started:
        """Writes an answer anew, on a branch of its own: the old one and what followed it are kept beside it. No kept
        answer is given, and the decision of the router stays."""
        return self._again(principal, message_id, provider=provider, model=model, params=params)

    def reroute(self, principal: Principal, message_id: UUID, scenario: str) -> Started:
        """Answers anew in the scenario that the person says was meant, which becomes a candidate example of the
        router."""
        named = scenarios.get(scenario)
        if self._routing is not None:
            self._routing.correct(principal, message_id, named.name)
        return self._again(principal, message_id, scenario=named.name)

    def _again(
        self,
        principal: Principal,
        message_id: UUID,
        *,
        provider: str | None = None,
        model: str | None = None,
        params: Params | None = None,
        scenario: str | None = None,
    ) -> Started:
        self._check_running(principal)
        with self._db.begin() as tx:
            old, question = self._answered(tx, principal, message_id)
        recorder = Recorder()
        if self._admission and self._admission.admit(principal, question, recorder) is not None:
            raise Forbidden(BLOCKED)
        with self._db.begin() as tx:
            tx.conversations.find(principal, old.conversation_id, lock=True)
            tx.threads.rewind(message_id)
            thread = tx.messages.of_conversation(principal, old.conversation_id, last=_HISTORY + 1)
            routed = tx.routes.of(message_id) if scenario is None else None
            ask = _same_again(old, question, provider, model, params, scenario)
            name = collection_name(principal, ask)
            check_names(ask)
            collection = self._collections.find(tx, principal, name) if name and ask.retrieval else None
            job = self._job(
                tx, principal, ask, old.conversation_id, thread[:-1], scenario_of(principal, ask), collection
            )
        job.decision = decision_of(routed) if routed else None
        job.recorder, job.fresh = recorder, True
        self._writer.write(job)
        return Started(old.conversation_id, job.message_id)

    def _answered(self, tx: Stores, principal: Principal, message_id: UUID) -> tuple[Message, str]:
        """An answer that has ended, and the question above it."""
        old = tx.messages.find(principal, message_id)
        if old.author != "assistant" or not old.status.ended or old.parent_id is None:
            raise BadInput("Only an answer can be written anew, once it has ended.")
        return old, tx.messages.find(principal, old.parent_id).text

    def trace(self, principal: Principal, message_id: UUID) -> Trace:
        """How an answer was made; empty for one that was made before traces were kept."""
        with self._db.begin() as tx:
            tx.messages.find(principal, message_id)
            return tx.answers.trace(principal, message_id)

    def find(self, principal: Principal, message_id: UUID) -> Message:
        with self._db.begin() as tx:
            return tx.messages.find(principal, message_id)

    def stop(self, principal: Principal, message_id: UUID) -> Message:
        """Ends a running answer and returns it with the text it has; one that has ended is returned as it is."""
        message = self.find(principal, message_id)
        job = self._writer.find(message_id)
        if job is not None:
            self._writer.stop(job)
            job.ended.wait(timeout=5)
        elif not message.status.ended:
            with self._db.begin() as tx:
                tx.messages.stop(message_id)
        return self.find(principal, message_id)

    # --- following --------------------------------------------------------------------------------------------------

    def follow(self, principal: Principal, message_id: UUID) -> Generator[TurnEvent, None, None]:
        """Every event of the answer from its beginning, then ends. To stop reading never stops the answer."""
        job = self._writer.find(message_id)  # first: else it could end between the two and be taken for another's
        message = self.find(principal, message_id)
        if job is not None:
            yield from job.stream.follow()
            return
        shown = ""
        while not message.status.ended:
            yield from _grown(shown, message.text)
            shown = message.text
            time.sleep(SAVE_SECONDS)
            message = self._seen_elsewhere(principal, message_id)
        yield from _ended(shown, message)

    async def afollow(self, principal: Principal, message_id: UUID) -> AsyncGenerator[TurnEvent, None]:
        """The same on any event loop, which it never blocks."""
        job = self._writer.find(message_id)
        message = await asyncio.to_thread(self.find, principal, message_id)
        if job is not None:
            async with aclosing(job.stream.afollow()) as events:
                async for event in events:
                    yield event
            return
        shown = ""
        while not message.status.ended:
            for event in _grown(shown, message.text):
                yield event
            shown = message.text
            await asyncio.sleep(SAVE_SECONDS)
            message = await asyncio.to_thread(self._seen_elsewhere, principal, message_id)
        for event in _ended(shown, message):
            yield event

    def _seen_elsewhere(self, principal: Principal, message_id: UUID) -> Message:
        """An answer that another process writes, as it was last saved."""
        with self._db.begin() as tx:
            tx.messages.stop_abandoned(_ABANDONED, message_id)
            return tx.messages.find(principal, message_id)

    # --- life of the process ----------------------------------------------------------------------------------------

    def warm(self) -> None:
        """Imports what the first answer needs, which takes a second or two: for after the first page can be shown."""
        for name in REGISTRY:
            if get(name).configured(self._settings):
                loaded(name)

    def recover(self) -> int:
        """At start: answers whose process has ended are marked stopped, with the text they have; returns how many.

        With the embedded database this process is the only one; else others may be writing, and only answers that
        nobody has saved for a minute are given up."""
        alone = self._settings.database_url is None
        with self._db.begin() as tx:
            return tx.messages.stop_abandoned(timedelta() if alone else _ABANDONED)

    def close(self) -> None:
        """Stops what is running and keeps what it has."""
        self._writer.close()

    # --- starting ---------------------------------------------------------------------------------------------------

    def _check_running(self, principal: Principal) -> None:
        whose = principal.user_id or principal.guest_id
        count = sum((job.principal.user_id or job.principal.guest_id) == whose for job in self._writer.running())
        if count >= MOST_RUNNING:
            raise TooMany("%(count)s of your answers are being written. Wait for one to end, or stop it.", count=count)

    def _conversation(self, tx: Stores, principal: Principal, ask: Ask, question: str) -> UUID:
        if ask.conversation_id is None:
            return tx.conversations.create(principal, title_from(question)).id
        conversation = tx.conversations.find(principal, ask.conversation_id, lock=True)
        tx.conversations.touch(conversation.id)
        if ask.edits is not None:
            edited = tx.messages.find(principal, ask.edits)
            if edited.conversation_id != conversation.id or edited.author != "user":
                raise BadInput("Only a message of your own in this conversation can be edited.")
            tx.threads.rewind(edited.id)
        return conversation.id

    def _job(
        self,
        tx: Stores,
        principal: Principal,
        ask: Ask,
        conversation_id: UUID,
        history: list[Message],
        scenario: Scenario | None,
        collection: Collection | None,
    ) -> Job:
        question = text_of(ask)
        new = NewMessage(
            conversation_id,
            "assistant",
            "",
            status=MessageStatus.WAITING,
            scenario=scenario.name if scenario else "",
            collection=collection.name if collection else "",
            provider=ask.provider or "",
            model=ask.model or "",
            params=ask.params.given(),
        )
        return Job(
            principal=principal,
            conversation_id=conversation_id,
            message_id=tx.messages.add(new),
            ask=ask,
            question=question,
            language=detect(question, principal.locale or self._settings.locale),
            scenario=scenario,
            collection=collection,
            history=tuple(_useful(history)),
            last=next((turn.scenario for turn in reversed(history) if turn.author == "assistant"), ""),
            state=tx.answers.state(conversation_id) if ask.conversation_id else {},
            attached=tuple(tx.attachments.of(principal, conversation_id)) if ask.conversation_id else (),
        )


def _useful(history: list[Message]) -> Iterator[Message]:
    """Turns a model can learn from: what was said, not failures, refusals and what a guardrail stopped."""
    for turn, answer in zip_longest(history, history[1:]):
        stopped = answer is not None and answer.action is Action.BLOCKED
        if turn.text and not stopped and (turn.author == "user" or turn.action == "answer"):
            yield turn


def _same_again(
    old: Message, question: str, provider: str | None, model: str | None, params: Params | None, scenario: str | None
) -> Ask:
    kept = {name: value for name, value in old.params.items() if name not in ("ignored", "dropped")}
    same = scenario is None or scenario == old.scenario
    ask = Ask(
        message=question,
        conversation_id=old.conversation_id,
        collection=old.collection or None if same else None,
        scenario=scenario or old.scenario or None,
        retrieval=not same or bool(old.collection) or old.scenario != "DOCUMENTS",
        params=Params.read(kept) if params is None else params,
    )
    return replace(ask, provider=provider, model=model)


def _grown(shown: str, text: str) -> Iterator[TurnEvent]:
    if text != shown:
        grew = text.startswith(shown)
        yield TurnEvent("token", text=text[len(shown) :] if grew else text, replace=not grew)


def _ended(shown: str, message: Message) -> Iterator[TurnEvent]:
    yield from _grown(shown, message.text)
    if message.citations:
        yield TurnEvent("citations", citations=message.citations)
    if message.status is MessageStatus.FAILED:
        yield TurnEvent("error", error=NichewiseError(message.error or None), message=message)
    else:
        yield TurnEvent("done", message=message)
