"""People: found by status and name, given a role, and told apart from those who wait."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.entities.people import UserStatus
from core.roles import Role
from tests.pages.conftest import Browser, words


def rows(page: AppTest) -> str:
    return words(page).replace("\\", "")


def test_those_who_wait_are_found_and_let_in(browser: Browser) -> None:
    browser.sign_in(Role.ADMIN)
    waiting = browser.person(Role.SALES, "wanda@example.com", UserStatus.PENDING, "Wanda Waits")
    browser.person(Role.SALES, "ada@example.com", name="Ada Active")
    page = browser.open("people")
    assert "Wanda Waits" in rows(page)
    assert "Ada Active" in rows(page)
    page.segmented_control(key="people_status").set_value(UserStatus.PENDING).run()
    assert "Wanda Waits" in rows(page)
    assert "Ada Active" not in rows(page)
    page.button(key=f"people_approve_{waiting.id}").click().run()
    assert [one.value for one in page.toast] == ["Wanda Waits may enter now, and is told so by mail."]
    assert "Nobody is found." in rows(page)


def test_a_new_role_is_said_and_stands_there(browser: Browser) -> None:
    browser.sign_in(Role.ADMIN)
    person = browser.person(Role.SALES, "sol@example.com", name="Sol Sales")
    page = browser.open("people")
    page.selectbox(key=f"people_role_en_{person.id}_sales").select(Role.ANALYST).run()
    assert [one.value for one in page.toast] == ["Sol Sales has the role Analyst now."]
    assert page.selectbox(key=f"people_role_en_{person.id}_analyst").value is Role.ANALYST
