"""Whatever is typed into a registration: it answers, keeps no password, and makes no account without a proof."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios import registration_words as words
from scenarios.base import Intent, Outcome, Reply, Turn
from scenarios.registration import CREATE, FIND_NICHES, SCENARIO, SEND_CODE, VERIFY_CODE
from tests.services.identity.test_registration import NoArticles

CODE, PASSWORD = "314159", "a long passphrase"
_SAID = ["register me", "bob@example.com", "bob@gmial.com", "yes", "no", "back", "cancel", CODE, "000000", "Bob"]
_SAID += ["skip", "Why?", "назад", "", "1", "new code", "Казань", "coffee"]
_FORMS: list[dict[str, str]] = [
    {"email": "bob@example.com", "consent": "true"},
    {"email": "eve@example.com", "consent": ""},
    {"code": CODE},
    {"code": "0"},
    {"name": "Bob", "city": "Kazan", "niche": ""},
    {"city": "Kazan", "niche": "coffee"},
    {"password": PASSWORD, "again": PASSWORD},
    {"password": PASSWORD, "again": "other"},
    {"unknown": "field"},
]
_PICKED = ["consent:yes", "consent:no", "keep:bob@example.com", "other address", "niche:c", "niche:none", "resend", "x"]

_messages = st.one_of(
    st.tuples(st.just("say"), st.one_of(st.sampled_from(_SAID), st.text(max_size=60))),
    st.tuples(st.just("form"), st.sampled_from(_FORMS)),
    st.tuples(st.just("pick"), st.sampled_from(_PICKED)),
)


class Service:
    """Carries intents out as the real one does, as far as a scenario can see."""

    def __init__(self) -> None:
        self.proofs: dict[str, str] = {}
        self.made: list[str] = []
        self.sent = 0

    def carry_out(self, intent: Intent) -> Outcome:
        told: dict[str, Any] = dict(intent.values)
        if intent.name == VERIFY_CODE and told["code"] == CODE:
            self.proofs[told["email"]] = f"proof of {told['email']}"
            return Outcome(intent.name, True, values={"proof": self.proofs[told["email"]]})
        if intent.name == FIND_NICHES:
            return Outcome(intent.name, True, values={"niches": [("c", "Coffee shop"), ("d", "Coffee roasting")]})
        if intent.name == CREATE:
            assert told["proof"] == self.proofs[told["email"]]
            assert told["name"]
            assert told["city"]
            self.made.append(told["email"])
            return Outcome(intent.name, True, values={"status": "pending"})
        self.sent += intent.name == SEND_CODE
        late = self.sent % 2 == 0  # every second code is asked for too soon
        return Outcome(intent.name, intent.name == SEND_CODE and not late, "Not so.", {"wait": 60} if late else {})


@settings(max_examples=300, deadline=None)
@given(st.lists(_messages, max_size=14), st.sampled_from(["en", "ru", "de", ""]))
def test_no_order_of_messages_breaks_it(sent: list[tuple[str, Any]], language: str) -> None:
    service, state = Service(), "{}"
    for kind, what in sent:
        before = len(service.made)
        reply = _asked(service, kind, what, language, json.loads(state))
        assert reply.reply
        assert PASSWORD not in json.dumps([reply.reply, dict(reply.fields), reply.state])
        assert "%(" not in reply.reply
        state = state if reply.state is None else json.dumps(reply.state)
        assert (len(service.made) > before) == (reply.fields.get("account") == "pending")


def _asked(service: Service, kind: str, what: Any, language: str, state: dict[str, Any]) -> Reply:
    outcomes: tuple[Outcome, ...] = ()
    for _ in range(4):
        turn = Turn(
            what if kind == "say" else "…",
            language,
            state=state,
            form=what if kind == "form" else {},
            picked=what if kind == "pick" else "",
            outcomes=outcomes,
            model=False,
            guest=True,
        )
        reply = SCENARIO.open(turn, NoArticles())
        assert isinstance(reply, Reply)
        if not reply.intents:
            return reply
        outcomes += tuple(service.carry_out(one) for one in reply.intents)
    raise AssertionError("intents without end")


def talked(*said: str) -> Reply:
    """What is answered to the last of them."""
    service = Service()
    reply = Reply("", state={})
    for one in said:
        reply = _asked(service, "say", one, "en", dict(reply.state or {}))
    return reply


def test_a_code_that_is_asked_for_too_soon_names_the_address_it_went_to() -> None:
    assert talked("register me", "bob@example.com", "yes", "new code").reply.endswith("the mail to bob@example.com.")


@pytest.mark.parametrize("said", ["another address", "Other e-mail", "другой адрес", "другая почта", "back"])
def test_another_address_can_be_typed_as_well_as_pressed(said: str) -> None:
    assert talked("register me", "bob@example.com", "yes", said).fields["step"] == "email"


@pytest.mark.parametrize("said", ["no", "I don't want to give my e-mail", "нет", "не хочу давать почту"])
def test_who_gives_no_address_is_told_how_to_stop(said: str) -> None:
    reply = talked("register me", said)
    assert reply.fields["step"] == "email"
    assert any(word in reply.reply for word in ("cancel", "отмена"))


@pytest.mark.parametrize("form", [{"email": "", "consent": "true"}, {"email": "  ", "consent": ""}])
def test_a_form_without_an_address_asks_for_it_again(form: dict[str, str]) -> None:
    reply = _asked(Service(), "form", form, "en", {})
    assert reply.reply == "Which e-mail address shall it be?"
    assert [field["name"] for field in reply.fields["form"]] == ["email", "consent"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("my name is Ann Brown.", "Ann Brown"),
        ("I'm Bob", "Bob"),
        ("Меня зовут Жан-Поль", "Жан-Поль"),
        ("я из Казани", "Казани"),
        ("I am from New York", "New York"),
        ("моя ниша: кофейня", "кофейня"),
        ("Kazan", "Kazan"),
    ],
)
def test_what_stands_around_an_answer_is_left_out(said: str, meant: str) -> None:
    assert words.value(said) == meant


@pytest.mark.parametrize(
    ("said", "known", "language"),
    [("bob@example.com", "ru", "ru"), ("да", "en", "ru"), ("123456", "ru", "ru"), ("I want to register", "ru", "en")],
)
def test_an_address_or_a_code_does_not_change_the_language(said: str, known: str, language: str) -> None:
    assert words.language(said, known) == language
