"""A spreadsheet on the screen: dropped in, opened as a table, grouped, taken home, and asked in the assistant."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.browser.conftest import Product, Visitor

pytestmark = pytest.mark.browser

_WAIT = 90_000
_SALES = [("North", 100.5), ("South", 50.0), ("North", 20.0), ("West", 7.25)]


def _file(folder: Path) -> Path:
    path = folder / "orchard.csv"
    path.write_text("Orchard,Harvest (kg)\n" + "".join(f"{name},{kilos}\n" for name, kilos in _SALES))
    return path


def test_a_table_is_grouped_and_taken_home_and_asked(product: Product, visitor: Visitor, tmp_path: Path) -> None:
    visitor.go()
    visitor.sign_in(*product.credentials())
    visitor.go("documents")
    page = visitor.page
    page.locator("input[type=file]").set_input_files(_file(tmp_path))
    row = page.locator("[class*=st-key-document_]").filter(has_text="orchard").first
    row.locator("[class*=st-key-icon_table_] button").first.click(timeout=_WAIT)
    expect(page.get_by_text("rows 1–4 of 4")).to_be_visible(timeout=_WAIT)
    expect(page.get_by_text("Harvest in total: 177.75")).to_be_visible()
    page.get_by_text("Groups", exact=True).click()
    expect(page.get_by_text("3 groups of 3")).to_be_visible(timeout=_WAIT)
    visitor.settled()
    with page.expect_download() as taken:
        page.locator("[class*=_csv] button").last.click()
    read = list(csv.reader(io.StringIO(taken.value.path().read_text("utf-8-sig"))))
    assert read[0] == ["Orchard", "Total: Harvest, kg", "Rows"]
    assert [(name, float(kilos)) for name, kilos, _ in read[1:]] == [("North", 120.5), ("South", 50.0), ("West", 7.25)]
    with page.expect_download() as taken:
        page.locator("[class*=_xlsx] button").last.click()
    sheet = load_workbook(io.BytesIO(taken.value.path().read_bytes())).worksheets[0]
    assert sum(float(str(row[1])) for row in sheet.iter_rows(min_row=2, values_only=True)) == 177.75
    _asked_in_the_assistant(visitor)


def _asked_in_the_assistant(visitor: Visitor) -> None:
    visitor.go("assistant")
    page = visitor.page
    box = page.get_by_test_id("stChatInput").locator("textarea")
    box.fill("What is the total harvest of the north orchard of orchard.csv?")
    box.press("Enter")
    expect(page.get_by_text("How this was calculated: total of “Harvest”")).to_be_visible(timeout=_WAIT)
    expect(page.get_by_text("120.50 kg (rows: 2 of 4)")).to_be_visible()
    expect(page.get_by_text("The query that was run")).to_be_visible()
