"""Signing in, registering and setting a password, through the forms that people see."""

from __future__ import annotations

import re

from streamlit.testing.v1 import AppTest

from core.entities.people import Client, Principal, UserStatus
from core.roles import Role
from services.identity.accounts import MOST_TRIES
from tests.pages.conftest import PASSWORD, Browser, words


def _fill(page: AppTest, *values: str, first: int = 0) -> None:
    for field, value in zip(page.text_input[first:], values, strict=False):
        field.set_value(value)


def _submit(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label and button.form_id).click().run()


def _html(page: AppTest) -> str:
    return "".join(str(element.proto.body) for element in page.get("html"))


def test_the_right_password_sends_the_browser_to_its_session_and_back_to_the_page(browser: Browser) -> None:
    person = browser.person(Role.SALES)
    page = browser.open("documents")
    _fill(page, person.email, PASSWORD)
    _submit(page, "Sign in")
    target = re.search(r'location\.replace\("(/auth/session[^"]+)"\)', _html(page))
    assert target
    assert "next=%2Fdocuments" in target[1]


def test_a_wrong_password_is_said_and_the_e_mail_stays(browser: Browser) -> None:
    person = browser.person(Role.SALES)
    page = browser.open()
    _fill(page, person.email, "not the password")
    _submit(page, "Sign in")
    assert "E-mail or password is wrong." in words(page)
    assert page.text_input[0].value == person.email


def test_five_wrong_tries_lock_the_e_mail_and_a_new_tab_does_not_help(browser: Browser) -> None:
    person = browser.person(Role.SALES)
    page = browser.open()
    for attempt in range(MOST_TRIES):
        _fill(page, person.email, f"wrong number {attempt}")
        _submit(page, "Sign in")
    again = browser.open()
    _fill(again, person.email, PASSWORD)
    _submit(again, "Sign in")
    assert "Sign-in is locked for this e-mail" in words(again)
    assert "/auth/session" not in _html(again)


def test_an_empty_form_says_what_to_fill_in(browser: Browser) -> None:
    page = browser.open()
    _submit(page, "Sign in")
    assert "Fill in your e-mail and your password." in words(page)


def test_who_waits_for_approval_is_told_so(browser: Browser) -> None:
    person = browser.person(Role.SALES, status=UserStatus.PENDING)
    page = browser.open()
    _fill(page, person.email, PASSWORD)
    _submit(page, "Sign in")
    assert "waits for an administrator" in words(page)


def test_registering_makes_an_account_that_waits(browser: Browser) -> None:
    page = browser.open()
    _fill(page, "Jo", "Newcomer", "jo@example.com", " a long pass phrase ", " a long pass phrase ", first=2)
    _submit(page, "Create account")
    assert "has to approve" in words(page)
    with browser.services.db.begin() as tx:
        made = tx.users.by_email("jo@example.com")
    assert made
    assert (made.name, made.status) == ("Jo Newcomer", UserStatus.PENDING)


def test_an_address_that_needs_no_approval_is_proven_with_a_code_first(browser: Browser) -> None:
    services = browser.services
    admin = Principal(Role.ADMIN, user_id=browser.person(Role.ADMIN).id)
    services.allowlist.put(admin, "example.com", approved=True, lasting=False)
    page = browser.open()
    _fill(page, "Jo", "Newcomer", "jo@example.com", "a long pass phrase", "a long pass phrase", first=2)
    _submit(page, "Create account")
    assert "A code is on its way to **jo@example.com**" in words(page)
    with services.db.begin() as tx:
        assert tx.users.by_email("jo@example.com") is None
        code = re.search(r"\b\d{6}\b", tx.outbox.recent(limit=1, offset=0)[0].body)
    assert code
    _fill(page, "000000" if code[0] != "000000" else "111111", first=2)
    _submit(page, "Confirm")
    assert "This code is wrong" in words(page)
    _fill(page, code[0], first=2)
    _submit(page, "Confirm")
    assert "/auth/session" in _html(page)
    assert services.accounts.sign_in("jo@example.com", "a long pass phrase", Client()).status is UserStatus.ACTIVE


def test_two_passwords_that_differ_are_refused_in_the_readers_language(browser: Browser) -> None:
    page = browser.open(locale="ru-RU")
    _fill(page, "Анна", "Новая", "anna@example.com", "длинный пароль", "другой пароль", first=2)
    _submit(page, "Создать учётную запись")
    assert "Пароли различаются." in words(page)


def test_a_weak_password_is_refused_by_our_rule_not_the_librarys(browser: Browser) -> None:
    page = browser.open()
    _fill(page, "Jo", "Newcomer", "jo@example.com", "password123", "password123", first=2)
    _submit(page, "Create account")
    assert "Choose a password of at least 10 characters" in words(page)


def test_a_reset_is_promised_whether_or_not_the_e_mail_is_known(browser: Browser) -> None:
    for email in (browser.person(Role.SALES).email, "nobody@example.com"):
        page = browser.open()
        _fill(page, email, first=7)
        _submit(page, "Send me a link")
        assert "a link is on its way" in words(page)


def test_a_mailed_link_sets_a_new_password(browser: Browser) -> None:
    person = browser.person(Role.SALES)
    browser.services.accounts.request_reset(person.email, Client())
    with browser.services.db.begin() as tx:
        token = tx.outbox.recent(limit=1, offset=0)[0].body.split("reset=")[1].split()[0]
    page = browser.open(reset=token)
    _fill(page, "another pass phrase", "another pass phrase")
    _submit(page, "Save the password")
    assert "Your new password is saved." in words(page)
    assert browser.services.accounts.sign_in(person.email, "another pass phrase", Client()).id == person.id


def test_a_used_link_says_so(browser: Browser) -> None:
    page = browser.open(reset="no-such-token")
    _fill(page, "another pass phrase", "another pass phrase")
    _submit(page, "Save the password")
    assert "This link was used already or is too old." in words(page)


def test_who_is_disabled_in_an_open_session_is_told_that_it_has_ended(browser: Browser) -> None:
    person = browser.sign_in(Role.ANALYST)
    assert "Your session has ended" not in words(browser.open("playground"))
    admin = browser.person(Role.ADMIN)
    browser.services.people.update(
        Principal(Role.ADMIN, admin.id, admin.email), person.id, {"status": UserStatus.DISABLED}
    )
    assert "Your session has ended. Sign in again." in words(browser.open("playground"))
    browser.cookies.clear()
    assert "Your session has ended" not in words(browser.open())
