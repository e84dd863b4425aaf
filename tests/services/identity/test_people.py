"""People as administrators manage them, the first start, and the audit log."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr

from core.entities.people import Principal, UserStatus
from core.errors import BadInput, Conflict, Forbidden, NotFound, NotSignedIn, StartupError
from core.roles import Role
from services.audit import Audit
from services.identity.people import PersonChanges
from tests.services.conftest import CLIENT, PASSWORD, House

LATER = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("role", [Role.GUEST, Role.SALES, Role.ANALYST])
def test_only_administrators_manage_people(house: House, role: Role) -> None:
    user = house.person()
    who = Principal(role=role, user_id=user.id, email=user.email)
    for refused in (
        lambda: house.people.list(who),
        lambda: house.people.create(who, "eve@example.com", "Eve", Role.ADMIN, PASSWORD),
        lambda: house.people.update(who, user.id, {"role": Role.ADMIN}),
        lambda: house.people.approve(who, user.id),
        lambda: house.people.revoke_sessions(who, user.id),
        lambda: house.mail.list(who),
    ):
        with pytest.raises(Forbidden):
            refused()


def test_people_are_found_by_name_or_email_page_by_page(house: House) -> None:
    admin = house.admin()
    for n in range(5):
        house.person(f"person{n}@example.com")
    house.person("z_waits@example.com", status=UserStatus.PENDING)
    page = house.people.list(admin, "example", limit=3)
    assert (page.total, len(page.people), page.people[0].email) == (7, 3, "z_waits@example.com")
    assert [user.email for user in house.people.list(admin, "N3@").people] == ["person3@example.com"]
    assert [user.email for user in house.people.list(admin, "z_").people] == ["z_waits@example.com"]
    assert house.people.list(admin, "%").total == 0
    assert house.people.list(admin, status=UserStatus.PENDING).total == 1
    assert len(house.people.list(admin, limit=3, offset=6).people) == 1


def test_a_person_made_without_password_is_mailed_a_link(house: House) -> None:
    made = house.people.create(house.admin(), "Bob@Example.com", "Bob", Role.ANALYST)
    assert (made.email, made.role, made.status) == ("bob@example.com", Role.ANALYST, UserStatus.ACTIVE)
    ((recipient, _subject, body),) = house.letters()
    token = body.partition("?reset=")[2].split()[0]
    assert recipient == "bob@example.com"
    house.accounts.reset_password(token, PASSWORD, CLIENT)
    assert house.accounts.sign_in("bob@example.com", PASSWORD, CLIENT).id == made.id


def test_an_email_has_one_account(house: House) -> None:
    admin = house.admin()
    house.person()
    with pytest.raises(Conflict, match="has an account already"):
        house.people.create(admin, "ANN@example.com", "Ann", Role.SALES, PASSWORD)


def test_nobody_is_made_a_guest(house: House) -> None:
    with pytest.raises(BadInput, match="sales, analyst, admin"):
        house.people.create(house.admin(), "bob@example.com", "Bob", Role.GUEST, PASSWORD)


def test_who_waits_is_approved_and_told(house: House) -> None:
    waiting = house.person(status=UserStatus.PENDING)
    admin = house.admin()
    house.people.approve(admin, waiting.id)
    house.people.approve(admin, waiting.id)
    assert [letter[:2] for letter in house.letters()] == [("ann@example.com", "Your account is approved")]
    assert house.accounts.sign_in("ann@example.com", PASSWORD, CLIENT)
    assert house.actions().count("person.approved") == 1


def test_an_account_does_not_go_back_to_waiting(house: House) -> None:
    with pytest.raises(BadInput, match="Disable it instead"):
        house.people.update(house.admin(), house.person().id, {"status": UserStatus.PENDING})


def test_disabling_ends_the_sessions_for_good(house: House) -> None:
    user, admin = house.person(), house.admin()
    token, _ = house.signed_in(user)
    house.people.update(admin, user.id, {"status": UserStatus.DISABLED})
    house.people.update(admin, user.id, {"status": UserStatus.ACTIVE})
    with pytest.raises(NotSignedIn):
        house.sessions.resolve(token)
    assert house.accounts.sign_in("ann@example.com", PASSWORD, CLIENT)


def test_an_end_date_is_set_and_taken_away(house: House) -> None:
    user, admin = house.person(), house.admin()
    assert house.people.update(admin, user.id, {"active_until": LATER}).active_until == LATER
    assert house.people.update(admin, user.id, {"active_until": None}).active_until is None


def test_administrators_cannot_put_themselves_out(house: House) -> None:
    admin = house.admin()
    house.admin("other@example.com")
    tries: list[PersonChanges] = [{"role": Role.SALES}, {"status": UserStatus.DISABLED}, {"active_until": LATER}]
    for changes in tries:
        with pytest.raises(Conflict, match="your own administrator role"):
            house.people.update(admin, admin.user_id or uuid4(), changes)


def test_the_last_active_administrator_stays(house: House) -> None:
    first, second = house.admin(), house.admin("second@example.com")
    assert first.user_id
    assert second.user_id
    house.people.update(first, second.user_id, {"active_until": datetime.now(UTC) + timedelta(days=1)})
    with pytest.raises(Conflict, match="last active administrator"):
        house.people.update(second, first.user_id, {"role": Role.SALES})


def test_two_administrators_who_demote_each_other_at_once_leave_one(house: House) -> None:
    first, second = house.admin(), house.admin("second@example.com")

    def demote(pair: tuple[Principal, Principal]) -> bool:
        try:
            return bool(house.people.update(pair[0], pair[1].user_id or uuid4(), {"role": Role.SALES}))
        except Conflict:
            return False

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(demote, [(first, second), (second, first)])) == 1


def test_who_is_not_there_cannot_be_changed(house: House) -> None:
    admin = house.admin()
    with pytest.raises(NotFound):
        house.people.update(admin, uuid4(), {"name": "X"})
    with pytest.raises(NotFound):
        house.people.revoke_sessions(admin, uuid4())


def test_signing_somebody_out_everywhere(house: House) -> None:
    user = house.person()
    tokens = [house.signed_in(user)[0] for _ in range(3)]
    assert house.people.revoke_sessions(house.admin(), user.id) == 3
    for token in tokens:
        with pytest.raises(NotSignedIn):
            house.sessions.resolve(token)


def test_every_change_is_in_the_audit_log_with_before_and_after(house: House) -> None:
    user, admin = house.person(), house.admin()
    house.people.update(admin, user.id, {"role": Role.ANALYST, "name": "Ann"})
    house.people.update(admin, user.id, {"name": "Anna", "active_until": LATER})
    house.people.update(admin, user.id, {"name": "Anna"})
    with house.db.begin() as tx:
        newest, oldest = tx.audit.recent()
    assert (oldest.action, oldest.detail["changes"]) == ("person.role", {"role": ["sales", "analyst"]})
    assert newest.detail["changes"] == {"name": ["Ann", "Anna"], "active_until": [None, LATER.isoformat()]}
    assert (newest.actor, newest.object_id) == ("admin@example.com", str(user.id))


def test_administrators_read_the_whole_log_and_others_their_own_part(house: House) -> None:
    ann, bob, admin = house.person(), house.person("bob@example.com"), house.admin()
    _, as_ann = house.signed_in(ann)
    house.accounts.sign_in(ann.email, PASSWORD, CLIENT)
    house.accounts.sign_in(bob.email, PASSWORD, CLIENT)
    audit = Audit(house.db)
    assert {entry.actor for entry in audit.list(as_ann)} == {"ann@example.com"}
    assert {entry.actor for entry in audit.list(admin)} == {"ann@example.com", "bob@example.com"}
    assert len(audit.list(admin, actor="bob", action="sign")) == 1
    assert len(audit.list(admin, limit=1, offset=1)) == 1
    with pytest.raises(NotSignedIn):
        audit.list(Principal(role=Role.GUEST))


# --- first start ----------------------------------------------------------------------------------------------------


def test_the_first_start_makes_an_administrator_with_a_password_shown_once(house: House) -> None:
    email, password = house.first_people.ensure_admin()
    assert email == house.settings.admin_email
    assert password
    assert house.accounts.sign_in(email, password, CLIENT).role is Role.ADMIN
    assert house.first_people.ensure_admin() == (email, None)


def test_a_chosen_password_is_used_and_not_repeated(make_house: Callable[..., House]) -> None:
    house = make_house(admin_email="boss@example.com", admin_password=SecretStr(PASSWORD))
    assert house.first_people.ensure_admin() == ("boss@example.com", None)
    assert house.accounts.sign_in("boss@example.com", PASSWORD, CLIENT).role is Role.ADMIN


def test_a_weak_chosen_password_stops_the_start(make_house: Callable[..., House]) -> None:
    house = make_house(admin_password=SecretStr("short"))
    with pytest.raises(StartupError, match="NICHEWISE_ADMIN_PASSWORD"):
        house.first_people.ensure_admin()


def test_the_first_administrator_does_not_take_over_somebodys_account(house: House) -> None:
    house.person(house.settings.admin_email, status=UserStatus.PENDING)
    with pytest.raises(StartupError, match="belongs to somebody else"):
        house.first_people.ensure_admin()


def test_two_starts_at_once_make_one_administrator(house: House) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: house.first_people.ensure_admin(), range(4)))
    assert sum(password is not None for _, password in made) == 1


def test_demo_people_are_made_when_missing_and_are_marked(house: House) -> None:
    made = house.first_people.ensure_demo()
    assert [(email, role) for email, role, _ in made] == [
        ("sales@demo.local", Role.SALES),
        ("analyst@demo.local", Role.ANALYST),
    ]
    assert house.first_people.ensure_demo() == []
    user = house.accounts.sign_in("sales@demo.local", made[0][2], CLIENT)
    assert user.demo
