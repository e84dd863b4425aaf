"""Routing in service: the conversation's last scenario, guests, records and corrections."""

from __future__ import annotations

from uuid import UUID

import pytest

from core.entities.people import Principal
from core.errors import BadInput, NotFound
from core.roles import Role
from data.database import Database
from data.stores.messages import NewMessage
from scenarios.router import DecidedBy, Route, Router, State
from services.chat.routing import Routing
from tests.services.conftest import House


@pytest.fixture
def routing(db: Database) -> Routing:
    return Routing(db, Router())


@pytest.fixture
def ann(house: House) -> Principal:
    return Principal(role=Role.SALES, user_id=house.person().id)


@pytest.fixture
def answered(db: Database, ann: Principal) -> tuple[UUID, UUID]:
    """A conversation whose last answer was ANALYTICS, and that answer."""
    with db.begin() as tx:
        conversation = tx.conversations.create(ann, "Bakeries")
        tx.messages.add(NewMessage(conversation.id, "user", "How much does a bakery earn?"))
        answer = tx.messages.add(NewMessage(conversation.id, "assistant", "A lot.", scenario="ANALYTICS"))
    return conversation.id, answer


def test_a_follow_up_stays_with_the_last_answer(routing: Routing, ann: Principal) -> None:
    decision = routing.route(ann, "the second one", State(last=Route.ANALYTICS))
    assert (decision.scenario, decision.decided_by) == (Route.ANALYTICS, DecidedBy.STATE)


def test_a_guest_is_routed_to_what_guests_may_ask(routing: Routing) -> None:
    guest = Principal(role=Role.GUEST)
    decision = routing.route(guest, "How much does a coffee shop earn?", State())
    assert (decision.scenario, decision.decided_by) == (Route.FAQ, DecidedBy.STATE)
    assert routing.route(guest, "I want to register", State()).scenario is Route.REGISTRATION


def test_a_decision_is_kept_and_can_be_corrected(
    routing: Routing, db: Database, ann: Principal, house: House, answered: tuple[UUID, UUID]
) -> None:
    decision = routing.route(ann, "How much does a bakery earn?", State())
    with db.begin() as tx:
        routing.record(tx, answered[1], decision)
    kept = routing.of(ann, answered[1])
    assert kept is not None
    assert (kept.scenario, kept.decided_by, kept.reason) == ("ANALYTICS", "classifier", decision.reason)
    assert kept.scores == pytest.approx(dict(decision.scores))
    routing.correct(ann, answered[1], "DOCUMENTS")
    with db.begin() as tx:
        (corrected,) = tx.routes.corrected()
    assert (corrected.scenario, corrected.chosen) == ("ANALYTICS", "DOCUMENTS")
    with pytest.raises(BadInput):
        routing.correct(ann, answered[1], "WEATHER")
    with pytest.raises(NotFound):
        routing.of(Principal(role=Role.SALES, user_id=house.person("ben@example.com").id), answered[1])
