"""Limits of roles: messages a minute and tokens a day, for all processes together, and when to come back."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.entities.guards import RoleLimit
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, TooMany
from core.roles import Role
from data.database import Database
from services.chat.limits import Limits
from tests.services.conftest import House


@pytest.fixture
def limits(db: Database) -> Limits:
    # A window that ends within the test would start anew: it waits for none, it asks the database for room.
    with db.begin() as tx:
        tx.connection.execute(
            text("SELECT CASE WHEN extract(second FROM now()) > 50 THEN pg_sleep(60 - extract(second FROM now())) END")
        )
    return Limits(db)


def someone(role: Role = Role.SALES) -> Principal:
    return Principal(role=role, user_id=uuid4())


def spend(db: Database, who: Principal, tokens: int) -> None:
    with db.begin() as tx:
        Limits.count(tx, who, tokens)


@pytest.mark.parametrize(("role", "most"), [(Role.SALES, 5), (Role.ANALYST, 5), (Role.ADMIN, 10)])
def test_a_role_may_send_so_many_messages_a_minute(limits: Limits, db: Database, role: Role, most: int) -> None:
    who = someone(role)
    for turn in range(most):
        (limits if turn % 2 else Limits(db)).admit(who)
    with pytest.raises(TooMany) as refused:
        limits.admit(who)
    assert 1 <= refused.value.values["seconds"] <= 60
    limits.admit(someone(role))


def test_a_guest_cannot_escape_by_a_new_cookie(limits: Limits) -> None:
    for _ in range(5):
        limits.admit(Principal(role=Role.GUEST, guest_id=uuid4(), ip="192.0.2.1"))
    with pytest.raises(TooMany):
        limits.admit(Principal(role=Role.GUEST, guest_id=uuid4(), ip="192.0.2.1"))
    limits.admit(Principal(role=Role.GUEST, guest_id=uuid4(), ip="192.0.2.2"))


def test_a_daily_quota_refuses_once_it_is_spent_and_says_when_it_starts_anew(limits: Limits, house: House) -> None:
    admin, who = house.admin(), someone()
    spend(house.db, who, 900)
    limits.admit(who)  # without a quota any number is fine
    limits.change(admin, RoleLimit(Role.SALES, 5, tokens_per_day=1000))
    limits.admit(who)
    spend(house.db, who, 100)
    with pytest.raises(TooMany, match="tokens of today") as refused:
        limits.admit(who)
    assert 1 <= refused.value.values["seconds"] <= 24 * 3600
    assert refused.value.values["tokens"] == 1000


def test_a_changed_limit_acts_at_once_and_is_audited(limits: Limits, house: House, db: Database) -> None:
    admin, who = house.admin(), someone()
    limits.change(admin, RoleLimit(Role.SALES, 1))
    limits.admit(who)
    with pytest.raises(TooMany):
        Limits(db).admit(who)
    assert {limit.role: limit.per_minute for limit in limits.all(admin)} == {
        Role.GUEST: 5,
        Role.SALES: 1,
        Role.ANALYST: 5,
        Role.ADMIN: 10,
    }
    assert house.actions() == ["limits.changed"]


@pytest.mark.parametrize("changes", [{"per_minute": 0}, {"per_minute": 10**6}, {"tokens_per_day": 0}])
def test_a_limit_that_makes_no_sense_is_refused(limits: Limits, house: House, changes: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        limits.change(house.admin(), replace(RoleLimit(Role.SALES, 5), **changes))  # type: ignore[arg-type]


def test_only_administrators_see_and_change_limits(limits: Limits) -> None:
    with pytest.raises(Forbidden):
        limits.all(someone())
    with pytest.raises(Forbidden):
        limits.change(someone(Role.ANALYST), RoleLimit(Role.SALES, 100))


def test_the_wait_for_the_next_day_is_told_in_hours_and_minutes(limits: Limits, house: House) -> None:
    who = someone()
    limits.change(house.admin(), RoleLimit(Role.SALES, 5, tokens_per_day=10))
    spend(house.db, who, 10)
    with pytest.raises(TooMany) as refused:
        limits.check_quota(who)
    values = refused.value.values
    assert 0 <= values["minutes"] < 60
    assert abs(values["hours"] * 3600 + values["minutes"] * 60 - values["seconds"]) <= 60
