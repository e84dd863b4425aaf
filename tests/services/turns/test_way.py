"""The way of an answer: saved first, streamed, cited, followed by anyone, saved as it was shown."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from uuid import UUID, uuid4

from sqlalchemy import text

from core.entities.corpora import Stage
from core.entities.messages import Action, MessageStatus
from core.errors import ModelMissing
from data.stores.documents import NewDocument
from rag.providers import Params
from services.chat.asking import Ask
from services.chat.streams import TurnEvent
from tests.servers.ollama import OllamaServer
from tests.services.turns.room import TEXT, Room, shown
from tests.waiting import until


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
    until(lambda: ollama.script.asked("/api/chat"))
    assert [m.text for m in room.thread(ann, started.conversation_id)] == ["How many days of leave?", ""]
    gate.set()
    assert list(room.turns.follow(ann, started.message_id))[-1].kind == "done"


def test_the_partial_text_is_saved_while_the_model_writes(room: Room, ollama: OllamaServer) -> None:
    ann = room.person()
    gate = threading.Event()
    ollama.script.reply("Twenty-eight days [1].", " More.", gate=gate)
    started = room.turns.start(ann, Ask("How many days?"))
    until(lambda: room.turns.find(ann, started.message_id).text == "Twenty-eight days [1].")
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
