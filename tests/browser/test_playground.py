"""Four columns in a real browser: they stream at once, one fails, one hangs, the others finish; vote, save, reopen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Product, Visitor, new_var, running
from tests.conftest import KEY
from tests.servers.gemini import GeminiServer
from tests.servers.ollama import OllamaServer
from tests.servers.openai import OpenAIServer

pytestmark = pytest.mark.browser

_PROVIDERS = ("Ollama", "OpenAI", "Gemini", "Extractive (no language model)")
_WAIT = 30_000


@pytest.fixture(scope="module")
def laboratory(
    exported_model: Path,
    ollama_server: OllamaServer,
    openai_server: OpenAIServer,
    gemini_server: GeminiServer,
) -> Iterator[Product]:
    """An installation whose model servers are the tests' own."""
    servers = {
        "NICHEWISE_OLLAMA_URL": ollama_server.url,
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": openai_server.base_url,
        "GEMINI_API_KEY": KEY,
        "GEMINI_BASE_URL": gemini_server.url,
    }
    with new_var(exported_model) as var, pytest.MonkeyPatch.context() as environment:
        for name, value in servers.items():
            environment.setenv(name, value)
        with running(var) as product:
            yield product


@pytest.fixture
def page(laboratory: Product, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 900}, accept_downloads=True)
    visitor = Visitor(context.new_page(), context, laboratory.url)
    visitor.go("playground")
    visitor.sign_in(*laboratory.credentials())
    yield visitor.page
    context.close()


def settled(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=_WAIT)


def configure(page: Page, *providers: str) -> None:
    question = page.locator(".st-key-playground_question textarea")
    question.fill("How long does a refund take?")
    question.press("Tab")
    settled(page)
    page.locator(".st-key-playground_count button").nth(len(providers) - 1).click()
    settled(page)
    for number, provider in enumerate(providers):
        page.locator(f".st-key-playground_{number}_settings button").first.click()
        page.locator(f".st-key-playground_{number}_provider input").click()
        page.get_by_role("option", name=provider, exact=True).click()
        settled(page)
        page.locator(f".st-key-playground_{number}_retrieval label").first.click()
        settled(page)
        page.keyboard.press("Escape")


def run(page: Page) -> None:
    page.locator(".st-key-playground_run button").click()


def column(page: Page, number: int) -> str:
    return f".st-key-playground_result_{number}"


def test_four_columns_stream_at_once_and_two_bad_ones_leave_the_others_alone(
    page: Page, ollama: OllamaServer, openai: OpenAIServer, gemini: GeminiServer
) -> None:
    gate = threading.Event()
    ollama.script.reply("Fourteen", " days.", gate=gate)
    openai.script.reply(status=500)
    gemini.script.reply("Two", " weeks.", gate=threading.Event())
    configure(page, *_PROVIDERS)
    run(page)
    expect(page.locator(column(page, 0))).to_contain_text("Fourteen", timeout=_WAIT)
    expect(page.locator(column(page, 2))).to_contain_text("Two", timeout=_WAIT)
    expect(page.locator(column(page, 1))).to_contain_text("answered with an error", timeout=_WAIT)
    expect(page.locator(column(page, 3))).to_contain_text("No language model", timeout=_WAIT)
    page.locator(f"{column(page, 2)} button").click()  # Stop
    assert gemini.script.gone.wait(30)
    gate.set()
    expect(page.locator(column(page, 0))).to_contain_text("Fourteen days.", timeout=_WAIT)
    expect(page.locator(column(page, 2))).to_contain_text("Stopped", timeout=_WAIT)
    expect(page.locator(".playground-measures").first).to_contain_text("Tokens out7", timeout=_WAIT)
    assert KEY not in page.content()


def test_a_comparison_is_voted_on_saved_and_reopened(page: Page, ollama: OllamaServer, gemini: GeminiServer) -> None:
    ollama.script.reply("Fourteen days.")
    gemini.script.reply("Two weeks.")
    configure(page, "Ollama", "Gemini")
    run(page)
    page.locator(".st-key-playground_vote_1 button").click(timeout=_WAIT)
    expect(page.get_by_text("You voted for: Column 2")).to_be_visible(timeout=_WAIT)
    settled(page)
    page.get_by_role("button", name="Save").first.click()
    form = page.locator("[data-testid=stPopoverBody] [data-testid=stForm]").first
    form.get_by_label("Name").fill("Refunds")
    form.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    expect(page.get_by_text("Saved. It stands under")).to_be_visible(timeout=_WAIT)
    settled(page)
    page.goto(page.url.partition("?")[0])
    settled(page)
    page.locator(".st-key-playground_shelf button").first.click()
    expect(page.get_by_text("Refunds")).to_be_visible(timeout=_WAIT)
    page.locator("[class*=st-key-playground_open_] button").first.click()
    expect(page.locator(column(page, 1))).to_contain_text("Two weeks.", timeout=_WAIT)
    settled(page)
    page.locator(".st-key-playground_blind label").first.click()  # a run before its settings are opened
    settled(page)
    page.locator(".st-key-playground_1_settings button").first.click()
    expect(page.locator(".st-key-playground_1_provider input")).to_have_value("Gemini", timeout=_WAIT)
    expect(page.locator(".st-key-playground_1_retrieval").get_by_role("switch")).not_to_be_checked()
    page.keyboard.press("Escape")
    with page.expect_download(timeout=_WAIT) as download:
        page.locator(".st-key-playground_json button").click()
    exported = Path(download.value.path()).read_text()
    assert "Fourteen days." in exported
    assert KEY not in exported


def test_a_sweep_shows_its_progress_and_a_heat_map_of_points_that_differ(page: Page, ollama: OllamaServer) -> None:
    configure(page, "Ollama")
    run(page)
    expect(page.locator(".playground-measures").first).to_be_visible(timeout=_WAIT)
    settled(page)
    for point in range(1, 7):  # 3 temperatures x 2 top_p, one after the other, each asked twice
        for _repeat in range(2):
            ollama.script.reply("x" * 10 * point)
    page.get_by_text("Sweep over temperature and top p").click()
    page.get_by_role("button", name="Start the sweep").click()
    heat = page.locator(".st-key-playground_sweep_chart")
    expect(heat.locator(".heatmaplayer")).to_be_attached(timeout=60_000)
    expect(page.get_by_text("12 answers were measured.")).to_be_visible(timeout=_WAIT)
    assert sorted(heat.locator(".heatmap-label").all_text_contents()) == ["10", "20", "30", "40", "50", "60"]
    options = [body["options"] for body in ollama.script.asked("/api/chat")]
    assert {one.get("temperature") for one in options} >= {0.0, 0.5, 1.0}
