"""API keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from core.entities.people import Principal
from core.errors import BadInput, Conflict, Forbidden, NotFound, NotSignedIn
from core.roles import Role
from services.identity.keys import MOST_KEYS
from tests.services.conftest import House


def test_a_key_speaks_for_its_owner_and_is_shown_by_its_beginning(house: House) -> None:
    user = house.person()
    _, me = house.signed_in(user)
    made, key = house.keys.create(me, " CI  server ")
    assert key.startswith(made.prefix)
    assert key.startswith("nwk_")
    assert (made.name, len(made.prefix)) == ("CI server", 10)
    assert house.sessions.resolve_bearer(key).user_id == user.id


def test_a_key_never_has_more_rights_than_its_owner_has_now(house: House) -> None:
    user, admin = house.person(role=Role.ADMIN), house.admin()
    _, key = house.keys.create(house.signed_in(user)[1], "CI")
    house.people.update(admin, user.id, {"role": Role.SALES})
    assert house.sessions.resolve_bearer(key).role is Role.SALES
    with house.db.begin() as tx:
        tx.users.update(user.id, status="disabled")
    with pytest.raises(NotSignedIn):
        house.sessions.resolve_bearer(key)


def test_a_revoked_key_and_one_past_its_end_open_nothing(house: House) -> None:
    _, me = house.signed_in(house.person())
    revoked, first = house.keys.create(me, "first")
    _, second = house.keys.create(me, "second", datetime.now(UTC) + timedelta(hours=1))
    house.keys.revoke(me, revoked.id)
    house.later(timedelta(hours=2), "api_keys", "expires_at")
    for key in (first, second):
        with pytest.raises(NotSignedIn):
            house.sessions.resolve_bearer(key)
    assert house.keys.list(me) == ()


def test_people_see_and_revoke_their_own_keys_only(house: House) -> None:
    _, ann = house.signed_in(house.person())
    _, bob = house.signed_in(house.person("bob@example.com"))
    made, key = house.keys.create(ann, "CI")
    assert house.keys.list(bob) == ()
    for owner, key_id in ((bob, made.id), (ann, uuid4())):
        with pytest.raises(NotFound):
            house.keys.revoke(owner, key_id)
    assert house.sessions.resolve_bearer(key)


def test_use_is_noted_once_a_minute(house: House) -> None:
    _, me = house.signed_in(house.person())
    _, key = house.keys.create(me, "CI")
    assert house.keys.list(me)[0].last_used_at is None
    house.sessions.resolve_bearer(key)
    first = house.keys.list(me)[0].last_used_at
    house.sessions.resolve_bearer(key)
    assert first
    assert house.keys.list(me)[0].last_used_at == first


def test_a_key_needs_a_name_a_later_end_and_an_account(house: House) -> None:
    _, me = house.signed_in(house.person())
    with pytest.raises(BadInput, match="Enter a name"):
        house.keys.create(me, " \0 ")
    with pytest.raises(BadInput, match="end date is over"):
        house.keys.create(me, "CI", datetime(2024, 1, 1, tzinfo=UTC))
    with pytest.raises(NotSignedIn):
        house.keys.create(Principal(role=Role.GUEST), "CI")
    with pytest.raises(Forbidden):
        house.keys.create(Principal(role=Role.GUEST, user_id=me.user_id), "CI")


def test_nobody_has_keys_without_end(house: House) -> None:
    _, me = house.signed_in(house.person())
    for n in range(MOST_KEYS):
        house.keys.create(me, f"key {n}")
    with pytest.raises(Conflict, match="50 API keys"):
        house.keys.create(me, "one more")
