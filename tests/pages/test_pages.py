"""Every page for every role: shown to who may see it, refused to the others, and behind the sign-in for all."""

from __future__ import annotations

import time

import pytest

from core.roles import PERMISSIONS, Role
from pages import SCREENS, Screen
from tests.pages.conftest import Browser, words

STAFF = [role for role in Role if role is not Role.GUEST]
_RERUN_S = 0.15
_REFUSAL = "Your role does not allow this."


def _id(screen: Screen) -> str:
    return screen.slug or "assistant"


@pytest.mark.parametrize("screen", SCREENS, ids=_id)
def test_a_cold_deep_link_shows_the_sign_in_and_nothing_else(browser: Browser, screen: Screen) -> None:
    page = browser.open(screen.slug)
    assert not page.exception
    assert [field.label for field in page.text_input][:2] == ["E-mail", "Password"]
    assert not page.sidebar.button
    assert not page.chat_input
    assert "Your role" not in words(page)


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("screen", SCREENS, ids=_id)
def test_a_page_is_drawn_or_refused_as_the_role_says(browser: Browser, screen: Screen, role: Role) -> None:
    browser.sign_in(role)
    page = browser.open(screen.slug)
    assert not page.exception
    assert (_REFUSAL in words(page)) is (screen.permission not in PERMISSIONS[role])
    assert page.button(key="shell_sign_out")
    assert "went wrong" not in words(page)


@pytest.mark.parametrize("screen", SCREENS, ids=_id)
def test_a_guest_gets_the_assistant_alone(browser: Browser, screen: Screen) -> None:
    page = browser.open(screen.slug)
    page.button(key="sign_in_guest").click().run()
    assert not page.exception
    assert (_REFUSAL in words(page)) is (screen.permission not in PERMISSIONS[Role.GUEST])
    assert ("As a guest" in words(page)) is (screen.slug == "")


@pytest.mark.parametrize("screen", SCREENS, ids=_id)
def test_a_page_speaks_russian(browser: Browser, screen: Screen) -> None:
    browser.sign_in(Role.ADMIN)
    page = browser.open(screen.slug, locale="ru-RU")
    assert not page.exception
    assert "Администратор" in words(page)
    assert "went wrong" not in words(page)


def test_a_revoked_session_leads_back_to_the_sign_in(browser: Browser) -> None:
    person = browser.sign_in(Role.ADMIN)
    page = browser.open("people")
    with browser.services.db.begin() as tx:
        tx.sessions.revoke_all(person.id)
    page.run()
    assert [field.label for field in page.text_input][:2] == ["E-mail", "Password"]


def test_a_changed_role_acts_on_the_next_click(browser: Browser) -> None:
    person = browser.sign_in(Role.ADMIN)
    page = browser.open("people")
    with browser.services.db.begin() as tx:
        tx.users.update(person.id, role=Role.SALES)
    page.run()
    assert _REFUSAL in words(page)


@pytest.mark.parametrize("screen", SCREENS, ids=_id)
def test_a_rerun_costs_little(browser: Browser, screen: Screen) -> None:
    """Processor time, not the clock: a busy machine must not fail it. The best of three, as for any measurement."""
    browser.sign_in(Role.ADMIN)
    page = browser.open(screen.slug)
    spent = []
    for _attempt in range(3):
        before = time.process_time()
        page.run()
        spent.append(time.process_time() - before)
    assert min(spent) < _RERUN_S
