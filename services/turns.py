"""Turns of a conversation: ask, follow, stop, regenerate. What was asked is saved before any model is called."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import zip_longest
from uuid import UUID, uuid4

import scenarios
from core.entities.answers import Trace
from core.entities.corpora import Collection
from core.entities.messages import Action, Message, MessageStatus
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, TooMany
from core.roles import Permission
from core.settings import Settings
from data.database import Database
from data.stores.messages import NewMessage
from data.transaction import Stores
from rag.language import detect
from rag.providers import REGISTRY, Params, get, loaded
from scenarios import Scenario
from scenarios.registration_asking import NAME as REGISTRATION
from scenarios.router import Decision
from services.answer.cache import AnswerCache, Retrievals
from services.answer.deciding import Deciding
from services.answer.job import Job
from services.answer.pipeline import Carrier, Memory, Pipeline
from services.answer.recorder import Recorder
from services.answer.retrieve import Retrieve, Search
from services.answer.save import Save
from services.answer.tools import Workbench
from services.chat.admission import BLOCKED, Admission, block
from services.chat.asking import Ask, check_names, collection_name, scenario_of, text_of
from services.chat.conversations import title_from
from services.chat.following import ABANDONED, Following
from services.chat.prompts import Prompts
from services.chat.routing import Routing, decision_of
from services.chat.streams import TurnEvent
from services.chat.writing import Writer
from services.corpora.collections import Collections
from services.models.engine import Engine
from services.niches.analytics import Niches

MOST_RUNNING = 4  # answers of one person at once: as many as the playground has columns
_HISTORY = 12  # messages of the conversation that may go to the model


@dataclass(frozen=True, slots=True)
class Started:
    """`message_id` is the answer's, to follow or stop it by."""

    conversation_id: UUID
    message_id: UUID


