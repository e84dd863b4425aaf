"""The texts of running answers are saved together, and none waits for another."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from core.entities.conversations import Shelf
from core.entities.messages import MessageStatus
from data.database import Database
from data.stores.messages import NewMessage
from tests.services.conversing import Talks


@pytest.fixture
def talks(db: Database) -> Talks:
    return Talks(db)


def _running(talks: Talks) -> UUID:
    talk = talks.start(talks.ann)
    with talks.db.begin() as tx:
        return tx.messages.add(NewMessage(talk, "assistant", "", status=MessageStatus.WAITING))


def _said(talks: Talks, *answers: UUID) -> list[tuple[str, MessageStatus]]:
    with talks.db.begin() as tx:
        found = {one.id: one for one in tx.messages.these(talks.ann, answers)}
    return [(found[one].text, found[one].status) for one in answers]


def test_all_are_saved_at_once_and_those_that_were_stopped_are_named(talks: Talks) -> None:
    one, two, stopped = _running(talks), _running(talks), _running(talks)
    with talks.db.begin() as tx:
        tx.messages.stop(stopped)
    with talks.db.begin() as tx:
        assert tx.messages.save_partial({one: "One", two: "", stopped: "Late"}) == {one, two}
    assert _said(talks, one, two, stopped) == [
        ("One", MessageStatus.STREAMING), ("", MessageStatus.WAITING), ("", MessageStatus.STOPPED),
    ]  # fmt: skip


def test_an_answer_that_another_transaction_holds_is_left_for_the_next_time(talks: Talks) -> None:
    held, free = _running(talks), _running(talks)
    with talks.db.begin() as other:
        other.connection.execute(text("SELECT 1 FROM messages WHERE id = :id FOR UPDATE"), {"id": held})
        with talks.db.begin() as tx:
            tx.connection.execute(text("SET LOCAL lock_timeout = '2s'"))
            assert tx.messages.save_partial({held: "Held", free: "Free"}) == {held, free}
    assert [said for said, _ in _said(talks, held, free)] == ["", "Free"]
    with talks.db.begin() as tx:
        tx.messages.save_partial({held: "Held"})
    assert _said(talks, held) == [("Held", MessageStatus.STREAMING)]


def test_two_messages_stand_one_behind_the_other_and_bring_the_conversation_to_the_top(talks: Talks) -> None:
    older, newer = talks.start(talks.ann, "Older"), talks.start(talks.ann, "Newer")
    with talks.db.begin() as tx:
        answer = tx.messages.add(NewMessage(older, "user", "Why?"), NewMessage(older, "assistant", "Because."))
    with talks.db.begin() as tx:
        said = tx.messages.said(talks.ann, older, last=10)
        top, _ = tx.conversations.page(talks.ann, Shelf.ACTIVE, limit=2)
    assert [(one.text, one.parent_id) for one in said] == [("Why?", None), ("Because.", said[0].id)]
    assert said[1].id == answer
    assert [one.id for one in top] == [older, newer]
