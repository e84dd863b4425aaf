"""The ledger of tokens: every answer once, whoever may see it, at the prices of now, and for good."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.entities.guards import RoleLimit
from core.entities.messages import Usage
from core.entities.people import Principal
from core.entities.playground import Configuration, ModelRule
from core.entities.usage import Activity, Dimension, Spent
from core.errors import BadInput, NotSignedIn, TooMany
from core.roles import Role
from core.settings import Settings
from services.chat.asking import Ask
from services.chat.usage import record
from services.container import Services
from services.playground.comparisons import Comparison
from tests.desk import Desk
from tests.servers.ollama import OllamaServer
from tests.servers.scripted import Reply

COUNTED = Usage(100, 10, estimated=False)


@pytest.fixture
def desk(build_services: Callable[[Settings], Services], served_settings: Settings) -> Desk:
    return Desk(build_services(served_settings))


def spend(desk: Desk, who: Principal, model: str = "m", usage: Usage = COUNTED) -> str:
    key = f"message:{uuid4()}"
    with desk.services.db.begin() as tx:
        record(tx, who, [Spent(key, Activity.ASSISTANT, "ollama", model, usage, "FAQ")])
    return key


def price(desk: Desk, model: str, into: float | None, out: float | None) -> None:
    with desk.services.db.begin() as tx:
        tx.model_settings.put_rule(ModelRule("ollama", model, into, out))


def test_an_answer_is_in_the_ledger_with_what_the_provider_counted(desk: Desk, ollama: OllamaServer) -> None:
    ollama.script.default = Reply(("Hello.",), prompt_tokens=40, completion_tokens=6)
    services, who = desk.services, desk.analyst
    started = services.turns.start(who, Ask("How are you organised?", provider="ollama", retrieval=False))
    list(services.turns.follow(who, started.message_id))
    report = services.usage.report(who, Dimension.MODEL)
    assert (report.total.answers, report.total.prompt_tokens, report.total.completion_tokens) == (1, 40, 6)
    assert (report.total.estimated, report.parts[0].name) == (0, "ollama · llama3.1:8b")
    assert services.usage.quota(who).spent == 46


def test_columns_and_sweeps_are_counted_once_however_often_they_are_kept(desk: Desk, ollama: OllamaServer) -> None:
    ollama.script.default = Reply(("Hello.",), prompt_tokens=40, completion_tokens=6)
    services, who = desk.services, desk.analyst
    asked = Comparison("How many days?", [Configuration("ollama", retrieval=False)] * 2, "", repeats=2)
    experiment_id = services.playground.start(who, asked)
    assert services.playground.wait(experiment_id, 20)
    run_id = services.sweeps.start(who, experiment_id, 0, [0.0], [0.5], repeats=3)
    services.sweeps.run(run_id, experiment_id, 0)
    services.sweeps.run(run_id, experiment_id, 0)
    parts = services.usage.report(who, Dimension.ACTIVITY).parts
    assert [(part.name, part.answers, part.tokens) for part in parts] == [("playground", 4, 184), ("sweep", 3, 138)]
    assert services.usage.quota(who).spent == 322


def test_the_playground_waits_for_the_next_day_when_the_quota_is_spent(desk: Desk) -> None:
    services, who = desk.services, desk.analyst
    services.limits.change(desk.admin, RoleLimit(Role.ANALYST, 5, tokens_per_day=100))
    with services.db.begin() as tx:
        services.limits.count(tx, who, 100)
    with pytest.raises(TooMany, match="tokens of today"):
        services.playground.start(who, Comparison("Hi", [Configuration("ollama", retrieval=False)], ""))


def test_cost_is_at_the_prices_of_now_and_says_what_has_none(desk: Desk) -> None:
    spend(desk, desk.analyst, "cheap", Usage(2_000_000, 1_000_000, estimated=False))
    spend(desk, desk.analyst, "unknown", Usage(70, 30, estimated=True))
    price(desk, "cheap", 0.5, 2.0)
    price(desk, "unknown", 1.0, None)
    total = desk.services.usage.report(desk.analyst).total
    assert (total.cost, total.unpriced, total.estimated) == (3.0, 100, 100)
    price(desk, "cheap", 1.0, 2.0)
    assert desk.services.usage.report(desk.analyst).total.cost == 4.0


def test_administrators_see_everybody_and_others_themselves(desk: Desk) -> None:
    spend(desk, desk.analyst)
    spend(desk, desk.admin)
    everybody = desk.services.usage.report(desk.admin, Dimension.PERSON)
    own = desk.services.usage.report(desk.analyst, Dimension.PERSON)
    assert (everybody.everybody, [part.name for part in everybody.parts]) == (
        True,
        sorted([desk.admin.email, desk.analyst.email]),
    )
    assert (own.everybody, [part.name for part in own.parts]) == (False, [desk.analyst.email])
    with pytest.raises(NotSignedIn):
        desk.services.usage.report(Principal(role=Role.GUEST, guest_id=uuid4()))


def test_the_same_answer_twice_is_one_and_free_ones_are_none(desk: Desk) -> None:
    key = spend(desk, desk.analyst)
    with desk.services.db.begin() as tx:
        again = Spent(key, Activity.ASSISTANT, "ollama", "m", Usage(999, 999))
        free = Spent("message:free", Activity.ASSISTANT, "extractive", "", Usage(0, 0, estimated=False))
        assert record(tx, desk.analyst, [again, free]) == 0
    assert desk.services.usage.report(desk.analyst).total.tokens == 110


def test_what_was_spent_stays_when_the_conversation_and_the_person_are_gone(desk: Desk) -> None:
    spend(desk, desk.analyst)
    with desk.services.db.begin() as tx:
        tx.connection.execute(text("DELETE FROM users WHERE id = :id"), {"id": desk.analyst.user_id})
    parts = desk.services.usage.report(desk.admin, Dimension.PERSON).parts
    assert [(part.name, part.tokens) for part in parts] == [(desk.analyst.email, 110)]


@pytest.mark.parametrize("by", list(Dimension))
def test_every_dimension_adds_up_to_the_total(desk: Desk, by: Dimension) -> None:
    for who in (desk.analyst, desk.admin):
        spend(desk, who, "m" if who is desk.admin else "n")
    report = desk.services.usage.report(desk.admin, by, None)
    assert sum(part.tokens for part in report.parts) == report.total.tokens == 220
    crossed = desk.services.usage.crossed(desk.admin, Dimension.DAY, by)
    assert sum(part.tokens for _, part in crossed) == 220


@pytest.mark.parametrize("days", [0, -1, 100_000])
def test_a_period_that_makes_no_sense_is_refused(desk: Desk, days: int) -> None:
    with pytest.raises(BadInput):
        desk.services.usage.report(desk.analyst, days=days)
