"""One person at one browser who opens one screen after another, and what each click takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle

from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS, Product, Visitor, system_chromium

_BETWEEN_CLICKS = 1.0  # seconds
_SCREENS = ("Documents", "Niches", "Corpora", "People")


# In the page's own clock, for a driver takes its time before it presses. A screen stands once its heading is there, its
# script has ended and the browser has drawn what came.
_WATCH = """wanted => {
  window.shown = new Promise(resolve => addEventListener('pointerdown', press => {
    const app = document.querySelector('[data-testid=stApp]'), state = () => app.dataset.testScriptState
    let ran = false, named = null, over = false
    const look = () => {
      ran ||= state() === 'running'
      if (!named && [...document.querySelectorAll('h1')].some(one => one.textContent.trim() === wanted))
        requestAnimationFrame(now => { named ??= now - press.timeStamp; look() })
      if (!ran || state() === 'running' || !named || over) return
      over = true
      changes.disconnect()
      requestAnimationFrame(now => resolve([named, now - press.timeStamp]))
    }
    const changes = new MutationObserver(look)
    changes.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true})
  }, {once: true, capture: true}))
}"""


@dataclass(frozen=True, slots=True)
class Click:
    """Milliseconds from the press of the mouse until the screen's heading is drawn, and until all of it stands."""

    named: float
    stands: float


@contextmanager
def clicking(product: Product) -> Iterator[list[Click]]:
    """What each click on a screen's name took, until the block ends."""
    took: list[Click] = []
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


def _shown(visitor: Visitor, screen: str) -> Click:
    page = visitor.page
    page.evaluate(_WATCH, screen)
    page.get_by_test_id("stSidebarNavLink").filter(has_text=screen).first.click()
    return Click(*page.evaluate("shown"))
