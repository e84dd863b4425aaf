"""Thumbs with a reason: of one's own answers, the last word counts, and administrators learn no texts."""

from __future__ import annotations

import pytest

from core.entities.messages import MessageStatus
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Role
from data.database import Database
from services.chat.feedback import FeedbackDesk
from tests.services.conversing import Talks


@pytest.fixture
def desk(db: Database) -> FeedbackDesk:
    return FeedbackDesk(db)


@pytest.fixture
def talks(db: Database) -> Talks:
    return Talks(db)


def test_the_last_word_counts_and_can_be_taken_back(desk: FeedbackDesk, talks: Talks) -> None:
    talk = talks.start(talks.ann)
    answer = talks.turn(talk, "When?")
    desk.give(talks.ann, answer, False, "wrong", " it is June\x00 ")
    desk.give(talks.ann, answer, True)
    assert desk.of(talks.ann, talk, [answer])[answer].helpful
    desk.give(talks.ann, answer, False, "outdated", "it is June")
    given = desk.of(talks.ann, talk, [answer])[answer]
    assert (given.helpful, given.reason, given.note) == (False, "outdated", "it is June")
    desk.take_back(talks.ann, answer)
    assert desk.of(talks.ann, talk, [answer]) == {}


def test_only_ones_own_ended_answers_are_judged(desk: FeedbackDesk, talks: Talks) -> None:
    talk = talks.start(talks.ann)
    answer, running = talks.turn(talk, "When?"), talks.turn(talk, "Where?", "In", status=MessageStatus.STREAMING)
    with talks.db.begin() as tx:
        asked = tx.messages.of_conversation(talks.ann, talk)[0].id
    with pytest.raises(NotFound):
        desk.give(talks.bob, answer, True)
    for message in (running, asked):
        with pytest.raises(BadInput):
            desk.give(talks.ann, message, True)
    for reason, note in (("rude", ""), ("", "x" * 1_001)):
        with pytest.raises(BadInput):
            desk.give(talks.ann, answer, False, reason, note)


def test_administrators_see_of_what_it_was_and_not_what_was_said(desk: FeedbackDesk, talks: Talks) -> None:
    root = talks.person("root@x.com", role=Role.ADMIN)
    talk = talks.start(talks.ann)
    good, bad = talks.turn(talk, "When?"), talks.turn(talk, "Where?")
    desk.give(talks.ann, good, True)
    desk.give(talks.ann, bad, False, "sources")
    found, total = desk.recent(root, helpful=False)
    assert total == 1
    assert (found[0].feedback.reason, found[0].collection, found[0].model) == ("sources", "documents", "llama3.1:8b")
    assert desk.recent(root)[1] == 2
    with pytest.raises(Forbidden):
        desk.recent(talks.ann)
