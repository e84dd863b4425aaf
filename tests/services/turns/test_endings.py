"""Answers that nobody can lose: stopped, failed, written anew, recovered after a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from core.entities.messages import MessageStatus
from core.errors import NotFound, ProviderFailed
from rag.providers import Params
from services.chat.asking import Ask
from services.chat.streams import TurnEvent
from tests.servers.ollama import OllamaServer
from tests.services.turns.room import Room, shown
from tests.waiting import until


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
    until(lambda: room.turns.find(ann, started.message_id).text)
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
    until(lambda: room.turns.find(ann, started.message_id).text)
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
