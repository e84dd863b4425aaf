"""Another embedding model for a collection, as an administrator chooses it: previewed, built, switched to, undone."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from core.settings import ROOT
from rag.embedding import BUILTIN
from tests.browser.conftest import Product, Visitor, new_var, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]  # the model is made and loaded with torch

_VERSIONS = "/api/collections/documents/versions"
_READY, _BUILT = 60_000, 180_000
_REMOVED_S = 60
_OFFICES = ("Amber", "Birch", "Cedar", "Dahlia", "Elm", "Fir")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    subprocess.run([sys.executable, "-m", "tests.tiny_embedding", str(folder)], cwd=ROOT, check=True)
    return f"huggingface:{folder}"


@pytest.fixture(scope="module")
def product(exported_model: Path, tiny: str) -> Iterator[Product]:
    """An installation that offers a second model."""
    with new_var(exported_model) as var, pytest.MonkeyPatch.context() as environment:
        environment.setenv("NICHEWISE_EMBEDDINGS", tiny)
        with running(var) as product:
            yield product


def active(admin: httpx.Client) -> tuple[int, str]:
    """Number and model of the version in use."""
    (one,) = [version for version in admin.get(_VERSIONS).json() if version["state"] == "active"]
    return one["number"], one["embedding"]


def test_a_collection_gets_another_model_after_a_preview_and_goes_back(
    product: Product, chromium: Browser, admin: httpx.Client, tiny: str
) -> None:
    text = "\n\n".join(f"# {name}\n\nThe {name} office opens at nine." for name in _OFFICES)
    admin.post("/api/documents", files={"file": ("offices.md", io.BytesIO(text.encode()))}).raise_for_status()
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    visitor = Visitor(context.new_page(), context, product.url)
    page = visitor.page
    visitor.go("corpora?collection=documents&tab=documents")
    visitor.sign_in(*product.credentials())
    expect(page.locator("[class*=st-key-document_]").filter(has_text="offices").get_by_text("ready")).to_be_visible(
        timeout=_READY
    )
    visitor.go("corpora?collection=documents&tab=versions")
    page.get_by_text("Index it differently").click()
    expect(page.locator(".st-key-corpora_model input")).to_have_value(f"{BUILTIN.name} · English", timeout=_READY)
    page.locator(".st-key-corpora_model input").click()
    page.get_by_role("option", name=tiny).click()
    visitor.settled()
    page.locator(".st-key-corpora_wait label").first.click()
    visitor.settled()
    page.locator(".st-key-corpora_preview_button").get_by_role("button").click()
    expect(page.get_by_text("Vectors alone bring up the passage")).to_contain_text(tiny, timeout=_BUILT)
    assert active(admin) == (1, BUILTIN.name)

    page.locator(".st-key-corpora_build").get_by_role("button").click()
    new = page.locator(".st-key-corpora_version_2")
    expect(new.get_by_text("waits for you")).to_be_visible(timeout=_BUILT)
    expect(new).to_contain_text(tiny)
    assert active(admin) == (1, BUILTIN.name)
    new.get_by_role("button", name="Switch to it").click()
    expect(new.get_by_text("active", exact=True)).to_be_visible(timeout=_BUILT)
    assert active(admin) == (2, tiny)

    old = page.locator(".st-key-corpora_version_1")
    old.get_by_role("button", name="Go back to it").click()
    expect(old.get_by_text("active", exact=True)).to_be_visible(timeout=_BUILT)
    assert active(admin) == (1, BUILTIN.name)
    new.locator("[class*=st-key-corpora_discard_]").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("Remove version 2?", timeout=_READY)
    page.keyboard.press("Escape")
    visitor.settled()
    assert [one["number"] for one in admin.get(_VERSIONS).json()] == [2, 1]  # nothing is removed unasked
    new.locator("[class*=st-key-corpora_discard_]").get_by_role("button").click()
    page.locator(".st-key-corpora_discard_sure").get_by_role("button").click()
    expect(page.get_by_text("Version 2 is removed in the background.")).to_be_visible(timeout=_READY)
    until = time.monotonic() + _REMOVED_S
    while len(admin.get(_VERSIONS).json()) > 1 and time.monotonic() < until:
        time.sleep(0.2)
    visitor.go("corpora?collection=documents&tab=versions")
    expect(old.get_by_text("active", exact=True)).to_be_visible(timeout=_READY)
    expect(new).to_have_count(0)
    assert visitor.outside() == []
    context.close()
