"""Making accounts: who waits, who must prove the mailbox, what is told about addresses that are known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from core.entities.people import UserStatus
from core.errors import BadInput, Forbidden, NotSignedIn, WeakPassword, WrongCode, WrongCredentials
from core.roles import Role
from services.identity.allowlist import Allowlist
from services.identity.entry import refusal
from tests.services.conftest import CLIENT, PASSWORD, House
from tests.services.identity.test_codes import mailed_code

NEW = "another long passphrase"


def proof(house: House, email: str) -> str:
    house.codes.send(email, "en", CLIENT)
    return house.codes.verify(email, mailed_code(house), CLIENT)


def test_who_registers_waits_for_approval(house: House) -> None:
    status = house.register(" Bob@Example.com", " Bob \n B. ", NEW, "ru")
    assert status is UserStatus.PENDING
    with pytest.raises(Forbidden, match="approve"):
        house.accounts.sign_in("bob@example.com", NEW, CLIENT)
    with house.db.begin() as tx:
        user = tx.users.by_email("bob@example.com")
    assert user
    assert (user.name, user.role, user.locale) == ("Bob B.", Role.SALES, "ru")


@pytest.mark.parametrize(
    "allowed", [{"allowed_email_domains": ("example.com",)}, {"allowed_emails": ("bob@example.com",)}]
)
def test_an_allowed_address_is_active_once_its_mailbox_is_proven(
    make_house: Callable[..., House], allowed: dict[str, tuple[str, ...]]
) -> None:
    house = make_house(**allowed)
    assert house.enrolment.needs_proof("Bob@example.com")
    with pytest.raises(BadInput, match="confirmed first"):
        house.register("bob@example.com", "Bob", NEW, None)
    proven = proof(house, "bob@example.com")
    assert house.register("bob@example.com", "Bob", NEW, None, proven) is UserStatus.ACTIVE
    assert house.accounts.sign_in("bob@example.com", NEW, CLIENT)
    assert house.register("eve@sub.example.com", "Eve", NEW, None) is UserStatus.PENDING


def test_a_proof_serves_one_address_once_and_for_thirty_minutes(make_house: Callable[..., House]) -> None:
    house = make_house(allowed_email_domains=("example.com",))
    proven = proof(house, "bob@example.com")
    for used in (proven, "made up"):
        with pytest.raises(WrongCode):
            house.register("eve@example.com", "Eve", NEW, None, used)
    house.later(timedelta(minutes=31), "one_time_codes", "proof_expires_at")
    with pytest.raises(WrongCode, match="Too much time"):
        house.register("bob@example.com", "Bob", NEW, None, proven)


def test_access_of_who_registers_ends_when_the_settings_say_so(make_house: Callable[..., House]) -> None:
    house = make_house(access_days=30, allowed_email_domains=("example.com",))
    house.register("bob@example.com", "Bob", NEW, None, proof(house, "bob@example.com"))
    house.register("eve@elsewhere.org", "Eve", NEW, None)
    admin = house.admin()
    bob, eve = (house.people.list(admin, name).people[0] for name in ("bob", "eve"))
    assert bob.active_until
    assert timedelta(days=29) < bob.active_until - datetime.now(UTC) <= timedelta(days=30)
    assert eve.active_until is None
    assert house.people.approve(admin, eve.id).active_until


def test_the_allowlist_lets_in_and_makes_an_end_date_not_count(house: House) -> None:
    admin, allowlist = house.admin(), Allowlist(house.db)
    allowlist.put(admin, " @Partner.org ", approved=True, lasting=False)
    assert house.enrolment.needs_proof("ann@partner.org")
    user = house.person()
    token, _ = house.signed_in(user)
    ended = house.people.update(admin, user.id, {"active_until": datetime(2024, 5, 1, tzinfo=UTC)})
    with pytest.raises(NotSignedIn):
        house.sessions.resolve(token)
    assert refusal(ended)
    allowlist.put(admin, "ann@example.com", approved=False, lasting=True)
    assert house.sessions.resolve(token).user_id == user.id
    assert house.accounts.sign_in("ann@example.com", PASSWORD, CLIENT)
    assert [one.pattern for one in allowlist.all(admin)] == ["ann@example.com", "partner.org"]
    allowlist.delete(admin, "ann@example.com")
    with pytest.raises(NotSignedIn):
        house.sessions.resolve(token)
    with pytest.raises(Forbidden, match="ended on 2024-05-01"):
        house.accounts.sign_in("ann@example.com", PASSWORD, CLIENT)


def test_an_api_key_ends_with_the_access_of_its_owner(house: House) -> None:
    user = house.person()
    _, me = house.signed_in(user)
    _, key = house.keys.create(me, "CI")
    assert house.sessions.resolve_bearer(key).user_id == user.id
    house.people.update(house.admin(), user.id, {"active_until": datetime.now(UTC)})
    with pytest.raises(NotSignedIn):
        house.sessions.resolve_bearer(key)


def test_the_allowlist_is_for_administrators_and_takes_addresses_and_domains_only(house: House) -> None:
    allowlist, admin = Allowlist(house.db), house.admin()
    _, me = house.signed_in(house.person())
    for act in (allowlist.all, lambda who: allowlist.delete(who, "a.org")):
        with pytest.raises(Forbidden):
            act(me)
    with pytest.raises(Forbidden):
        allowlist.put(me, "a.org", approved=True, lasting=True)
    for pattern in ("", "nonsense", "a b.org", "*.org", "@"):
        with pytest.raises(BadInput, match="or a domain"):
            allowlist.put(admin, pattern, approved=True, lasting=True)
    with pytest.raises(BadInput, match="Choose what is allowed"):
        allowlist.put(admin, "a.org", approved=False, lasting=False)


def test_registering_a_known_email_answers_the_same_and_tells_its_owner(house: House) -> None:
    house.person()
    assert house.register("ann@example.com", "Eve", NEW, "en") is UserStatus.PENDING
    ((recipient, subject, _body),) = house.letters()
    assert (recipient, subject) == ("ann@example.com", "You have an account already")
    assert house.accounts.sign_in("ann@example.com", PASSWORD, CLIENT).name == "Ann"


def test_the_owner_of_a_known_email_gets_five_mails_an_hour_at_most(house: House) -> None:
    house.person()
    for _ in range(7):
        house.register("ann@example.com", "Eve", NEW, "en")
    assert len(house.letters()) == 5


NO_EMAILS = [
    "", "ann", "ann@", "@example.com", "a b@example.com", "ann@example", "ann@exa_mple.com", "a@b@example.com",
    "ann@example.com\nbcc: eve@example.com", f"{'a' * 65}@example.com", f"a@{'b' * 60}.{'c.' * 120}com", "a\0@x.org",
]  # fmt: skip
WEAK = [
    "short", "123456789", "ann@example.com", "ANN@example.com", "Password123", "йцукенгшщз", "aaaaaaaaaaaa",
    "          ", "x" * 201, "tab\tand\0nul and more",
]  # fmt: skip


def test_what_is_no_email_is_refused_with_a_sentence(house: House) -> None:
    for email in NO_EMAILS:
        with pytest.raises(BadInput, match="not an e-mail address"):
            house.register(email, "Ann", NEW, None)


def test_a_weak_password_is_refused(house: House) -> None:
    for password in WEAK:
        with pytest.raises(WeakPassword):
            house.register("ann@example.com", "Ann", password, None)


def test_a_password_may_be_200_characters_and_every_one_counts(house: House) -> None:
    password = "пароль " * 28 + "тест"
    house.person("root@example.com", Role.ADMIN)
    created = house.people.create(house.admin(), "bob@example.com", "Bob", Role.SALES, password)
    assert len(password) == 200
    assert house.accounts.sign_in("bob@example.com", password, CLIENT).id == created.id
    with pytest.raises(WrongCredentials):
        house.accounts.sign_in("bob@example.com", password[:-1] + "Т", CLIENT)
    with pytest.raises(WrongCredentials):
        house.accounts.sign_in("bob@example.com", password + "x", CLIENT)
