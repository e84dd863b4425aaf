"""Turns of a conversation: ask, follow, stop, regenerate. What was asked is saved before any model is called."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import scenarios
from core.entities.answers import Trace
from core.entities.messages import Message
from core.entities.people import Principal
from core.errors import BadInput, Forbidden
from core.roles import Permission
from core.settings import Settings
from data.database import Database
from data.transaction import Stores
from rag.providers import REGISTRY, Params, get, loaded
from scenarios.router import Decision
from services.answer.cache import AnswerCache, Retrievals
from services.answer.deciding import Deciding
from services.answer.pipeline import Carrier, Memory, Pipeline
from services.answer.retrieve import Retrieve, Search
from services.answer.save import Save
from services.answer.tools import Workbench
from services.chat.admission import Admission
from services.chat.asking import Ask, text_of
from services.chat.following import ABANDONED, Following
from services.chat.prompts import Prompts
from services.chat.routing import Routing, decision_of
from services.chat.starting import HISTORY, Anew, Started, Starting
from services.chat.streams import TurnEvent
from services.chat.writing import Writer
from services.corpora.collections import Collections
from services.models.engine import Engine
from services.niches.analytics import Niches


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
        self._settings, self._db, self._routing = settings, db, routing
        engine = engine or Engine(settings)
        cache = AnswerCache(db)
        search = Search(db, collections, retrieve, cache, retrievals or Retrievals())
        bench = Workbench(db, collections, retrieve, niches)
        self._deciding = Deciding(routing, search, bench)
        pipeline = Pipeline(engine, routing, self._deciding, search, cache, bench, carriers or {}, prompts, memory)
        self._writer = Writer(engine, pipeline, Save(db, routing, cache, settings.locale), admission)
        self._starting = Starting(settings, db, collections, self._writer, admission)
        self._following = Following(db, self._writer)

    def start(self, principal: Principal, ask: Ask) -> Started:
        """Saves the message and starts its answer; returns at once.

        Raises `BadInput` or `TooLarge` for a message or a choice that cannot be used, `Forbidden` for what the role may
        not ask, `NotFound` for another person's conversation or collection, `TooMany` while four answers are running or
        when a limit is used up. A message that a guardrail stops is answered at once, with the action BLOCKED.
        """
        return self._starting.begin(principal, ask)

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
        return self._starting.begin(principal, ask, Anew(message_id, decision_of(routed) if routed else None))

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
            said = tx.messages.said(principal, conversation_id, last=HISTORY) if conversation_id else []
            job = self._starting.job(tx, principal, ask, question, (conversation_id or uuid4(), uuid4()), said)
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


def _same_again(
    old: Message, question: str, provider: str | None, model: str | None, params: Params | None, scenario: str | None
) -> Ask:
    kept = {name: value for name, value in old.params.items() if name not in ("ignored", "dropped")}
    same = scenario is None or scenario == old.scenario
    return Ask(
        message=question,
        conversation_id=old.conversation_id,
        collection=old.collection or None if same else None,
        scenario=scenario or old.scenario or None,
        retrieval=not same or bool(old.collection) or old.scenario != "DOCUMENTS",
        provider=provider,
        model=model,
        params=Params.read(kept) if params is None else params,
    )
