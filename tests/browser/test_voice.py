"""/voice behind the session of the pages: one sign-in opens both, and who may no longer is out of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Product, Visitor

pytestmark = pytest.mark.browser

_PASSWORD = "a long passphrase"
_ANSWERED = 30_000


@pytest.fixture
def admin(product: Product) -> Iterator[httpx.Client]:
    """The administrator's programs."""
    email, password = product.credentials()
    with httpx.Client(base_url=f"{product.url}/api", timeout=60) as api:
        token = api.post("/auth/token", data={"username": email, "password": password}).json()["access_token"]
        api.headers["Authorization"] = f"Bearer {token}"
        yield api


@pytest.fixture
def enter(admin: httpx.Client, visitor: Visitor) -> Callable[[], str]:
    """Signs a new person from sales in on the pages; their id."""

    def sign_in() -> str:
        person = {"email": f"{uuid4().hex[:8]}@example.com", "name": "Vera", "role": "sales", "password": _PASSWORD}
        made = admin.post("/users", json=person)
        assert made.status_code == httpx.codes.CREATED
        visitor.go()
        visitor.sign_in(person["email"], _PASSWORD)
        return str(made.json()["id"])

    return sign_in


def answers(visitor: Visitor) -> tuple[int, int]:
    """What the screen's own call and a question to it answer to this browser."""
    asked = visitor.context.request
    return asked.get(f"{visitor.url}/voice/config").status, asked.post(
        f"{visitor.url}/voice/gradio_api/queue/join"
    ).status


def is_out(visitor: Visitor) -> None:
    visitor.page.goto(f"{visitor.url}/voice/")
    expect(visitor.page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=_ANSWERED)
    assert answers(visitor) == (401, 401)


def test_without_a_session_it_leads_to_the_sign_in(visitor: Visitor) -> None:
    is_out(visitor)


def test_one_sign_in_opens_it_and_signing_out_closes_it(visitor: Visitor, enter: Callable[[], str]) -> None:
    enter()
    visitor.page.goto(f"{visitor.url}/voice")
    box = visitor.page.get_by_role("textbox").first
    box.fill("Tell me a joke about cats")
    box.press("Enter")
    expect(visitor.page.locator(".message.bot, .bot.message").last).to_contain_text(
        "no language model is connected", timeout=_ANSWERED
    )
    assert visitor.outside() == []
    other = visitor.context.new_page()
    other.goto(visitor.url)
    other.locator(".st-key-shell_sign_out").get_by_role("button").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible(timeout=_ANSWERED)
    is_out(visitor)


def test_a_disabled_person_is_out_at_once(visitor: Visitor, enter: Callable[[], str], admin: httpx.Client) -> None:
    user = enter()
    assert answers(visitor)[0] == httpx.codes.OK
    admin.patch(f"/users/{user}", json={"status": "disabled"}).raise_for_status()
    is_out(visitor)
