"""Sign in, register, passwords, profile."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from core.entities.people import Client, UserStatus
from core.errors import (
    BadInput,
    Forbidden,
    Locked,
    NichewiseError,
    NotSignedIn,
    TooMany,
    WeakPassword,
    WrongCredentials,
)
from services.identity.accounts import Accounts
from services.identity.credentials import Passwords
from services.identity.mail import Mail
from services.rates import Rates
from tests.services.conftest import CLIENT, PASSWORD, House

NEW = "another long passphrase"


def miss(house: House, email: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            house.accounts.sign_in(email, "wrong password", CLIENT)


def link(house: House, nth: int = -1) -> str:
    found = re.search(r"\?reset=([\w-]+)", house.letters()[nth][2])
    assert found
    return found[1]


# --- sign in --------------------------------------------------------------------------------------------------------


def test_the_right_password_signs_in_whatever_the_case_of_the_email(house: House) -> None:
    user = house.person()
    assert house.accounts.sign_in("  Ann@Example.COM ", PASSWORD, CLIENT).id == user.id
    with house.db.begin() as tx:
        (entry,) = tx.audit.recent()
    assert (entry.action, entry.actor, entry.ip) == ("sign_in", "ann@example.com", CLIENT.ip)


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(house: House) -> None:
    house.person()
    for email in ("ann@example.com", "nobody@example.com", "no address", "nul\0@example.com"):
        with pytest.raises(WrongCredentials) as refused:
            house.accounts.sign_in(email, "wrong password", CLIENT)
        assert refused.value.message == "E-mail or password is wrong."


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
def test_five_wrong_tries_lock_the_email_known_or_not(house: House, email: str) -> None:
    house.person()
    miss(house, email, 5)
    with pytest.raises(Locked) as locked:
        house.accounts.sign_in(email, PASSWORD, CLIENT)
    assert locked.value.values["minutes"] == 15
    assert house.actions()[-1] == "sign_in.locked"


def test_a_lock_survives_a_restart_and_ends_after_15_minutes(house: House, make_house: Callable[..., House]) -> None:
    house.person()
    miss(house, "ann@example.com", 5)
    restarted = make_house()
    with pytest.raises(Locked):
        restarted.accounts.sign_in("ann@example.com", PASSWORD, CLIENT)
    house.later(timedelta(minutes=15, seconds=1), "sign_in_failures", "locked_until", "last_at")
    assert restarted.accounts.sign_in("ann@example.com", PASSWORD, CLIENT)


def test_a_lock_that_is_over_allows_five_tries_again(house: House) -> None:
    miss(house, "ann@example.com", 5)
    house.later(timedelta(minutes=15, seconds=1), "sign_in_failures", "locked_until", "last_at")
    miss(house, "ann@example.com", 5)
    with pytest.raises(Locked):
        house.accounts.sign_in("ann@example.com", PASSWORD, CLIENT)


def test_a_success_forgets_the_wrong_tries(house: House) -> None:
    house.person()
    miss(house, "ann@example.com", 4)
    house.accounts.sign_in("ann@example.com", PASSWORD, CLIENT)
    miss(house, "ann@example.com", 4)
    assert house.accounts.sign_in("ann@example.com", PASSWORD, CLIENT)


def test_a_lock_of_one_email_leaves_the_others_alone(house: House) -> None:
    house.person()
    miss(house, "bob@example.com", 5)
    assert house.accounts.sign_in("ann@example.com", PASSWORD, CLIENT)


def test_parallel_tries_check_no_more_than_five_passwords(house: House) -> None:
    house.person()

    def attempt(_: int) -> str:
        try:
            house.accounts.sign_in("ann@example.com", "wrong password", CLIENT)
        except NichewiseError as error:
            return error.code
        return "signed in"

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(attempt, range(24)))
    assert sorted(answers) == ["locked"] * 19 + ["wrong_credentials"] * 5


@pytest.mark.parametrize(
    ("status", "sentence"), [(UserStatus.PENDING, "approve"), (UserStatus.DISABLED, "is disabled")]
)
def test_who_may_not_enter_is_told_why_only_with_the_right_password(
    house: House, status: UserStatus, sentence: str
) -> None:
    house.person(status=status)
    miss(house, "ann@example.com", 1)
    with pytest.raises(Forbidden, match=sentence):
        house.accounts.sign_in("ann@example.com", PASSWORD, CLIENT)


def test_an_account_past_its_end_date_may_not_enter(house: House) -> None:
    user = house.person()
    with house.db.begin() as tx:
        tx.users.update(user.id, active_until=datetime(2024, 5, 1, tzinfo=UTC))
    with pytest.raises(Forbidden, match="ended on 2024-05-01"):
        house.accounts.sign_in("ann@example.com", PASSWORD, CLIENT)


def test_an_unknown_person_costs_the_time_of_a_known_one(house: House) -> None:
    house.person()
    costly = Accounts(house.db, house.settings, Mail(house.db, house.settings), Rates(house.db), Passwords(9))
    with house.db.begin() as tx:
        user = tx.users.by_email("ann@example.com")
        assert user
    costly.change_password(house.signed_in(user)[1], PASSWORD, NEW)

    def seconds(email: str) -> float:
        start = time.perf_counter()
        with pytest.raises(WrongCredentials):
            costly.sign_in(email, "wrong password", CLIENT)
        return time.perf_counter() - start

    known = statistics.median(seconds("ann@example.com") for _ in range(4))
    for email in ("nobody@example.com", "not an address"):
        assert statistics.median(seconds(email) for _ in range(4)) > known / 2


def test_one_address_may_not_try_without_end(house: House) -> None:
    with house.db.begin() as tx:
        for _ in range(120):
            tx.rates.hit("sign-in:198.51.100.9", timedelta(minutes=1))
    with pytest.raises(TooMany) as refused:
        house.accounts.sign_in("ann@example.com", PASSWORD, Client("198.51.100.9"))
    assert 1 <= refused.value.values["seconds"] <= 60


# --- reset and change -----------------------------------------------------------------------------------------------


def test_a_mailed_link_sets_a_new_password_once_and_ends_all_sessions(house: House) -> None:
    token, _ = house.signed_in(house.person())
    house.accounts.request_reset("ann@example.com", CLIENT)
    reset = link(house)
    assert house.accounts.reset_password(reset, NEW, CLIENT).email == "ann@example.com"
    with pytest.raises(NotSignedIn):
        house.sessions.resolve(token)
    assert house.accounts.sign_in("ann@example.com", NEW, CLIENT)
    with pytest.raises(BadInput, match="used already or is too old"):
        house.accounts.reset_password(reset, "yet another passphrase", CLIENT)


def test_a_link_lasts_60_minutes(house: House) -> None:
    house.person()
    house.accounts.request_reset("ann@example.com", CLIENT)
    house.later(timedelta(minutes=60, seconds=1), "password_resets", "expires_at")
    with pytest.raises(BadInput, match="too old"):
        house.accounts.reset_password(link(house), NEW, CLIENT)


def test_a_weak_new_password_leaves_the_link_usable(house: House) -> None:
    house.person()
    house.accounts.request_reset("ann@example.com", CLIENT)
    with pytest.raises(WeakPassword):
        house.accounts.reset_password(link(house), "short", CLIENT)
    assert house.accounts.reset_password(link(house), NEW, CLIENT)


def test_using_one_link_ends_the_others(house: House) -> None:
    house.person()
    house.accounts.request_reset("ann@example.com", CLIENT)
    house.accounts.request_reset("ann@example.com", CLIENT)
    first, second = link(house, 0), link(house, 1)
    house.accounts.reset_password(second, NEW, CLIENT)
    with pytest.raises(BadInput):
        house.accounts.reset_password(first, NEW, CLIENT)


def test_the_same_link_used_twice_at_once_sets_one_password(house: House) -> None:
    house.person()
    house.accounts.request_reset("ann@example.com", CLIENT)
    reset = link(house)

    def use(n: int) -> bool:
        try:
            return bool(house.accounts.reset_password(reset, f"{NEW} {n}", CLIENT))
        except BadInput:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1


def test_asking_for_a_reset_says_nothing_about_who_exists(house: House) -> None:
    house.person()
    house.person("gone@example.com", status=UserStatus.DISABLED)
    took = {}
    for email in ("ann@example.com", "nobody@example.com", "gone@example.com"):
        start = time.perf_counter()
        house.accounts.request_reset(email, CLIENT)
        took[email] = time.perf_counter() - start
    assert [recipient for recipient, _, _ in house.letters()] == ["ann@example.com"]
    assert min(took.values()) >= 0.15


def test_a_reset_ends_a_lock(house: House) -> None:
    house.person()
    miss(house, "ann@example.com", 5)
    house.accounts.request_reset("ann@example.com", CLIENT)
    house.accounts.reset_password(link(house), NEW, CLIENT)
    assert house.accounts.sign_in("ann@example.com", NEW, CLIENT)


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"allowed_hosts": ("*.example.com", "nichewise.example.com")}, "https://nichewise.example.com/?reset="),
        (
            {"allowed_hosts": ("a.example.com",), "public_url": "https://b.example.com:8443"},
            "https://b.example.com:8443/?",
        ),
        ({}, "http://localhost:8501/?reset="),
    ],
)
def test_a_mailed_link_leads_to_the_public_address(
    make_house: Callable[..., House], changes: dict[str, object], address: str
) -> None:
    house = make_house(**changes)
    house.person()
    house.accounts.request_reset("ann@example.com", CLIENT)
    assert address in house.letters()[0][2]


def test_changing_the_password_needs_the_old_one_and_ends_the_other_sessions(house: House) -> None:
    user = house.person()
    other, _ = house.signed_in(user)
    mine, me = house.signed_in(user)
    with pytest.raises(BadInput, match="present password is wrong"):
        house.accounts.change_password(me, "not the old one", NEW)
    house.accounts.change_password(me, PASSWORD, NEW)
    assert house.sessions.resolve(mine)
    with pytest.raises(NotSignedIn):
        house.sessions.resolve(other)
    assert house.accounts.sign_in("ann@example.com", NEW, CLIENT)
    assert house.letters()[-1][:2] == ("ann@example.com", "Your password was changed")


def test_the_old_password_cannot_be_guessed_from_an_open_session(house: House) -> None:
    _, me = house.signed_in(house.person())
    for _ in range(10):
        with pytest.raises(BadInput):
            house.accounts.change_password(me, "a guess", NEW)
    with pytest.raises(TooMany):
        house.accounts.change_password(me, PASSWORD, NEW)


def test_a_profile_keeps_name_and_language(house: House) -> None:
    token, me = house.signed_in(house.person())
    house.accounts.update_profile(me, "  Анна   К. ", "ru")
    changed = house.sessions.resolve(token)
    assert (changed.name, changed.locale) == ("Анна К.", "ru")
    for name, locale in (("", "ru"), ("\0 \n", "ru"), ("x" * 101, "ru"), ("Ann", "xx")):
        with pytest.raises(BadInput):
            house.accounts.update_profile(me, name, locale)


def test_mail_is_written_in_the_language_of_its_reader(house: House) -> None:
    _, me = house.signed_in(house.person())
    house.accounts.set_locale(me, "ru")
    house.accounts.request_reset("ann@example.com", CLIENT)
    from core.i18n import translate

    assert house.letters()[-1][1] == translate("ru", "Set a new password")


def test_nothing_secret_is_in_the_audit_log(house: House) -> None:
    user = house.person()
    miss(house, "ann@example.com", 1)
    house.accounts.request_reset("ann@example.com", CLIENT)
    reset = link(house)
    house.accounts.reset_password(reset, NEW, CLIENT)
    token, me = house.signed_in(user)
    _, key = house.keys.create(me, "CI")
    with house.db.begin() as tx:
        log = str(tx.audit.recent())
    assert not [secret for secret in (PASSWORD, NEW, reset, token, key, "wrong password") if secret in log]
