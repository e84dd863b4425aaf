"""How many answers at once, what can be asked, and by whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound, TooLarge, TooMany
from core.roles import Role
from data.database import Database
from rag.providers import Params
from services.chat.asking import LONGEST_MESSAGE, Ask
from services.chat.starting import MOST_RUNNING
from tests.servers.ollama import OllamaServer
from tests.services.turns.room import Room
from tests.waiting import until


def test_no_database_connection_is_held_while_the_model_is_waited_for(
    db: Database, room: Room, ollama: OllamaServer
) -> None:
    people = [room.person(email=f"p{n}@example.com") for n in range(6)]
    ollama.script.default.fault = "hang"
    for person in people:
        for _ in range(MOST_RUNNING):
            room.turns.start(person, Ask("How many?"))
    until(lambda: len(ollama.script.asked("/api/chat")) == len(people) * MOST_RUNNING)
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
