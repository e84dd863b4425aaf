"""The product as `make run` starts it, and a real Chromium before it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from core.settings import ROOT
from tests.shared import quick_folder

ARTIFACTS = ROOT / "tests" / "artifacts"
_STARTS_IN = 90  # seconds, on a busy machine
_PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 6
_FIRST_PORT = 20_000 + _PROCESS * 2_000  # each process of the tests has ports of its own, and begins elsewhere
_PORTS = iter(range(_FIRST_PORT + os.getpid() % 150 * 10, _FIRST_PORT + 2_000))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@dataclass
class Product:
    """A running installation: where it is, and what it printed and wrote for its first administrator."""

    url: str
    var: Path

    def credentials(self) -> tuple[str, str]:
        """E-mail and password of the first administrator, as they were written down."""
        line = next(one for one in (self.var / "first-run.txt").read_text().splitlines() if "(admin" in one)
        email, password = re.split(r"\s+", line.strip())[:2]
        return email, password


@contextmanager
def new_var(exported_model: Path) -> Iterator[Path]:
    """An empty `var` with the embedding model."""
    with quick_folder() as folder:
        var = folder / "var"
        var.mkdir()
        (var / "models").symlink_to(exported_model)
        yield var


@pytest.fixture
def var(exported_model: Path) -> Iterator[Path]:
    with new_var(exported_model) as made:
        yield made


@pytest.fixture(scope="session")
def product(exported_model: Path) -> Iterator[Product]:
    with new_var(exported_model) as var, running(var) as product:
        yield product


@contextmanager
def running(var: Path, *, demo: bool = False) -> Iterator[Product]:
    """Starts the product on a free port, waits until it is ready, and ends it afterwards."""
    port = free_port()
    settings = {"VAR_DIR": str(var), "PORT": str(port), "PROVIDER": "extractive", "DEMO": str(int(demo))}
    environment = {**os.environ, **{f"NICHEWISE_{name}": value for name, value in settings.items()}}
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        ready(url, process)
        yield Product(url, var)
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def admin(product: Product) -> Iterator[httpx.Client]:
    """The administrator's programs."""
    email, password = product.credentials()
    with httpx.Client(base_url=product.url, timeout=60) as client:
        token = client.post("/api/auth/token", data={"username": email, "password": password}).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def free_port() -> int:
    """Below the ports that the system gives away: one of those could be taken before the product gets to it."""
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    pytest.fail("There is no free port.")


def ready(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _STARTS_IN
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/api/ready", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass  # it does not listen yet
        time.sleep(0.2)
    pytest.fail(f"The product was not ready within {_STARTS_IN} s; it exited with {process.poll()}.")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_chromium(), args=FLAGS)
        yield browser
        browser.close()


def system_chromium() -> str | None:
    """The system's Chromium if there is one, else None for the one that Playwright installed."""
    return shutil.which("chromium") or shutil.which("google-chrome")


@dataclass
class Visitor:
    """One person at one browser, and every address that the browser asked."""

    page: Page
    context: BrowserContext
    url: str
    asked: list[str] = field(default_factory=list)
    language: str = "English"  # whoever signed in before may have left the account in another one

    def go(self, path: str = "") -> None:
        self.page.goto(f"{self.url}/{path}")
        self.settled()

    def settled(self) -> None:
        """Waits until the page stands still, as a person would."""
        expect(self.page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning", timeout=30_000
        )

    def sign_in(self, email: str, password: str) -> None:
        form = self.page.get_by_test_id("stForm").first
        form.locator("input").nth(0).fill(email)
        form.locator("input").nth(1).fill(password)
        form.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
        expect(self.page.locator(".st-key-shell_sign_out")).to_be_attached(timeout=30_000)
        self.settled()
        if not self.page.locator(".st-key-shell_language").get_by_role("radio", name=self.language).is_checked():
            self.speak(self.language)

    def speak(self, language: str) -> None:
        self.page.locator(".st-key-shell_language").get_by_text(language, exact=True).click()
        self.settled()

    def outside(self) -> list[str]:
        """Addresses of other origins that were asked."""
        own = urlsplit(self.url).netloc
        return [url for url in self.asked if urlsplit(url).netloc not in ("", own)]


@pytest.fixture
def visitor(product: Product, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """A new browser profile in the language that the test is marked with (`@pytest.mark.parametrize` not needed)."""
    locale = getattr(request, "param", "en-US")
    context = chromium.new_context(locale=locale, viewport={"width": 1280, "height": 800}, accept_downloads=True)
    page = context.new_page()
    one = Visitor(page, context, product.url, language="Русский" if locale == "ru-RU" else "English")

    def note(asked: Request) -> None:
        one.asked.append(asked.url)

    context.on("request", note)
    yield one
    if request.node.stash.get(FAILED, False):
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / f"{re.sub(r'[^a-z0-9]+', '-', request.node.name.lower())}.png")
    context.close()


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call" and report.failed:  # type: ignore[attr-defined]
        item.stash[FAILED] = True
    return report
