"""The assistant's screen: fast, and true to whose conversation it shows."""

from __future__ import annotations

import time
from uuid import UUID

from core.entities.people import Principal, User
from core.roles import Role
from services.container import Services
from tests.pages.conftest import Browser, words
from tests.services.conversing import Talks

_OPENED_S = 0.3


def _principal(user: User) -> Principal:
    return Principal(role=user.role, user_id=user.id, email=user.email, name=user.name)


def _talk(services: Services, who: Principal, turns: int) -> UUID:
    talks = Talks(services.db)
    talk, document = talks.start(who, "A long talk"), talks.document()
    for number in range(turns):
        talks.turn(talk, f"Question {number}?", f"Answer {number} [1].", document)
    return talk


def test_a_conversation_of_a_hundred_messages_opens_with_its_newest_part_at_once(
    browser: Browser, services: Services
) -> None:
    talk = _talk(services, _principal(browser.sign_in(Role.SALES)), 50)
    page = browser.open(c=str(talk))
    assert not page.exception
    said = words(page)
    assert "Question 49?" in said
    assert "Question 39?" not in said
    took = []
    for _ in range(5):
        started = time.perf_counter()
        page.run()
        took.append(time.perf_counter() - started)
    assert min(took) < _OPENED_S, took
    page.button(key="assistant_show_earlier").click().run()
    assert "Question 30?" in words(page)


def test_a_shared_conversation_shows_no_way_to_change_it(browser: Browser, services: Services) -> None:
    talks = Talks(services.db)
    reader = browser.sign_in(Role.SALES)
    talk, closed = talks.start(talks.ann, "Merger"), talks.document()
    talks.turn(talk, "When?", "In May [1].", closed)
    talks.turn(talk, "Hello", "Hello!", collection="")
    talks.close(closed)
    services.sharing.share(talks.ann, talk, reader.email)
    page = browser.open(c=str(talk))
    assert not page.exception
    said = words(page)
    assert "Ann Smith shares this conversation with you" in said
    assert "This turn is withheld" in said
    assert "In May" not in said
    keys = [button.key or "" for button in page.button]
    assert not [key for key in keys if key.startswith(("assistant_edit_", "thread_again_"))]


def test_somebody_elses_conversation_is_not_there(browser: Browser, services: Services) -> None:
    browser.sign_in(Role.ADMIN)
    talks = Talks(services.db)
    talk = talks.start(talks.ann, "Merger")
    talks.turn(talk, "When?", "In May.")
    said = words(browser.open(c=str(talk)))
    assert "This does not exist, or you may not see it." in said
    assert "Merger" not in said
    assert "In May" not in said


def test_what_lies_in_the_trash_can_be_read_and_restored(browser: Browser, services: Services) -> None:
    who = _principal(browser.sign_in(Role.SALES))
    talk = _talk(services, who, 1)
    services.conversations.delete(who, talk)
    page = browser.open(c=str(talk))
    assert not page.exception
    assert "Question 0?" in words(page)
    page.button(key="assistant_restore").click().run()
    assert services.conversations.find(who, talk).deleted_at is None
