"""Five hundred files at once in a real browser: counted while they go in, and all of them end ready."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Product, Visitor, chromium, product, visitor

__all__ = ["chromium", "product", "visitor"]
pytestmark = [pytest.mark.soak, pytest.mark.browser]

FILES = 500
_STORED = _READY = 300_000
_WORDS = ("parcel", "ship", "quay", "harbour", "letter", "stamp", "office", "clerk", "morning", "ferry", "lantern")


def _files(folder: Path) -> list[Path]:
    choose = random.Random(1)
    made = [folder / f"note {n:03}.txt" for n in range(FILES)]
    for n, path in enumerate(made):
        path.write_text(f"Note {n}. {' '.join(choose.choices(_WORDS, k=60))}.")
    return made


def test_five_hundred_files_at_once_are_counted_stored_and_indexed(
    product: Product, visitor: Visitor, tmp_path: Path
) -> None:
    visitor.go()
    visitor.sign_in(*product.credentials())
    visitor.go("documents")
    page, began = visitor.page, time.monotonic()
    page.locator("input[type=file]").set_input_files(_files(tmp_path))
    expect(page.locator(".counts")).to_contain_text(f"of {FILES}")
    expect(page.locator(".outcome .good")).to_contain_text(f"being indexed: {FILES}", timeout=_STORED)
    expect(page.locator(".outcome .bad")).to_have_count(0)
    stored = time.monotonic() - began
    expect(page.get_by_text(f"{FILES} documents", exact=True)).to_be_visible(timeout=_READY)  # none is on its way
    ready = time.monotonic() - began
    newest = page.locator("[class*=st-key-document_]").filter(has_text="note 499").first
    expect(newest.get_by_text("ready", exact=True)).to_be_visible(timeout=_READY)
    sys.stderr.write(f"{FILES} files: stored after {stored:.0f} s, ready after {ready:.0f} s\n")
