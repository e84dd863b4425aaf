"""One person at one browser who opens one screen after another, and what each click takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS, Product, Visitor, system_chromium

_BETWEEN_CLICKS = 1.0  # seconds
_SCREENS = ("Documents", "Niches", "Corpora", "People")


@contextmanager
def clicking(product: Product) -> Iterator[list[float]]:
    """Milliseconds from each click on a screen's name until that screen stands still, until the block ends."""
    took: list[float] = []
    over, begun = threading.Event(), threading.Event()

    def click() -> None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=system_chromium(), args=FLAGS)
            context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
            visitor = Visitor(context.new_page(), context, product.url)
            visitor.go()
            visitor.sign_in(*product.credentials())
            begun.set()
            screens = cycle(_SCREENS)
            while not over.wait(_BETWEEN_CLICKS):
                took.append(_shown(visitor, next(screens)))
            browser.close()

    thread = threading.Thread(target=click)
    thread.start()
    assert begun.wait(120), "the browser did not sign in"
    try:
        yield took
    finally:
        over.set()
        thread.join()


def _shown(visitor: Visitor, screen: str) -> float:
    link = visitor.page.get_by_test_id("stSidebarNavLink").filter(has_text=screen).first
    started = time.perf_counter()
    link.click()
    visitor.page.get_by_role("heading", name=screen, exact=True).first.wait_for()
    return (time.perf_counter() - started) * 1000
