"""How much a click costs: the SQL statements of one rerun of a page, whatever it asks of model servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from core.roles import Role
from tests.pages.conftest import Browser


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


_MOST = {
    "": 6, "playground": 5, "people": 6, "prompts": 4, "providers": 4, "health": 3, "profile": 5, "audit": 3,
    "usage": 5, "security": 4, "documents": 8,
}  # fmt: skip


@pytest.mark.parametrize(("slug", "most"), _MOST.items())
def test_a_rerun_sends_few_statements(browser: Browser, slug: str, most: int) -> None:
    browser.sign_in(Role.ADMIN)
    page = browser.open(slug)
    with counted() as sent:
        page.run()
    assert not page.exception
    print(f"{slug}: {len(sent)} statements")  # noqa: T201
    assert 0 < len(sent) <= most, "\n".join(sent)


def test_a_click_on_the_playground_sends_no_more_than_a_rerun(browser: Browser) -> None:
    browser.sign_in(Role.ANALYST)
    page = browser.open("playground")
    with counted() as rerun:
        page.run()
    with counted() as clicked:
        page.toggle(key="playground_blind").set_value(True).run()
    assert len(clicked) <= len(rerun) + 1
