"""The funnel through the whole way of an answer: routed, kept in the conversation, across a restart."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.entities.messages import Message
from core.entities.people import Principal
from core.roles import Role
from core.settings import Settings
from services.chat.asking import Ask
from services.container import Services
from tests.desk import RUSSIAN, Desk

PASSWORD = "correct battery staple"


class Visitor:
    """A guest at the chat of whatever process answers."""

    def __init__(self) -> None:
        self.who = Principal(Role.GUEST, guest_id=uuid4(), ip="192.0.2.7")
        self.conversation: UUID | None = None

    def say(self, services: Services, message: str, **more: object) -> Message:
        ask = Ask(message, conversation_id=self.conversation, **more)  # type: ignore[arg-type]
        started = services.turns.start(self.who, ask)
        self.conversation = started.conversation_id
        for _event in services.turns.follow(self.who, started.message_id):
            pass
        return services.turns.find(self.who, started.message_id)


@pytest.fixture
def unlimited(settings: Settings) -> Settings:
    return settings.model_copy(update={"provider": "extractive"})


def mailed(services: Services) -> str:
    with services.db.begin() as tx:
        body = tx.outbox.recent(limit=1, offset=0)[0].body
    return next(word.strip(".") for word in body.split() if word.strip(".").isdigit() and len(word.strip(".")) == 6)


def test_the_funnel_survives_a_restart_and_keeps_no_password(
    build_services: Callable[[Settings], Services], unlimited: Settings
) -> None:
    first, second = build_services(unlimited), build_services(unlimited)
    first.collections.ensure_defaults()
    visitor = Visitor()
    asked = visitor.say(first, "I want to register, my e-mail is bob@example.com")
    assert (asked.scenario, asked.content.stage, asked.content.fields["step"]) == ("REGISTRATION", 1, "consent")
    assert visitor.say(second, "yes, I agree").content.fields["step"] == "code"
    assert visitor.say(first, mailed(first)).content.stage == 2
    for _ in range(6):  # forms do not use up the messages of a minute
        visitor.say(first, "Filled in.", scenario="REGISTRATION", form={"name": "", "city": "", "niche": ""})
    visitor.say(second, "Filled in.", scenario="REGISTRATION", form={"name": "Bob", "city": "Kazan", "niche": ""})
    secret = {"password": PASSWORD, "again": PASSWORD}
    done = visitor.say(first, "I have chosen a password.", scenario="REGISTRATION", form=secret)
    assert (done.content.stage, done.content.fields["account"]) == (3, "pending")
    with first.db.begin() as tx:
        rows = tx.connection.execute(text("SELECT id FROM messages")).scalars().all()
        thread = tx.messages.these(visitor.who, rows)
        steps = [str(first.turns.trace(visitor.who, one.id)) for one in thread if one.author == "assistant"]
    assert PASSWORD not in " ".join([*steps, *(str(one) for one in thread)])
    assert visitor.say(first, "What is Nichewise for?").scenario != "REGISTRATION"


@pytest.mark.usefixtures("model")
def test_a_question_in_between_is_answered_from_the_faq_and_leads_back(
    build_services: Callable[[Settings], Services], unlimited: Settings
) -> None:
    services = build_services(unlimited)
    desk = Desk(services)
    desk.index(desk.admin, RUSSIAN, "возврат.txt", collection="faq")
    visitor = Visitor()
    visitor.say(services, "Хочу зарегистрироваться, моя почта boris@example.com")
    aside = visitor.say(services, "Сколько времени занимает возврат денег?")
    assert "четырнадцать дней" in aside.text
    assert "Согласны ли вы, чтобы boris@example.com" in aside.text
    assert [citation.title for citation in aside.citations]
    assert aside.content.fields["step"] == "consent"
