"""Answers that nobody can lose: saved first, followed by anyone, stopped, regenerated, recovered."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.entities.corpora import CollectionKind, Fingerprint, Stage
from core.entities.messages import Action, Message, MessageStatus
from core.entities.people import Principal, UserStatus
from core.entities.retrieval import Passage, Retrieval
from core.errors import BadInput, Forbidden, ModelMissing, NotFound, ProviderFailed, TooLarge, TooMany
from core.roles import Role
from core.settings import Settings
from data.database import Database
from data.stores.documents import NewDocument
from rag.providers import Params
from services.chat.asking import LONGEST_MESSAGE, Ask
from services.chat.conversations import Conversations
from services.chat.streams import TurnEvent
from services.corpora.collections import Collections
from services.corpora.fingerprints import Fingerprints
from services.turns import MOST_RUNNING, Turns
from tests.servers.ollama import OllamaServer

PRINT = Fingerprint("m", 2, True, ("en",), 200, 20)
TEXT = "Every person has 28 days of leave a year."
EVERYONE = (Role.GUEST, Role.SALES, Role.ANALYST)


@dataclass
class Room:
    """The service over a library of one document per collection, and a search that always finds it."""

    db: Database
    settings: Settings
    turns: Turns
    conversations: Conversations
    documents: dict[str, UUID]
    evidence: float = 0.9

    def person(self, role: Role = Role.SALES, email: str = "ann@example.com") -> Principal:
        with self.db.begin() as tx:
            user = tx.users.create(email, "Ann", role, UserStatus.ACTIVE, "x")
        assert user
        return Principal(role=role, user_id=user.id, email=email, name="Ann")

    def ask(
        self, who: Principal, message: str = "How many days of leave?", **choice: Any
    ) -> tuple[list[TurnEvent], Any]:
        started = self.turns.start(who, Ask(message, **choice))
        return list(self.turns.follow(who, started.message_id)), started

    def retrieve(self, principal: Principal, collection: str, question: str, k: int) -> Retrieval:
        found = Passage(uuid4(), self.documents[collection], 1, "Handbook", "", 4, TEXT, "en", 0.9)
        return Retrieval(question, "en", (found,), self.evidence, 0.4, 1.0)

    def thread(self, who: Principal, conversation_id: UUID) -> list[Message]:
        return self.conversations.messages(who, conversation_id)


@pytest.fixture
def make_turns(db: Database, settings: Settings, ollama: OllamaServer) -> Iterator[Callable[..., Room]]:
    made: list[Room] = []

    def make(**changes: Any) -> Room:
        own = settings.model_copy(update={"ollama_url": ollama.url, **changes})
        documents = made[0].documents if made else _library(db)
        room = Room(db, own, None, Conversations(db), documents)  # type: ignore[arg-type]
        room.turns = Turns(own, db, Collections(db, Fingerprints(own)), lambda *asked: room.retrieve(*asked))
        made.append(room)
        return room

    yield make
    for room in made:
        room.turns.close()


@pytest.fixture
def room(make_turns: Callable[..., Room]) -> Room:
    return make_turns()


def _library(db: Database) -> dict[str, UUID]:
    documents = {}
    with db.begin() as tx:
        for name, readers in (("faq", EVERYONE), ("documents", EVERYONE[1:]), ("analytics", EVERYONE[1:])):
            tx.collections.ensure(name, name.title(), CollectionKind(name), PRINT, readers=readers)
            collection = tx.collections.named(name)
            assert collection
            made = tx.documents.add(NewDocument(collection.id, "a.pdf", "application/pdf", name, 1, title="Handbook"))
            assert made
            documents[name] = made
    return documents


def wait(condition: Callable[[], Any], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def shown(events: list[TurnEvent]) -> str:
    text = ""
    for event in events:
        if event.kind == "token":
            text = event.text if event.replace else text + event.text
    return text


# --- the way of an answer -------------------------------------------------------------------------------------------


def test_an_answer_streams_cites_and_is_saved_as_it_was_shown(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    ollama.script.reply("28 days", " [1", "].", prompt_tokens=50, completion_tokens=6)
    events, started = room.ask(ann)
    assert [event.kind for event in events[-2:]] == ["citations", "done"]
    assert shown(events) == "28 days [1]."
    question, answer = room.thread(ann, started.conversation_id)
    assert (question.author, question.text) == ("user", "How many days of leave?")
    assert answer == events[-1].message
    assert (answer.text, answer.status, answer.action) == ("28 days [1].", MessageStatus.COMPLETE, Action.ANSWER)
    assert (answer.provider, answer.model, answer.scenario) == ("ollama", "llama3.1:8b", "DOCUMENTS")
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.estimated) == (50, 6, False)
    assert [(c.n, c.title, c.page, c.text) for c in answer.citations] == [(1, "Handbook", 4, TEXT)]
    assert answer.evidence == 0.9


def test_the_question_is_saved_before_the_model_is_called(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    gate = threading.Event()
    ollama.script.reply("28 ", "days [1].", gate=gate, hold_at=0)
    started = room.turns.start(ann, Ask("How many days of leave?"))
    wait(lambda: ollama.script.asked("/api/chat"))
    assert [m.text for m in room.thread(ann, started.conversation_id)] == ["How many days of leave?", ""]
    gate.set()
    assert list(room.turns.follow(ann, started.message_id))[-1].kind == "done"


def test_the_partial_text_is_saved_while_the_model_writes(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    gate = threading.Event()
    ollama.script.reply("Twenty-eight days [1].", " More.", gate=gate)
    started = room.turns.start(ann, Ask("How many days?"))
    wait(lambda: room.turns.find(ann, started.message_id).text == "Twenty-eight days [1].")
    assert room.turns.find(ann, started.message_id).status is MessageStatus.STREAMING
    gate.set()
    assert shown(list(room.turns.follow(ann, started.message_id))) == "Twenty-eight days [1]. More."


def test_a_follower_that_leaves_or_comes_late_misses_nothing_and_ends_nothing(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    gate = threading.Event()
    ollama.script.reply("One", " two", " three [1].", gate=gate, hold_at=2)
    started = room.turns.start(ann, Ask("Count"))
    first = room.turns.follow(ann, started.message_id)
    assert next(first).text == "One"
    first.close()
    late = room.turns.follow(ann, started.message_id)
    assert next(late).text + next(late).text == "One two"
    gate.set()
    assert shown([TurnEvent("token", text="One two"), *late]) == "One two three [1]."
    assert shown(list(room.turns.follow(ann, started.message_id))) == "One two three [1]."


def test_followers_on_an_event_loop_see_the_same(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    ollama.script.reply("One", " two", " three [1].", pause=0.01)

    async def follow(message_id: UUID) -> list[TurnEvent]:
        return [event async for events in room.turns.afollow(ann, message_id) for event in events]

    async def everyone() -> list[list[TurnEvent]]:
        started = await asyncio.to_thread(room.turns.start, ann, Ask("Count"))
        running = await asyncio.gather(*(follow(started.message_id) for _ in range(3)))
        return [*running, await follow(started.message_id)]

    for events in asyncio.run(everyone()):
        assert shown(events) == "One two three [1]."
        assert [event.kind for event in events[-2:]] == ["citations", "done"]


def test_history_goes_to_the_model_without_old_numbers(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    ollama.script.reply("28 days [1].")
    _, started = room.ask(ann)
    ollama.script.reply("Yes [1].")
    room.ask(ann, "Who approves the leave of a manager?", conversation_id=started.conversation_id)
    sent = [message["content"] for message in ollama.script.asked("/api/chat")[1]["messages"]]
    assert sent[1:3] == ["How many days of leave?", "28 days."]
    assert len(room.thread(ann, started.conversation_id)) == 4


def test_without_a_model_server_the_extractive_provider_answers(make_turns: Callable[..., Room]) -> None:
    room = make_turns(ollama_url="http://127.0.0.1:9")
    ann = room.person()
    events, _ = room.ask(ann)
    assert shown(events) == f"{TEXT} [1]"
    answer = events[-1].message
    assert answer
    assert answer.provider == "extractive"


def test_a_server_without_the_model_is_as_good_as_none_unless_it_was_asked_for(
    room: Room, ollama: OllamaServer
) -> None:
    ann = room.person()
    ollama.script.models = []
    events, _ = room.ask(ann)
    assert events[-1].message
    assert (events[-1].message.provider, shown(events)) == ("extractive", f"{TEXT} [1]")
    events, _ = room.ask(ann, provider="ollama")
    assert isinstance(events[-1].error, ModelMissing)


def test_weak_evidence_is_a_refusal_without_citations(room: Room) -> None:
    room.evidence = 0.1
    events, _ = room.ask(room.person())
    answer = events[-1].message
    assert answer
    assert (answer.action, answer.citations, answer.status) == (Action.REFUSE, (), MessageStatus.COMPLETE)
    assert "“Documents”" in answer.text


def test_a_refusal_says_how_many_documents_are_still_to_come_for_this_person(room: Room) -> None:
    ann = room.person()

    def said(question: str) -> str:
        events, _ = room.ask(ann, question)
        assert events[-1].message
        assert events[-1].message.text == shown(events)
        return events[-1].message.text

    with room.db.begin() as tx:
        tx.stages.advance(room.documents.values(), Stage.READY)
        target = tx.collections.find(ann, "documents")
        new = (NewDocument(target.id, f"{n}.pdf", "application/pdf", uuid4().hex, 1) for n in range(4))
        first, second, third, hidden = (tx.documents.add(one) for one in new)
        tx.connection.execute(text("UPDATE documents SET readers = '{admin}' WHERE id = :id"), {"id": hidden})
    room.evidence = 0.1
    assert "3 documents are still being indexed; ask again in a moment." in said("How many days of leave?")
    with room.db.begin() as tx:
        tx.stages.advance([one for one in (first,) if one], Stage.READY)
        tx.stages.fail(second or uuid4(), "The file has no text.")
    assert "1 document is still being indexed; ask again in a moment." in said("How many days of leave?")
    room.evidence = 0.9
    assert "still being indexed" not in said("How many days of leave are there?")
    with room.db.begin() as tx:
        tx.stages.advance([one for one in (third,) if one], Stage.READY)
    room.evidence = 0.1
    assert "still being indexed" not in said("How many days of leave?")


def test_parameters_reach_the_model_and_the_ignored_ones_are_named(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    ollama.script.reply("28 [1].")
    events, _ = room.ask(ann, params=Params(temperature=0.2, seed=5))
    assert ollama.script.asked("/api/chat")[0]["options"]["seed"] == 5
    assert events[-1].message
    assert events[-1].message.params == {"temperature": 0.2, "seed": 5}
    events, _ = room.ask(ann, provider="extractive", params=Params(seed=5))
    assert events[-1].message
    assert events[-1].message.params == {"seed": 5, "ignored": ["seed"]}


def test_the_collection_decides_the_scenario_and_a_named_scenario_the_collection(room: Room) -> None:
    ann = room.person()
    asked = {"collection": "analytics"}, {"scenario": "faq"}, {"scenario": "ANALYTICS", "collection": "documents"}
    answers = [room.ask(ann, provider="extractive", **choice)[0][-1].message for choice in asked]
    assert [(a.scenario, a.collection) for a in answers if a] == [
        ("ANALYTICS", "analytics"),
        ("FAQ", "faq"),
        ("ANALYTICS", "documents"),
    ]


# --- stop, failure, regenerate, restart -----------------------------------------------------------------------------


def test_stop_keeps_what_was_written_and_hangs_up_on_the_model(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    ollama.script.reply("It is 28 [1]", " and so on", gate=threading.Event())
    started = room.turns.start(ann, Ask("How many?"))
    follower = room.turns.follow(ann, started.message_id)
    assert next(follower).text == "It is 28 [1]"
    stopped = room.turns.stop(ann, started.message_id)
    assert (stopped.status, stopped.text) == (MessageStatus.STOPPED, "It is 28 [1]")
    assert [c.n for c in stopped.citations] == [1]
    assert [event.kind for event in follower] == ["citations", "done"]
    assert ollama.script.gone.wait(5)
    assert room.turns.stop(ann, started.message_id) == stopped


def test_an_answer_can_be_stopped_before_anything_came(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    ollama.script.reply(fault="hang")
    started = room.turns.start(ann, Ask("How many?"))
    assert room.turns.stop(ann, started.message_id).status is MessageStatus.STOPPED
    assert list(room.turns.follow(ann, started.message_id))[-1].kind == "done"


def test_an_answer_stopped_from_another_process_ends(
    room: Room, make_turns: Callable[..., Room], ollama: OllamaServer
) -> None:
    ann = room.person()
    ollama.script.reply("It is 28 [1]", " never", gate=threading.Event())
    started = room.turns.start(ann, Ask("How many?"))
    here = room.turns.follow(ann, started.message_id)
    next(here)
    other = make_turns()
    wait(lambda: room.turns.find(ann, started.message_id).text)
    assert other.turns.stop(ann, started.message_id).status is MessageStatus.STOPPED
    assert list(here)[-1].kind == "done"
    assert room.turns.find(ann, started.message_id).text == "It is 28 [1]"


def test_another_process_can_follow(room: Room, make_turns: Callable[..., Room], ollama: OllamaServer) -> None:
    ann = room.person()
    gate = threading.Event()
    ollama.script.reply("It is 28 [1]", " and that is all.", gate=gate)
    started = room.turns.start(ann, Ask("How many?"))
    events: list[TurnEvent] = []
    for event in make_turns().turns.follow(ann, started.message_id):
        events.append(event)
        gate.set()
    assert shown(events) == "It is 28 [1] and that is all."
    assert [event.kind for event in events[-2:]] == ["citations", "done"]


def test_a_failing_model_leaves_the_question_the_partial_text_and_a_sentence(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    ollama.script.reply("It is 28 [1]", fault="cut")
    events, started = room.ask(ann)
    assert isinstance(events[-1].error, ProviderFailed)
    question, answer = room.thread(ann, started.conversation_id)
    assert question.text == "How many days of leave?"
    assert (answer.text, answer.status) == ("It is 28 [1]", MessageStatus.FAILED)
    assert "Ollama" in answer.error
    assert answer.citations
    again = list(room.turns.follow(ann, started.message_id))
    assert (shown(again), again[-1].kind, again[-1].error and again[-1].error.message) == (
        "It is 28 [1]", "error", answer.error,
    )  # fmt: skip


def test_a_fault_of_our_own_is_a_reference_and_never_a_traceback(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    room.documents = {}
    events, _ = room.ask(room.person())
    assert events[-1].error
    assert "reference" in events[-1].error.message
    assert "KeyError" not in events[-1].error.message
    assert events[-1].error.values["reference"] in caplog.text


def test_regenerate_replaces_the_last_answer_in_the_list(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    ollama.script.reply("Thirty [1].")
    _, started = room.ask(ann, params=Params(temperature=0.9), collection="faq")
    ollama.script.reply("Twenty-eight [1].")
    again = room.turns.regenerate(ann, started.message_id)
    list(room.turns.follow(ann, again.message_id))
    thread = room.thread(ann, started.conversation_id)
    assert [m.text for m in thread] == ["How many days of leave?", "Twenty-eight [1]."]
    assert (thread[1].params, thread[1].collection) == ({"temperature": 0.9}, "faq")
    assert room.turns.find(ann, started.message_id).text == "Thirty [1]."


def test_after_a_restart_unfinished_answers_are_stopped_with_their_text(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    ollama.script.reply("It is 28 [1]", " lost", gate=threading.Event())
    started = room.turns.start(ann, Ask("How many?"))
    wait(lambda: room.turns.find(ann, started.message_id).text)
    assert room.turns.recover() == 1  # what the next process does at its start
    answer = room.turns.find(ann, started.message_id)
    assert (answer.text, answer.status) == ("It is 28 [1]", MessageStatus.STOPPED)


def test_beside_other_processes_only_abandoned_answers_are_given_up(
    make_turns: Callable[..., Room], ollama: OllamaServer, database_url: str
) -> None:
    from pydantic import SecretStr

    room = make_turns(database_url=SecretStr(database_url))
    ann = room.person()
    ollama.script.reply("It is", gate=threading.Event(), hold_at=0)
    room.turns.start(ann, Ask("How many?"))
    assert room.turns.recover() == 0


def test_closing_saves_what_is_being_written(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    ollama.script.reply("It is 28 [1]", " lost", gate=threading.Event())
    started = room.turns.start(ann, Ask("How many?"))
    next(room.turns.follow(ann, started.message_id))
    room.turns.close()
    answer = room.turns.find(ann, started.message_id)
    assert (answer.text, answer.status) == ("It is 28 [1]", MessageStatus.STOPPED)


def test_a_conversation_deleted_meanwhile_ends_its_answer(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    gate = threading.Event()
    ollama.script.reply("It is 28 [1]", " more", gate=gate)
    started = room.turns.start(ann, Ask("How many?"))
    follower = room.turns.follow(ann, started.message_id)
    next(follower)
    room.conversations.delete(ann, started.conversation_id)
    gate.set()
    last = list(follower)[-1]
    assert isinstance(last.error, NotFound)


# --- bounds and permissions -----------------------------------------------------------------------------------------


def test_no_database_connection_is_held_while_the_model_is_waited_for(
    db: Database, room: Room, ollama: OllamaServer
) -> None:
    people = [room.person(email=f"p{n}@example.com") for n in range(6)]
    ollama.script.default.fault = "hang"
    for person in people:
        for _ in range(MOST_RUNNING):
            room.turns.start(person, Ask("How many?"))
    wait(lambda: len(ollama.script.asked("/api/chat")) == len(people) * MOST_RUNNING)
    with db.begin() as tx:
        from sqlalchemy import text

        busy = tx.connection.execute(
            text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'")
        ).scalar_one()
    assert busy <= 2  # this one, and a save at most


def test_a_person_has_so_many_answers_at_once_and_others_are_not_held_up(room: Room, ollama: OllamaServer) -> None:
    ann, bob = room.person(), room.person(email="bob@example.com")
    ollama.script.default.fault = "hang"
    started = [room.turns.start(ann, Ask("How many?")) for _ in range(MOST_RUNNING)]
    with pytest.raises(TooMany, match="4 of your answers"):
        room.turns.start(ann, Ask("One more"))
    room.turns.start(bob, Ask("Mine"))
    room.turns.stop(ann, started[0].message_id)
    room.turns.start(ann, Ask("One more"))


@pytest.mark.parametrize(
    ("message", "error"), [("", BadInput), ("  \x00 ", BadInput), ("x" * (LONGEST_MESSAGE + 1), TooLarge)]
)
def test_a_message_that_cannot_be_used_is_refused_with_a_sentence(
    room: Room, message: str, error: type[BadInput]
) -> None:
    with pytest.raises(error):
        room.turns.start(room.person(), Ask(message))


def test_half_of_a_letter_does_not_break_the_conversation(room: Room) -> None:
    ann = room.person()
    _, started = room.ask(ann, "leave \ud800 days", provider="extractive")
    assert room.thread(ann, started.conversation_id)[0].text == "leave ? days"


@pytest.mark.parametrize(
    "choice", [{"provider": "bard"}, {"scenario": "POETRY"}, {"model": "a\nb"}, {"model": "x" * 300}]
)
def test_choices_that_do_not_exist_are_refused_before_anything_is_saved(room: Room, choice: dict[str, str]) -> None:
    ann = room.person()
    with pytest.raises(BadInput):
        room.turns.start(ann, Ask("How many?", **choice))  # type: ignore[arg-type]
    assert room.conversations.page(ann) == ([], 0)


def test_another_persons_conversation_does_not_exist(room: Room) -> None:
    ann, bob = room.person(), room.person(Role.ADMIN, "bob@example.com")
    _, started = room.ask(ann, provider="extractive")
    for attempt in (
        lambda: room.turns.start(bob, Ask("Hi", conversation_id=started.conversation_id)),
        lambda: room.turns.stop(bob, started.message_id),
        lambda: room.turns.regenerate(bob, started.message_id),
        lambda: list(room.turns.follow(bob, started.message_id)),
        lambda: room.turns.find(bob, started.message_id),
        lambda: room.turns.start(ann, Ask("Hi", conversation_id=uuid4())),
        lambda: room.turns.start(ann, Ask("Hi", collection="secret")),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_guests_ask_the_faq_and_nothing_else(room: Room) -> None:
    guest = Principal(role=Role.GUEST, guest_id=uuid4())
    other = replace(guest, guest_id=uuid4())
    events, started = room.ask(guest)
    assert events[-1].message
    assert (events[-1].message.collection, events[-1].message.scenario) == ("faq", "FAQ")
    assert len(room.thread(guest, started.conversation_id)) == 2
    with pytest.raises(NotFound):
        room.thread(other, started.conversation_id)
    refused: list[dict[str, Any]] = [
        {"collection": "documents"}, {"scenario": "DOCUMENTS"}, {"provider": "ollama"}, {"model": "x"},
        {"retrieval": False}, {"params": Params(seed=1)},
    ]  # fmt: skip
    for choice in refused:
        with pytest.raises(Forbidden):
            room.turns.start(guest, Ask("How many?", **choice))
