"""A golden set is imported, measured, compared; the retrieval lab shows a search and changes it, in a real browser."""

from __future__ import annotations

import json
import time
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Product, Visitor

pytestmark = pytest.mark.browser

_WAIT = 60_000
FACTS = {
    "When are refunds paid?": "Refunds are paid within ten days of the request.",
    "When does the Berlin office open?": "The Berlin office opens at nine in the morning.",
    "How often are laptops replaced?": "Laptops are replaced every three years.",
}


@pytest.fixture
def corpus(product: Product) -> str:
    """A collection with a document per fact; its name."""
    email, password = product.credentials()
    with httpx.Client(base_url=product.url, timeout=60) as program:
        token = program.post("/api/auth/token", data={"username": email, "password": password}).json()
        program.headers["Authorization"] = f"Bearer {token['access_token']}"
        name = f"facts-{uuid4().hex[:8]}"
        program.post("/api/collections", json={"name": name, "title": f"Facts {name}", "kind": "documents"})
        for number, fact in enumerate(FACTS.values()):
            file = {"file": (f"fact {number} {name}.txt", fact.encode())}
            program.post("/api/documents", files=file, data={"collection": name}).raise_for_status()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            known = {one["name"]: one["documents"] for one in program.get("/api/collections").json()}
            if known[name] == len(FACTS):
                return name
            time.sleep(0.2)
    pytest.fail("The documents were not ready within a minute.")


def enter(visitor: Visitor, product: Product, corpus: str, tab: str) -> Page:
    visitor.go(f"corpora?collection={corpus}&tab={tab}")
    visitor.sign_in(*product.credentials())
    visitor.go(f"corpora?collection={corpus}&tab={tab}")
    return visitor.page


def open_settings(page: Page) -> None:
    page.locator(".st-key-lab_settings summary").click()


def test_a_set_is_measured_and_settings_are_saved_and_compared(
    visitor: Visitor, product: Product, corpus: str, tmp_path: Path
) -> None:
    golden = tmp_path / "golden.jsonl"
    golden.write_text("\n".join(json.dumps({"question": asked, "passage": fact}) for asked, fact in FACTS.items()))
    page = enter(visitor, product, corpus, "evaluation")
    page.locator(".st-key-golden_import button").click()
    page.locator(".st-key-golden_file input[type=file]").set_input_files(golden)
    expect(page.locator(".st-key-golden_import_go button")).to_be_enabled(timeout=_WAIT)
    page.locator(".st-key-golden_import_go button").click()
    expect(page.get_by_text("3 questions were added.")).to_be_visible(timeout=_WAIT)

    page.locator(".st-key-evaluation_view").get_by_text("Runs", exact=True).click()
    page.locator(".st-key-evaluation_run button").click()
    expect(page.get_by_text("1 row", exact=True)).to_be_visible(timeout=_WAIT)

    visitor.go(f"corpora?collection={corpus}&tab=lab")
    open_settings(page)
    page.locator(f".st-key-lab_{corpus}_collapse label").first.click()
    expect(page.locator(".st-key-lab_save button").first).to_be_enabled(timeout=_WAIT)
    page.locator(".st-key-lab_save button").first.click()
    expect(page.get_by_text("Saved: on the golden set MRR@10 changed by +0.000.")).to_be_visible(timeout=_WAIT)

    page.locator(".st-key-evaluation_view").get_by_text("Compare", exact=True).click()
    expect(page.get_by_text("Both runs find the same at the same places.")).to_be_visible(timeout=_WAIT)
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=_WAIT)
    expect(page.get_by_text("Expected: ").first).to_be_visible()
    assert visitor.outside() == []


def test_the_lab_shows_a_search_and_its_knobs_act_at_once(visitor: Visitor, product: Product, corpus: str) -> None:
    page = enter(visitor, product, corpus, "lab")
    question = page.locator(f".st-key-lab_{corpus}_question input")
    question.fill("When does the Berlin office open?")
    question.press("Enter")
    expect(page.get_by_text("There is enough evidence")).to_be_visible(timeout=_WAIT)
    for part in ("Fused", "Words", "Meaning"):
        expect(page.get_by_text(part, exact=True).first).to_be_visible()
    open_settings(page)
    page.locator(f".st-key-lab_{corpus}_threshold").get_by_role("slider").press("End")
    expect(page.get_by_text("There is too little evidence")).to_be_visible(timeout=_WAIT)
    page.locator(f".st-key-lab_{corpus}_reset button").click()
    expect(page.get_by_text("There is enough evidence")).to_be_visible(timeout=_WAIT)
    page.get_by_text("What the answer would be written from").click()
    expect(page.get_by_text("[1] fact").first).to_be_visible(timeout=_WAIT)
