"""The playground at the address of a comparison: after a reload, or sent by somebody."""

from __future__ import annotations

from core.entities.people import Principal
from core.entities.playground import Configuration
from core.roles import Role
from services.playground.comparisons import Comparison
from tests.pages.conftest import Browser, words


def test_the_address_of_a_comparison_shows_what_was_asked_and_how(browser: Browser) -> None:
    person = browser.sign_in(Role.ANALYST)
    who, playground = Principal(Role.ANALYST, person.id, person.email), browser.services.playground
    chosen = Configuration("extractive", retrieval=False)
    started = playground.start(who, Comparison("How many days?", [chosen], ""))
    assert playground.wait(started, 30)
    page = browser.open("playground", run=str(started))
    assert not page.exception
    assert page.text_area(key="playground_question").value == "How many days?"
    assert page.selectbox(key="playground_0_provider").value == "extractive"
    page.text_area(key="playground_question").input("How many weeks?").run()
    assert page.text_area(key="playground_question").value == "How many weeks?"  # it is filled once


def test_no_sweep_is_offered_where_nothing_takes_a_temperature(browser: Browser) -> None:
    person = browser.sign_in(Role.ANALYST)
    who, playground = Principal(Role.ANALYST, person.id, person.email), browser.services.playground
    started = playground.start(who, Comparison("How many days?", [Configuration("extractive", retrieval=False)], ""))
    assert playground.wait(started, 30)
    page = browser.open("playground", run=str(started))
    assert not page.exception
    assert "None of these columns has a model that takes temperature or top p" in words(page)
    assert "Start the sweep" not in words(page)
