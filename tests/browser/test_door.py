"""The door in a real browser: cold deep links, signing in and out, and what leaves the origin (nothing)."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from pages import SCREENS
from tests.browser.conftest import Product, Visitor

pytestmark = pytest.mark.browser

OURS = {"nichewise_session", "nichewise_nonce", "_streamlit_xsrf"}


@pytest.mark.parametrize(
    "slug", [screen.slug for screen in SCREENS] + ["assistant", "people.py", "shell", "no-such-page"]
)
def test_a_cold_deep_link_shows_the_sign_in_and_nothing_else(visitor: Visitor, slug: str) -> None:
    visitor.go(slug)
    expect(visitor.page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=30_000)
    expect(visitor.page.get_by_test_id("stSidebarNav")).to_have_count(0)
    expect(visitor.page.locator(".st-key-shell_account")).to_have_count(0)


def test_after_signing_in_one_lands_on_the_page_that_was_asked_for(product: Product, visitor: Visitor) -> None:
    visitor.go("people")
    visitor.sign_in(*product.credentials())
    expect(visitor.page.get_by_role("heading", name="People")).to_be_visible()
    assert visitor.page.url == f"{product.url}/people"


def test_a_signed_out_browser_is_out_in_every_tab(product: Product, visitor: Visitor) -> None:
    visitor.go("profile")
    visitor.sign_in(*product.credentials())
    other = visitor.context.new_page()
    other.goto(f"{product.url}/people")
    expect(other.get_by_role("heading", name="People")).to_be_visible(timeout=30_000)
    visitor.page.locator(".st-key-shell_sign_out").get_by_role("button").click()
    expect(visitor.page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=30_000)
    other.get_by_role("link", name="Profile").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible(timeout=30_000)


def test_nothing_is_asked_of_another_origin_and_no_cookie_counts_visitors(product: Product, visitor: Visitor) -> None:
    visitor.go()
    visitor.sign_in(*product.credentials())
    for screen in SCREENS:
        visitor.go(screen.slug)
    assert visitor.outside() == []
    assert {cookie["name"] for cookie in visitor.context.cookies()} <= OURS


def test_scripts_cannot_read_the_session(product: Product, visitor: Visitor) -> None:
    visitor.go()
    visitor.sign_in(*product.credentials())
    cookie = next(one for one in visitor.context.cookies() if one["name"] == "nichewise_session")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert "nichewise_session" not in visitor.page.evaluate("document.cookie")


def test_the_language_is_switched_at_once_and_remembered(product: Product, visitor: Visitor) -> None:
    visitor.go("profile")
    visitor.sign_in(*product.credentials())
    visitor.speak("Русский")
    expect(visitor.page.get_by_role("heading", name="Профиль")).to_be_visible(timeout=15_000)
    visitor.go("people")
    expect(visitor.page.get_by_role("heading", name="Люди")).to_be_visible(timeout=15_000)
    visitor.speak("English")
    expect(visitor.page.get_by_role("heading", name="People")).to_be_visible(timeout=15_000)


def test_switching_the_language_is_no_change_of_anybodys_role(product: Product, visitor: Visitor) -> None:
    email, password = product.credentials()
    with httpx.Client(base_url=f"{product.url}/api", timeout=60) as api:
        token = api.post("/auth/token", data={"username": email, "password": password}).json()["access_token"]
        api.headers["Authorization"] = f"Bearer {token}"
        person = {"email": "roland@example.com", "name": "Roland", "role": "analyst", "password": "a long passphrase"}
        assert api.post("/users", json=person).status_code in (201, 409)
    visitor.go("people")
    visitor.sign_in(email, password)
    for language, title, role in (("Русский", "Люди", "Аналитик"), ("English", "People", "Analyst")) * 2:
        visitor.speak(language)
        expect(visitor.page.get_by_role("heading", name=title)).to_be_visible(timeout=15_000)
        row = visitor.page.locator("[class*=st-key-people_row_]").filter(has_text="Roland")
        expect(row.get_by_role("combobox")).to_have_value(role)
        expect(visitor.page.get_by_test_id("stAlert").locator("visible=true")).to_have_count(0)
