"""A folder becomes a source in the browser: tried out, registered, read, followed, and narrowed to some readers."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Product, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SLOW = 60_000  # milliseconds, on a busy machine


@pytest.fixture
def papers(product: Product) -> Path:
    folder = product.var / "inbox" / "papers"
    folder.mkdir(parents=True)
    for name in ("apricots", "bananas", "cherries"):
        (folder / f"{name}.txt").write_text(f"The price of {name} rises in autumn.")
    return folder


def test_an_administrator_adds_a_folder_reads_it_and_is_asked_before_much_is_removed(
    product: Product, visitor: Visitor, papers: Path
) -> None:
    visitor.go()
    visitor.sign_in(*product.credentials())
    visitor.go("corpora?collection=documents&tab=sources")
    page = visitor.page
    _add(page, papers)
    card = page.locator("[class*='st-key-source_']").filter(has_text="Papers").first
    page.get_by_role("button", name="Read now").click()
    expect(card.get_by_text("new: 3")).to_be_visible(timeout=SLOW)
    expect(card.get_by_text("3 documents")).to_be_visible(timeout=SLOW)

    for name in ("apricots", "bananas"):
        (papers / f"{name}.txt").unlink()
    page.get_by_role("button", name="Read now").click()
    expect(card.get_by_text("Of 3 records 2 have vanished").filter(visible=True)).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Remove their documents").click()
    expect(card.get_by_text("removed: 2")).to_be_visible(timeout=SLOW)
    expect(card.get_by_text("1 document")).to_be_visible(timeout=SLOW)
    card.get_by_text("Ledger").click()
    expect(card.get_by_test_id("stDataFrame")).to_be_visible(timeout=SLOW)

    _narrow(visitor)


def _add(page: Page, papers: Path) -> None:
    page.get_by_role("button", name="Add a source").click()
    dialog = page.get_by_role("dialog")
    _type(dialog.get_by_role("textbox", name="Name"), "Papers")
    _type(dialog.get_by_role("textbox", name="Folder", exact=True), "/etc")
    dialog.get_by_role("button", name="Test").click()
    expect(dialog.get_by_text("not below a folder that sources may read")).to_be_visible(timeout=SLOW)
    _type(dialog.get_by_role("textbox", name="Folder", exact=True), str(papers))
    dialog.get_by_role("button", name="Test").click()
    expect(dialog.get_by_text("The price of apricots rises in autumn.")).to_be_visible(timeout=SLOW)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden(timeout=SLOW)


def _type(field: Locator, text: str) -> None:
    field.fill(text)
    field.press("Tab")


def _narrow(visitor: Visitor) -> None:
    """The document that is left is closed to everybody but administrators, and the page says why."""
    visitor.go("documents")
    page = visitor.page
    row = page.locator("[class*='st-key-document_']").filter(has_text="cherries")
    row.get_by_role("button", name="More actions").click()
    page.get_by_text("Who may read it", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Only administrators").click()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden(timeout=SLOW)
    expect(row.get_by_text("lock", exact=True).first).to_be_visible(timeout=SLOW)  # the icon's name
