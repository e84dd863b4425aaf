"""Takes every page at 1280 and 390 px, light and dark, in English and Russian, into a folder."""

from __future__ import annotations

import argparse
import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pages import SCREENS
from pages.corpora import TABS
from tests.browser.conftest import ARTIFACTS, FLAGS, Product, running, system_chromium
from tests.shared import SHARED_DATA

_BROKEN = ("broken.pdf", b"%PDF-1.4\nnothing that could be read")  # stands in the list as failed
_FILES = ("pdflatex-4-pages.pdf", "libreoffice-writer-password.pdf", "multicolumn.pdf", "grayscale-image.pdf")
_QUESTION = "What information does a blind text give you about the selected font?"
_UNKNOWN = "Who won the chess tournament in Reykjavik in 1972?"


Theme = Literal["light", "dark"]
_THEMES: tuple[Theme, ...] = ("light", "dark")


@dataclass(frozen=True)
class Look:
    width: int
    theme: Theme
    locale: str

    @property
    def tag(self) -> str:
        return f"{self.width}-{self.theme}-{self.locale}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ARTIFACTS / "screenshots")
    parser.add_argument("--only", default="", help="part of a tag such as 1280-light-en")
    parser.add_argument("--var", type=Path, help="an installation's folder; else a new one is made")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    looks = [Look(*one) for one in itertools.product((1280, 390), _THEMES, ("en", "ru"))]
    with tempfile.TemporaryDirectory() as scratch, running(given.var or Path(scratch) / "var", demo=True) as product:
        _furnish(product)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=system_chromium(), args=FLAGS)
            for look in looks:
                if given.only in look.tag:
                    _take(browser, product, look, given.folder)
            browser.close()


def _furnish(product: Product) -> None:
    """Documents in every state, somebody who waits for approval, and conversations."""
    email, password = product.credentials()
    with httpx.Client(base_url=f"{product.url}/api", timeout=120) as api:
        token = api.post("/auth/token", data={"username": email, "password": password}).json()["access_token"]
        api.headers["Authorization"] = f"Bearer {token}"
        files = [(name, (SHARED_DATA / "documents" / name).read_bytes()) for name in _FILES]
        for name, content in (*files, _BROKEN):
            api.post("/documents", files={"file": (name, content)}, data={"collection": "documents"})


def _take(browser: Browser, product: Product, look: Look, folder: Path) -> None:
    height = 800 if look.width > 600 else 844
    context = browser.new_context(
        viewport={"width": look.width, "height": height}, color_scheme=look.theme, locale=look.locale
    )
    page = context.new_page()
    page.goto(product.url)
    _settled(page)
    page.screenshot(path=folder / f"sign-in-{look.tag}.png")
    _sign_in(page, product)
    views = {screen.module: screen.slug for screen in SCREENS}
    views |= {f"corpora-{tab.name}": f"corpora?collection=documents&tab={tab.name}" for tab in TABS}
    for name, address in views.items():
        page.goto(f"{product.url}/{address}")
        _settled(page)
        page.screenshot(path=folder / f"{name}-{look.tag}.png")
        _inner_tabs(page, folder / f"{name}-{look.tag}.png")
    _converse(page, product, look, folder)
    context.close()


def _inner_tabs(page: Page, picture: Path) -> None:
    """The tabs of a page after its first one, as pictures beside the page's own."""
    for place, tab in enumerate(page.get_by_role("tab").all()[1:], start=2):
        tab.click()
        _settled(page)
        page.screenshot(path=picture.with_stem(f"{picture.stem}-tab{place}"))


def _sign_in(page: Page, product: Product) -> None:
    email, password = product.credentials()
    fields = page.get_by_test_id("stForm").first.locator("input")
    fields.nth(0).fill(email)
    fields.nth(1).fill(password)
    fields.nth(1).press("Enter")
    expect(page.locator(".st-key-shell_account")).to_be_attached(timeout=30_000)
    _settled(page)


def _converse(page: Page, product: Product, look: Look, folder: Path) -> None:
    page.goto(product.url)
    for question in (_QUESTION, _UNKNOWN):
        _settled(page)
        box = page.get_by_test_id("stChatInputTextArea")
        box.fill(question)
        box.press("Enter")
        expect(page.get_by_test_id("stChatMessage").last).to_be_visible(timeout=30_000)
        page.wait_for_timeout(500)
    expect(page.locator("[class*=st-key-refusal_]").first).to_be_visible(timeout=30_000)
    _settled(page)
    page.screenshot(path=folder / f"conversation-{look.tag}.png")
    page.locator("[class*=st-key-citation_]").first.get_by_role("button").click()
    expect(page.get_by_role("dialog").get_by_role("img").last).to_be_visible(timeout=30_000)
    _settled(page)
    page.screenshot(path=folder / f"citation-{look.tag}.png")


def _settled(page: Page) -> None:
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=60_000)
    page.wait_for_timeout(700)  # fonts, icons and frames settle after the last message; this is a photographer, no test


if __name__ == "__main__":
    main()
