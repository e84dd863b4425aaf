"""Re-indexing as an administrator sees it while somebody else keeps asking, and going back again."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Product, Visitor

pytestmark = pytest.mark.browser

PASSWORD = "a long passphrase"
VERSIONS = "/api/collections/documents/versions"
_READY, _BUILT = 60_000, 120_000


def page_of(n: int) -> str:
    return f"# Rule {n}\n\nRule number {n} is about code{n}mark. The customer of case {n} is told so by mail.\n"


@pytest.fixture
def rules(admin: httpx.Client) -> int:
    """Forty documents that are ready; the version that they are in."""
    ids = [
        admin.post("/api/documents", files={"file": (f"{n}.md", io.BytesIO(page_of(n).encode()))}).json()["document_id"]
        for n in range(40)
    ]
    while any(admin.get(f"/api/documents/{one}").json()["stage"] != "ready" for one in ids):
        time.sleep(0.2)
    active = [one for one in admin.get(VERSIONS).json() if one["state"] == "active"]
    return int(active[0]["number"])


@pytest.fixture
def colleague(product: Product, admin: httpx.Client, chromium: Browser) -> Iterator[Visitor]:
    """Somebody from sales, at a browser of their own."""
    admin.post(
        "/api/users", json={"email": "sam@example.com", "name": "Sam", "role": "sales", "password": PASSWORD}
    ).raise_for_status()
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    yield Visitor(context.new_page(), context, product.url)
    context.close()


def _ask(visitor: Visitor, n: int) -> None:
    """Asks in the assistant and waits for the answer that names the case."""
    box = visitor.page.get_by_test_id("stChatInputTextArea")
    box.fill(f"What is rule number {n} with code{n}mark about?")
    box.press("Enter")
    answers = visitor.page.get_by_test_id("stChatMessage")
    expect(answers.last.get_by_text(f"code{n}mark").first).to_be_visible(timeout=_READY)
    visitor.settled()


def test_a_reindex_shows_its_progress_while_another_session_keeps_chatting_and_can_be_taken_back(
    product: Product, visitor: Visitor, colleague: Visitor, rules: int, admin: httpx.Client
) -> None:
    visitor.go()
    visitor.sign_in(*product.credentials())
    colleague.go()
    colleague.sign_in("sam@example.com", PASSWORD)
    _ask(colleague, 7)

    visitor.go("corpora?collection=documents&tab=versions")
    visitor.page.get_by_role("button", name="Re-index", exact=True).click()
    expect(visitor.page.get_by_test_id("stProgress")).to_be_visible(timeout=_READY)
    _ask(colleague, 8)
    expect(visitor.page.get_by_text(f"Done. Version {rules + 1} is ready.")).to_be_visible(timeout=_BUILT)
    new = visitor.page.locator(f".st-key-corpora_version_{rules + 1}")
    expect(new.get_by_text("active", exact=True)).to_be_visible(timeout=_READY)
    new.get_by_text("Verification report: passed").click()
    expect(new.get_by_text("Sampled sentences bring up their passage")).to_be_visible(timeout=_READY)
    _ask(colleague, 9)

    old = visitor.page.locator(f".st-key-corpora_version_{rules}")
    expect(old.get_by_text("kept for a rollback")).to_be_visible(timeout=_READY)
    old.get_by_role("button", name="Go back to it").click()
    expect(visitor.page.get_by_text(f"Done. Version {rules} is ready.")).to_be_visible(timeout=_BUILT)
    expect(old.get_by_text("active", exact=True)).to_be_visible(timeout=_READY)
    _ask(colleague, 10)
    states = {one["number"]: one["state"] for one in admin.get(VERSIONS).json()}
    assert (states[rules], states[rules + 1]) == ("active", "retired")
    assert visitor.outside() == []


def test_a_collection_is_renamed_and_deleted_by_who_types_its_name(
    product: Product, visitor: Visitor, admin: httpx.Client
) -> None:
    admin.post("/api/collections", json={"name": "prices", "title": "Price lists", "kind": "documents"})
    file = {"file": ("rule.md", io.BytesIO(page_of(1).encode()))}
    document = admin.post("/api/documents", data={"collection": "prices"}, files=file).json()["document_id"]
    page = visitor.page
    visitor.go()
    visitor.sign_in(*product.credentials())
    visitor.go("corpora?collection=prices")

    page.get_by_role("button", name="What to do with it").click()
    page.get_by_text("Rename", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Prices of 2026")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Prices of 2026")).to_be_visible(timeout=_READY)
    visitor.settled()

    page.get_by_role("button", name="What to do with it").click()
    page.get_by_text("Delete", exact=True).click()
    expect(dialog.get_by_text("1 document", exact=True)).to_be_visible(timeout=_READY)
    name = dialog.get_by_role("textbox")
    name.fill("price")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_text("Nothing was deleted.")).to_be_visible(timeout=_READY)
    name.fill("prices")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("“Prices of 2026” is deleted. Nothing of it is left.")).to_be_visible(timeout=_READY)
    expect(page.get_by_text("Prices of 2026 prices")).to_have_count(0)
    assert admin.get(f"/api/documents/{document}").status_code == 404
    assert visitor.outside() == []
