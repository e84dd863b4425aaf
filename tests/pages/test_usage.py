"""The page Usage: everybody's tokens and cost for administrators, one's own for others, by what one likes."""

from __future__ import annotations

import pytest

from core.entities.messages import Usage
from core.entities.people import Principal
from core.entities.usage import Activity, Dimension, Spent
from core.roles import Role
from services.chat.usage import record
from tests.pages.conftest import Browser, words


def spent(browser: Browser, role: Role, tokens: int) -> str:
    user = browser.sign_in(role)
    who = Principal(role=role, user_id=user.id, email=user.email)
    with browser.services.db.begin() as tx:
        usage = Usage(tokens, 0, estimated=True)
        record(tx, who, [Spent(f"message:{user.id}", Activity.ASSISTANT, "ollama", "llama3.1:8b", usage, "FAQ")])
    return user.email


def test_administrators_see_everybody_by_person(browser: Browser) -> None:
    seller, admin = spent(browser, Role.SALES, 1200), spent(browser, Role.ADMIN, 300)
    page = browser.open("usage")
    rows = page.dataframe[0].value.to_dict("records")
    assert [(row["name"], row["tokens"], row["estimated"]) for row in rows] == [(seller, 1200, 1200), (admin, 300, 300)]
    assert [metric.value for metric in page.metric][:2] == ["1.5K", "2"]


@pytest.mark.parametrize("role", [Role.SALES, Role.ANALYST])
def test_others_see_their_own_and_no_names_to_choose_from(browser: Browser, role: Role) -> None:
    spent(browser, Role.ADMIN, 300)
    spent(browser, role, 1200)
    page = browser.open("usage")
    rows = page.dataframe[0].value.to_dict("records")
    assert [(row["name"], row["tokens"]) for row in rows] == [("Ollama · llama3.1:8b", 1200)]
    assert "everybody" not in words(page)


@pytest.mark.parametrize("by", list(Dimension))
def test_sums_can_be_had_by_anything(browser: Browser, by: Dimension) -> None:
    spent(browser, Role.ADMIN, 300)
    page = browser.open("usage")
    next(one for one in page.segmented_control if one.key == "usage_by").set_value(by).run()
    assert not page.exception
    assert [row["tokens"] for row in page.dataframe[0].value.to_dict("records")] == [300]


def test_without_any_usage_the_page_says_so(browser: Browser) -> None:
    browser.sign_in(Role.SALES)
    assert "No model has answered in this time." in words(browser.open("usage"))