@dataclass(frozen=True, slots=True)
class _Anew:
    """The answer that is written anew, and how its question was routed, where that stays."""

    message_id: UUID
    decision: Decision | None


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
        self._deciding = Deciding(routing, search, bench)
        pipeline = Pipeline(engine, routing, self._deciding, search, cache, bench, carriers or {}, prompts, memory)
        self._writer = Writer(engine, pipeline, Save(db, routing, cache, settings.locale), admission)
        self._following = Following(db, self._writer)

    def start(self, principal: Principal, ask: Ask) -> Started:
        """Saves the message and starts its answer; returns at once.

        Raises `BadInput` or `TooLarge` for a message or a choice that cannot be used, `Forbidden` for what the role may
        not ask, `NotFound` for another person's conversation or collection, `TooMany` while four answers are running or
        when a limit is used up. A message that a guardrail stops is answered at once, with the action BLOCKED.
        """
        return self._begin(principal, ask)

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
        with self._db.begin() as tx:
            old, question = self._answered(tx, principal, message_id)
            routed = tx.routes.of(message_id) if scenario is None else None
        ask = _same_again(old, question, provider, model, params, scenario)
        return self._begin(principal, ask, _Anew(message_id, decision_of(routed) if routed else None))

    def _answered(self, tx: Stores, principal: Principal, message_id: UUID) -> tuple[Message, str]:
        """An answer that has ended, and the question above it."""
        old = tx.messages.find(principal, message_id)
        if old.author != "assistant" or not old.status.ended or old.parent_id is None:
            raise BadInput("Only an answer can be written anew, once it has ended.")
        return old, tx.messages.find(principal, old.parent_id).text

    def decide(self, principal: Principal, message: str, conversation_id: UUID | None = None) -> Decision:
        """The scenario that `message` would be answered in: what a chat without a language model decides. Nothing is
        kept; raises `NotFound` for another person's conversation."""
        ask = Ask(message, conversation_id)
        question = text_of(ask)
        if not principal.may(Permission.CHAT):
            raise Forbidden
        with self._db.begin() as tx:
            if conversation_id is not None:
                tx.conversations.find(principal, conversation_id)
            said = tx.messages.said(principal, conversation_id, last=_HISTORY) if conversation_id else []
            job = self._job(tx, principal, ask, question, (conversation_id or uuid4(), uuid4()), said)
        return self._deciding.decide(job)

    def trace(self, principal: Principal, message_id: UUID) -> Trace:
        """How an answer was made; empty for one that was made before traces were kept."""
        with self._db.read() as tx:
            tx.messages.find(principal, message_id)
            return tx.answers.trace(principal, message_id)

    def find(self, principal: Principal, message_id: UUID) -> Message:
        return self._following.find(principal, message_id)

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

    def follow(self, principal: Principal, message_id: UUID) -> Generator[TurnEvent, None, None]:
        """Every event of the answer from its beginning; see `Following`."""
        return self._following.follow(principal, message_id)

    def afollow(
        self, principal: Principal, message_id: UUID, quiet: float | None = None
    ) -> AsyncGenerator[Sequence[TurnEvent], None]:
        """The same on any event loop: what has gathered comes at once, nothing after `quiet` seconds without any."""
        return self._following.afollow(principal, message_id, quiet)

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
            return tx.messages.stop_abandoned(timedelta() if alone else ABANDONED)

    def close(self) -> None:
        """Stops what is running and keeps what it has."""
        self._writer.close()

    # --- starting ---------------------------------------------------------------------------------------------------

    def _check_running(self, principal: Principal) -> None:
        count = sum(job.principal.is_same(principal) for job in self._writer.running())
        if count >= MOST_RUNNING:
            raise TooMany("%(count)s of your answers are being written. Wait for one to end, or stop it.", count=count)

    def _begin(self, principal: Principal, ask: Ask, anew: _Anew | None = None) -> Started:
        question, scenario, name = text_of(ask), scenario_of(principal, ask), collection_name(principal, ask)
        check_names(ask)
        self._check_running(principal)
        recorder = Recorder()
        form = bool(ask.form) and ask.scenario == REGISTRATION
        admitted = self._admission.admit(principal, question, recorder, form=form) if self._admission else None
        stopped = admitted is not None and admitted.stopped is not None
        if stopped and anew:
            raise Forbidden(BLOCKED)
        with self._db.begin() as tx:
            collection = self._collections.find(tx, principal, name) if name and ask.retrieval else None
            conversation_id = self._conversation(tx, principal, ask, question, anew)
            said = tx.messages.said(principal, conversation_id, last=_HISTORY + 1) if ask.conversation_id else []
            history = said[:-1] if anew else said[-_HISTORY:]
            asked = () if anew else (NewMessage(conversation_id, "user", question),)
            if stopped:
                tx.messages.add(*asked)
                return Started(conversation_id, block(tx, conversation_id, question, recorder.trace))
            message_id = tx.messages.add(*asked, _answer_to(ask, conversation_id, scenario, collection))
            job = replace(
                self._job(tx, principal, ask, question, (conversation_id, message_id), history),
                scenario=scenario,
                collection=collection,
                decision=anew.decision if anew else None,
                fresh=anew is not None,
                recorder=recorder,
                rules=admitted.version if admitted else 0,
                output=admitted.output if admitted else None,
            )
        self._writer.write(job)
        return Started(conversation_id, job.message_id)

    def _job(
        self, tx: Stores, principal: Principal, ask: Ask, question: str, ids: tuple[UUID, UUID], history: list[Message]
    ) -> Job:
        """What the conversation says of a question; `ids` are those of conversation and answer."""
        conversation_id, message_id = ids
        return Job(
            principal=principal,
            conversation_id=conversation_id,
            message_id=message_id,
            ask=ask,
            question=question,
            language=detect(question, principal.locale or self._settings.locale),
            scenario=None,
            collection=None,
            history=tuple(_useful(history)),
            last=next((turn.scenario for turn in reversed(history) if turn.author == "assistant"), ""),
            state=tx.answers.state(conversation_id) if ask.conversation_id else {},
            attached=tuple(tx.attachments.of(principal, conversation_id)) if ask.conversation_id else (),
        )

    def _conversation(
        self, tx: Stores, principal: Principal, ask: Ask, question: str, anew: _Anew | None = None
    ) -> UUID:
        """A new one, or that of `ask` with its end where the answer will stand."""
        if ask.conversation_id is None:
            return tx.conversations.create(principal, title_from(question)).id
        conversation = tx.conversations.find(principal, ask.conversation_id, lock=True)
        if anew is not None:
            tx.threads.rewind(anew.message_id)
        elif ask.edits is not None:
            edited = tx.messages.find(principal, ask.edits)
            if edited.conversation_id != conversation.id or edited.author != "user":
                raise BadInput("Only a message of your own in this conversation can be edited.")
            tx.threads.rewind(edited.id)
        return conversation.id


def _answer_to(ask: Ask, conversation_id: UUID, scenario: Scenario | None, collection: Collection | None) -> NewMessage:
    return NewMessage(
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
