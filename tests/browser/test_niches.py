"""The two paths of niche analytics in a real browser: sales to the client's page, analysts to an export."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import httpx
import pypdfium2
import pytest
from playwright.sync_api import Download, Locator, expect

from tests.browser.conftest import Product, Visitor

pytestmark = pytest.mark.browser

_NICHES = {"A1": ("Coffee shop", "Кофейня"), "A2": ("Bakery", "Пекарня"), "A3": ("Flower shop", "Цветочный магазин")}
_IMPORTED = 60_000


@pytest.fixture(scope="module")
def figures(product: Product) -> None:
    """Three niches with figures, brought in over REST."""
    email, password = product.credentials()
    rows = [
        f"{code},{title},{russian},Food,{region},2025-{month:02d},{100 * at + month},{1000 * at + month}"
        for at, (code, (title, russian)) in enumerate(_NICHES.items(), start=1)
        for region in ("", "Kazan", "Samara")
        for month in range(1, 13)
    ]
    content = "\n".join(["code,title,title_ru,sector,region,month,companies,revenue_krub", *rows])
    with httpx.Client(base_url=product.url, timeout=30) as client:
        token = client.post("/api/auth/token", data={"username": email, "password": password}).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        started = client.post("/api/niches/import", files={"file": ("shops.csv", content.encode())})
        assert started.status_code == httpx.codes.ACCEPTED, started.text


def _downloaded(visitor: Visitor, button: Locator) -> Download:
    with visitor.page.expect_download() as found:
        button.get_by_role("button").first.click()
    return found.value


def _enter(visitor: Visitor, product: Product, language: str) -> None:
    visitor.go()
    visitor.sign_in(*product.credentials())
    visitor.speak(language)


def _found(visitor: Visitor, wording: str, title: str) -> Locator:
    """The first of the shortlist; the import of the figures may still be on its way."""
    hit = visitor.page.locator("[class*=st-key-niches_hit_]").filter(has_text=title).first
    for _attempt in range(10):
        visitor.go("niches")
        box = visitor.page.locator(".st-key-niches_q input")
        box.fill(wording)
        box.press("Enter")
        try:
            expect(hit).to_be_visible(timeout=_IMPORTED // 10)
        except AssertionError:
            continue
        break
    return hit


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize(
    ("language", "wording", "title"),
    [("English", "cofee shpo", "Coffee shop"), ("Русский", "кофеня", "Кофейня"), ("Русский", "rjatqyz", "Кофейня")],
)
def test_sales_get_a_clients_page_from_a_sloppy_wording(
    product: Product, visitor: Visitor, tmp_path: Path, language: str, wording: str, title: str
) -> None:
    _enter(visitor, product, language)
    _found(visitor, wording, title).get_by_role("button").click()
    expect(visitor.page.get_by_role("heading", name=title)).to_be_visible(timeout=15_000)
    expect(visitor.page.locator(".niche-figure").first).to_be_visible()
    visitor.settled()
    _downloaded(visitor, visitor.page.locator(".st-key-niches_pdf")).save_as(tmp_path / "client.pdf")
    document = pypdfium2.PdfDocument(tmp_path / "client.pdf")
    assert len(document) == 1
    assert title in document[0].get_textpage().get_text_range()
    document.close()
    assert "niche=A1" in visitor.page.url
    visitor.page.reload()
    expect(visitor.page.get_by_role("heading", name=title)).to_be_visible(timeout=60_000)
    assert visitor.outside() == []


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize("language", ["English", "Русский"])
def test_an_analyst_ranks_compares_and_exports(
    product: Product, visitor: Visitor, tmp_path: Path, language: str
) -> None:
    title = _NICHES["A3"][language == "Русский"]
    _enter(visitor, product, language)
    _found(visitor, title, title)
    visitor.go("niches?view=leaders&dataset=shops&metric=companies")
    grid = visitor.page.locator(".st-key-niches_leaders_table")
    expect(grid).to_be_visible(timeout=15_000)
    _tick(visitor, grid, 2)
    compare = visitor.page.locator(".st-key-niches_compare_ticked").get_by_role("button")
    expect(compare).to_be_enabled(timeout=15_000)
    compare.click()
    expect(visitor.page.locator(".st-key-niches_compare_csv")).to_be_visible(timeout=15_000)
    visitor.settled()
    assert re.findall(r"niches=(A\d)", visitor.page.url) == ["A3", "A2"]
    file = tmp_path / "compare.csv"
    _downloaded(visitor, visitor.page.locator(".st-key-niches_compare_csv")).save_as(file)
    lines = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    assert lines[0][2:4] == [_NICHES[code][language == "Русский"] for code in ("A3", "A2")]
    assert lines[1][2:4] == ["312", "212"]
    chart = tmp_path / "chart.csv"
    _downloaded(visitor, visitor.page.locator(".st-key-niches_compare_bars_chart_csv")).save_as(chart)
    head, first, *_ = csv.reader(chart.read_text("utf-8-sig").splitlines())
    assert head[-1] == ("Источник" if language == "Русский" else "Source")
    assert first[-1].startswith("shops.csv")


def _tick(visitor: Visitor, grid: Locator, rows: int) -> None:
    """The grid is a canvas: rows are ticked where a person would, in its first column."""
    grid.scroll_into_view_if_needed()
    for row in range(1, rows + 1):
        grid.locator("canvas").first.click(position={"x": 16, "y": 35 * row + 17}, force=True)
        visitor.settled()
