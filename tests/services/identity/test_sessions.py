"""Tickets, cookies, access tokens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, text

from core.entities.people import UserStatus
from core.errors import NotFound, NotSignedIn
from core.roles import Role
from services.upkeep import Upkeep
from tests.services.conftest import CLIENT, House


def test_a_ticket_becomes_a_session_of_its_person(house: House) -> None:
    user = house.person()
    token, session = house.sessions.exchange(house.sessions.issue_ticket(user, "nonce"), "nonce", CLIENT)
    assert (session.kind, session.ip, session.user_agent) == ("browser", CLIENT.ip, CLIENT.user_agent)
    me = house.sessions.resolve(token)
    assert (me.user_id, me.email, me.role, me.session_id) == (user.id, user.email, user.role, session.id)


def test_a_ticket_works_once_even_when_used_twice_at_once(house: House) -> None:
    ticket = house.sessions.issue_ticket(house.person(), "nonce")

    def use(_: int) -> bool:
        try:
            return bool(house.sessions.exchange(ticket, "nonce", CLIENT))
        except NotSignedIn:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1


def test_a_ticket_of_another_browser_is_refused_and_gone(house: House) -> None:
    ticket = house.sessions.issue_ticket(house.person(), "nonce")
    for nonce in ("other", "nonce"):
        with pytest.raises(NotSignedIn):
            house.sessions.exchange(ticket, nonce, CLIENT)


def test_a_ticket_lasts_30_seconds(house: House) -> None:
    ticket = house.sessions.issue_ticket(house.person(), "nonce")
    house.later(timedelta(seconds=30), "tickets", "expires_at")
    with pytest.raises(NotSignedIn, match="took too long"):
        house.sessions.exchange(ticket, "nonce", CLIENT)


def test_a_person_disabled_meanwhile_cannot_exchange_a_ticket(house: House) -> None:
    user = house.person()
    ticket = house.sessions.issue_ticket(user, "nonce")
    with house.db.begin() as tx:
        tx.users.update(user.id, status=UserStatus.DISABLED.value)
    with pytest.raises(NotSignedIn):
        house.sessions.exchange(ticket, "nonce", CLIENT)


def test_no_ticket_is_made_without_a_nonce(house: House) -> None:
    """A browser that keeps no cookies would share the empty nonce with every other one."""
    with pytest.raises(NotSignedIn, match="cookies"):
        house.sessions.issue_ticket(house.person(), "")


def test_a_changed_role_acts_on_the_next_request(house: House) -> None:
    user = house.person()
    token, _ = house.signed_in(user)
    house.people.update(house.admin(), user.id, {"role": Role.ANALYST})
    assert house.sessions.resolve(token).role is Role.ANALYST


def test_who_is_disabled_or_past_the_end_date_is_out_at_once(house: House) -> None:
    user = house.person()
    token, _ = house.signed_in(user)
    access, _ = house.sessions.issue_token(user, CLIENT)
    for values in ({"status": "disabled"}, {"active_until": datetime(2024, 1, 1, tzinfo=UTC)}):
        with house.db.begin() as tx:
            tx.users.update(user.id, **{"status": "active", "active_until": None, **values})
        with pytest.raises(NotSignedIn):
            house.sessions.resolve(token)
        with pytest.raises(NotSignedIn):
            house.sessions.resolve_bearer(access)


def test_a_cookie_is_no_access_token_and_the_other_way_round(house: House) -> None:
    user = house.person()
    token, _ = house.signed_in(user)
    access, _ = house.sessions.issue_token(user, CLIENT)
    assert house.sessions.resolve_bearer(access).user_id == user.id
    with pytest.raises(NotSignedIn):
        house.sessions.resolve(access)
    with pytest.raises(NotSignedIn):
        house.sessions.resolve_bearer(token)


def test_what_is_no_token_signs_nobody_in(house: House) -> None:
    for token in ("", "x", "nul\0", "nwk_", "ключ", "a" * 10_000):
        for resolve in (house.sessions.resolve, house.sessions.resolve_bearer):
            with pytest.raises(NotSignedIn):
                resolve(token)


def test_a_session_in_use_slides_up_to_seven_days(house: House) -> None:
    token, me = house.signed_in(house.person())
    house.later(timedelta(hours=11), "sessions", "created_at", "last_seen_at", "expires_at")
    house.sessions.resolve(token)
    (session,) = house.sessions.mine(me)
    assert timedelta(hours=11, minutes=59) < session.expires_at - session.last_seen_at <= timedelta(hours=12)
    house.later(timedelta(days=6, hours=8), "sessions", "created_at", "last_seen_at")
    house.sessions.resolve(token)
    (session,) = house.sessions.mine(me)
    assert session.expires_at - session.created_at == timedelta(days=7)


def test_a_session_nobody_uses_ends_after_12_hours(house: House) -> None:
    token, _ = house.signed_in(house.person())
    house.later(timedelta(hours=12, seconds=1), "sessions", "created_at", "last_seen_at", "expires_at")
    with pytest.raises(NotSignedIn):
        house.sessions.resolve(token)


def test_an_access_token_does_not_slide(house: House) -> None:
    access, session = house.sessions.issue_token(house.person(), CLIENT)
    house.later(timedelta(hours=11), "sessions", "created_at", "last_seen_at", "expires_at")
    me = house.sessions.resolve_bearer(access)
    (seen,) = house.sessions.mine(me)
    assert seen.expires_at == session.expires_at - timedelta(hours=11)


def test_a_request_costs_one_query_and_writes_once_a_minute(house: House) -> None:
    token, _ = house.signed_in(house.person())
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement.split()[0])

    event.listen(house.db._engine, "before_cursor_execute", note)
    house.sessions.resolve(token)
    assert statements == ["SELECT"]
    statements.clear()
    house.later(timedelta(seconds=61), "sessions", "last_seen_at")
    statements.clear()
    house.sessions.resolve(token)
    house.sessions.resolve(token)
    assert statements.count("SELECT") == 2
    assert statements[-1] == "SELECT"
    assert "UPDATE" in statements


def test_signing_out_ends_the_session_and_only_that_one(house: House) -> None:
    user = house.person()
    token, _ = house.signed_in(user)
    other, _ = house.signed_in(user)
    house.sessions.sign_out(token, CLIENT)
    house.sessions.sign_out(token, CLIENT)
    with pytest.raises(NotSignedIn):
        house.sessions.resolve(token)
    assert house.sessions.resolve(other)
    assert house.actions().count("sign_out") == 1


def test_people_see_and_end_their_own_sessions_only(house: House) -> None:
    ann, bob = house.person(), house.person("bob@example.com")
    token, me = house.signed_in(ann)
    second, _ = house.signed_in(ann)
    theirs, them = house.signed_in(bob)
    assert len(house.sessions.mine(me)) == 2
    with pytest.raises(NotFound):
        house.sessions.revoke(me, them.session_id or uuid4())
    assert house.sessions.revoke_others(me) == 1
    with pytest.raises(NotSignedIn):
        house.sessions.resolve(second)
    assert [session.id for session in house.sessions.mine(me)] == [me.session_id]
    house.sessions.revoke(me, me.session_id or uuid4())
    with pytest.raises(NotSignedIn):
        house.sessions.resolve(token)
    assert house.sessions.resolve(theirs)


def test_no_token_is_stored_in_clear(house: House) -> None:
    token, me = house.signed_in(house.person())
    _, key = house.keys.create(me, "CI")
    with house.db.begin() as tx:
        kept = str(tx.connection.execute(text("SELECT s.*, k.* FROM sessions s CROSS JOIN api_keys k")).all())
    assert token not in kept
    assert key not in kept


def test_what_is_over_is_pruned_and_what_counts_is_kept(house: House) -> None:
    user = house.person()
    house.sessions.issue_ticket(user, "nonce")
    token, _ = house.signed_in(user)
    house.accounts.request_reset(user.email, CLIENT)
    assert Upkeep(house.db).prune() == 0
    for table, column in (
        ("rate_windows", "window_start"),
        ("tickets", "expires_at"),
        ("password_resets", "expires_at"),
    ):
        house.later(timedelta(days=2), table, column)
    assert Upkeep(house.db).prune() >= 4
    assert house.sessions.resolve(token)
