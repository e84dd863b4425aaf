"""Conversations as people use them all day: find, rename, share, take home, try again; and nothing lost on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect

from core.i18n import translate
from tests.browser.conftest import Product, Visitor, running
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.browser

_ANSWERED = 30_000
_COLLEAGUE = "colleague@example.com"
_PASSWORD = "a long passphrase"


class Desk:
    """The assistant as one person sees it, in their language."""

    def __init__(self, visitor: Visitor, locale: str) -> None:
        self.visitor, self.page, self.locale = visitor, visitor.page, locale

    def say(self, message: str, **values: Any) -> str:
        return translate(self.locale, message, **values)

    def ask(self, question: str) -> None:
        box = self.page.get_by_test_id("stChatInputTextArea")
        box.fill(question)
        box.press("Enter")
        expect(self.turns("tools")).not_to_have_count(0, timeout=_ANSWERED)
        self.visitor.settled()

    def turns(self, what: str) -> Locator:
        return self.page.locator(f"[class*=st-key-{what}_]")

    def line(self, title: str) -> Locator:
        return self.page.locator(".st-key-assistant_list [class*=st-key-conversation_]").filter(has_text=title)

    def choose(self, title: str, action: str) -> None:
        self.line(title).hover()
        self.line(title).locator("[class*=st-key-assistant_menu_] button").locator("visible=true").first.click()
        self.page.get_by_role("menuitem", name=self.say(action)).or_(
            self.page.get_by_role("option", name=self.say(action))
        ).first.click()
        self.visitor.settled()

    def press(self, where: Locator, label: str) -> None:
        where.get_by_role("button", name=self.say(label)).locator("visible=true").first.click()
        self.visitor.settled()

    def close(self) -> None:
        self.dialog.get_by_role("button", name=self.say("Close")).click()
        expect(self.dialog).to_have_count(0)
        self.visitor.settled()

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")


@contextmanager
def _api(product: Product) -> Iterator[httpx.Client]:
    email, password = product.credentials()
    with httpx.Client(base_url=f"{product.url}/api", timeout=60) as api:
        token = api.post("/auth/token", data={"username": email, "password": password}).json()["access_token"]
        api.headers["Authorization"] = f"Bearer {token}"
        yield api


def _person(product: Product, email: str, name: str, role: str) -> None:
    with _api(product) as api:
        person = {"email": email, "name": name, "role": role, "password": _PASSWORD}
        assert api.post("/users", json=person).status_code in (201, 409)


@pytest.fixture
def colleague(product: Product) -> None:
    _person(product, _COLLEAGUE, "Olga Petrova", "sales")


@pytest.mark.usefixtures("colleague")
@pytest.mark.parametrize(("visitor", "language"), [("en-US", "English"), ("ru-RU", "Русский")], indirect=["visitor"])
def test_a_day_with_conversations(product: Product, visitor: Visitor, language: str, tmp_path: Path) -> None:
    desk = Desk(visitor, "ru" if language == "Русский" else "en")
    email = f"parker-{desk.locale}@example.com"  # somebody of their own for each language: the list is theirs alone
    _person(product, email, "Pat Parker", "admin")
    visitor.go()
    visitor.sign_in(email, _PASSWORD)
    visitor.speak(language)
    desk.ask("Where is the parking for visitors?")
    _rename(desk)
    _branch(desk)
    _judge(desk)
    _share(desk)
    _export(desk, tmp_path)
    _search_and_throw_away(desk)
    assert visitor.outside() == []


def _rename(desk: Desk) -> None:
    desk.choose("Where is the parking", "Rename")
    box = desk.dialog.get_by_role("textbox")
    box.fill("Parking")
    box.press("Enter")
    expect(desk.dialog).to_have_count(0)
    expect(desk.line("Parking")).to_be_visible()
    desk.visitor.settled()


def _branch(desk: Desk) -> None:
    desk.press(desk.turns("asked").last, "Edit and send again")
    box = desk.page.get_by_role("textbox", name=desk.say("Your message"))
    box.fill("Where is the parking for staff?")
    desk.press(desk.page.get_by_test_id("stForm"), "Send")
    expect(desk.turns("asked").last).to_contain_text("2 / 2", timeout=_ANSWERED)
    desk.visitor.settled()
    desk.press(desk.turns("asked").last, "Previous version")
    expect(desk.turns("asked").last).to_contain_text("1 / 2")
    expect(desk.page.get_by_test_id("stChatMessage").first).to_contain_text("for visitors")
    desk.press(desk.turns("tools").last, "Answer anew")
    expect(desk.turns("tools").last).to_contain_text("2 / 2", timeout=_ANSWERED)
    desk.visitor.settled()


def _judge(desk: Desk) -> None:
    desk.turns("tools").last.get_by_test_id("stFeedback").get_by_role("button").or_(
        desk.turns("tools").last.get_by_test_id("stFeedback").get_by_role("radio")
    ).last.click()
    expect(desk.dialog).to_be_visible()
    desk.dialog.get_by_text(desk.say("The sources do not fit")).click()
    desk.press(desk.dialog, "Send")
    expect(desk.dialog).to_have_count(0)
    desk.visitor.go("prompts")
    desk.page.get_by_role("tab", name=desk.say("Feedback")).click()
    expect(desk.page.get_by_test_id("stDataFrame")).to_be_visible()
    desk.visitor.go()
    desk.line("Parking").get_by_text("Parking").click()
    expect(desk.turns("tools")).not_to_have_count(0, timeout=_ANSWERED)
    desk.visitor.settled()


def _share(desk: Desk) -> None:
    desk.choose("Parking", "Share with a colleague")
    box = desk.dialog.get_by_role("textbox")
    box.fill("petrova")
    box.press("Enter")
    desk.press(desk.dialog, "Let read")
    expect(desk.dialog.get_by_role("button", name=desk.say("Take back"))).to_be_visible()
    expect(desk.dialog).to_contain_text("Olga Petrova")
    desk.press(desk.dialog, "Take back")
    expect(desk.dialog).to_contain_text(desk.say("Nobody else can read it."))
    desk.close()


def _export(desk: Desk, folder: Path) -> None:
    desk.choose("Parking", "Export")
    for label, begins in (("PDF", b"%PDF"), ("Word", b"PK")):
        with desk.page.expect_download() as download:
            desk.press(desk.dialog, label)
        path = folder / label
        download.value.save_as(path)
        assert path.read_bytes().startswith(begins)
    desk.close()


def _search_and_throw_away(desk: Desk) -> None:
    box = desk.page.locator(".st-key-assistant_search_list input")
    box.fill("VISITORS")
    box.press("Enter")
    expect(desk.line("Parking")).to_contain_text("parking for visitors")
    desk.visitor.settled()
    desk.choose("Parking", "Delete")
    desk.press(desk.dialog, "Delete")
    expect(desk.line("Parking")).to_have_count(0)


def test_on_a_narrow_screen_the_list_is_one_tap_away(product: Product, visitor: Visitor) -> None:
    desk, width = Desk(visitor, "en"), 390
    visitor.go()
    visitor.sign_in(*product.credentials())
    visitor.speak("English")
    visitor.page.set_viewport_size({"width": width, "height": 844})
    desk.ask("Where is the canteen?")
    visitor.page.locator(".st-key-assistant_show_list button").locator("visible=true").first.click()
    expect(desk.dialog.locator("[class*=st-key-conversation_active]")).to_contain_text("Where is the canteen?")
    desk.dialog.locator(".st-key-assistant_new_dialog button").click()
    expect(desk.dialog).to_have_count(0)
    expect(visitor.page.locator(".st-key-assistant_empty")).to_be_visible()
    wide = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width


def test_a_reload_and_a_restart_in_the_middle_of_an_answer_lose_nothing(
    chromium: Browser,
    ollama: OllamaServer,
    var: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NICHEWISE_OLLAMA_URL", ollama.url)
    ollama.script.reply("Once upon a time", " there was", gate=threading.Event())
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    visitor = Visitor(context.new_page(), context, "")
    thread = visitor.page.get_by_test_id("stChatMessage")
    with running(var) as product:
        visitor.url = product.url
        visitor.go()
        visitor.sign_in(*product.credentials())
        asked = {"message": "Tell me a story", "retrieval": False, "provider": "ollama"}
        with (
            _api(product) as api,
            api.stream("POST", "/chat", json=asked, headers={"Accept": "text/event-stream"}) as answer,
        ):
            talk = answer.headers["x-conversation-id"]
            visitor.page.goto(f"{product.url}/?c={talk}")
            for _ in range(2):
                expect(thread.first).to_contain_text("Tell me a story", timeout=_ANSWERED)
                expect(thread.nth(1)).to_contain_text("Once upon a ti", timeout=_ANSWERED)
                visitor.page.reload()
    with running(var) as product:
        visitor.page.goto(f"{product.url}/?c={talk}")
        expect(thread.first).to_contain_text("Tell me a story", timeout=_ANSWERED)
        expect(thread.nth(1)).to_contain_text("Once upon a ti", timeout=_ANSWERED)
        expect(thread.nth(1)).to_contain_text("Stopped. What was written is kept.")
    context.close()
