"""Starts answers: what was asked is checked, and saved with an answer that waits, before any model is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from uuid import UUID

from core.entities.corpora import Collection
from core.entities.messages import Action, Message, MessageStatus
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, TooMany
from core.settings import Settings
from data.database import Database
from data.stores.messages import NewMessage
from data.transaction import Stores
from rag.language import detect
from scenarios import Scenario
from scenarios.registration_asking import NAME as REGISTRATION
from scenarios.router import Decision
from services.answer.job import Job
from services.answer.recorder import Recorder
from services.chat.admission import BLOCKED, Admission, block
from services.chat.asking import Ask, collection_name, scenario_of, text_of
from services.chat.conversations import title_from
from services.chat.writing import Writer
from services.corpora.collections import Collections
from services.models.names import check_names

MOST_RUNNING = 4  # answers of one person at once: as many as the playground has columns
HISTORY = 12  # messages of the conversation that may go to the model


@dataclass(frozen=True, slots=True)
class Started:
    """`message_id` is the answer's, to follow or stop it by."""

    conversation_id: UUID
    message_id: UUID


@dataclass(frozen=True, slots=True)
class Anew:
    """The answer that is written anew, and how its question was routed, where that stays."""

    message_id: UUID
    decision: Decision | None


class Starting:
    def __init__(
        self, settings: Settings, db: Database, collections: Collections, writer: Writer, admission: Admission | None
    ) -> None:
        self._settings, self._db, self._collections = settings, db, collections
        self._writer, self._admission = writer, admission

    def begin(self, principal: Principal, ask: Ask, anew: Anew | None = None) -> Started:
        """Saves the message and starts its answer; returns at once. See `Turns.start` for what it raises."""
        question, scenario, name = text_of(ask), scenario_of(principal, ask), collection_name(principal, ask)
        check_names(ask.provider, ask.model)
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
            said = tx.messages.said(principal, conversation_id, last=HISTORY + 1) if ask.conversation_id else []
            history = said[:-1] if anew else said[-HISTORY:]
            asked = () if anew else (NewMessage(conversation_id, "user", question),)
            if stopped:
                tx.messages.add(*asked)
                return Started(conversation_id, block(tx, conversation_id, question, recorder.trace))
            message_id = tx.messages.add(*asked, _answer_to(ask, conversation_id, scenario, collection))
            job = replace(
                self.job(tx, principal, ask, question, (conversation_id, message_id), history),
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

    def job(
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

    def _check_running(self, principal: Principal) -> None:
        count = sum(job.principal.is_same(principal) for job in self._writer.running())
        if count >= MOST_RUNNING:
            raise TooMany("%(count)s of your answers are being written. Wait for one to end, or stop it.", count=count)

    def _conversation(self, tx: Stores, principal: Principal, ask: Ask, question: str, anew: Anew | None) -> UUID:
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
