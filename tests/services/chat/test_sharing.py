"""Sharing: read-only, revocable, and a turn that cites what the colleague may not read is withheld whole."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from core.entities.conversations import Shelf
from core.entities.messages import Action, MessageStatus
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Role
from data.database import Database
from services.chat.conversations import Conversations
from services.chat.sharing import Sharing
from services.chat.transcripts import Transcripts
from tests.services.conversing import SECRET, Talks


class Room:
    def __init__(self, db: Database) -> None:
        self.talks = Talks(db)
        self.conversations, self.sharing = Conversations(db), Sharing(db)
        self.ann, self.bob = self.talks.ann, self.talks.bob

    def shown(self, talk: UUID) -> list[str]:
        """What Bob reads; "-" for what is withheld."""
        return ["-" if one.withheld else one.text for one in self.conversations.thread(self.bob, talk).messages]


@pytest.fixture
def room(db: Database) -> Room:
    return Room(db)


def test_a_colleague_reads_what_is_shared_until_it_is_taken_back(room: Room) -> None:
    talk = room.talks.start(room.ann, "Merger")
    room.talks.turn(talk, "When?", "In May [1].", room.talks.document())
    with pytest.raises(NotFound):
        room.conversations.thread(room.bob, talk)
    share = room.sharing.share(room.ann, talk, " BOB@example.com ")
    assert (share.colleague.name, share.turns, share.withheld) == ("Боб Иванов", 1, 0)
    thread = room.conversations.thread(room.bob, talk)
    assert (thread.owner, [one.text for one in thread.messages]) == ("Ann Smith", ["When?", "In May [1]."])
    assert thread.messages[1].citations[0].text == SECRET
    assert [one.id for one in room.conversations.page(room.bob, Shelf.SHARED)[0]] == [talk]
    assert room.conversations.page(room.bob) == ([], 0)
    assert room.bob.user_id
    room.sharing.revoke(room.ann, talk, room.bob.user_id)
    with pytest.raises(NotFound):
        room.conversations.thread(room.bob, talk)
    assert room.talks.actions() == ["conversation.share", "conversation.unshare"]


def test_a_turn_that_cites_a_closed_document_is_withheld_whole(room: Room) -> None:
    talk, open_, closed = room.talks.start(room.ann), room.talks.document("Open"), room.talks.document("Closed")
    room.talks.turn(talk, "About leave?", "28 days [1].", open_)
    room.talks.turn(talk, "About the merger?", f"{SECRET} [1][2]", open_, closed)
    room.talks.close(closed)
    share = room.sharing.share(room.ann, talk, "bob@example.com")
    assert (share.turns, share.withheld) == (2, 1)
    assert room.shown(talk) == ["About leave?", "28 days [1].", "-", "-"]
    hidden = room.conversations.thread(room.bob, talk).messages[3]
    assert (hidden.text, hidden.citations, hidden.model, hidden.collection) == ("", (), "", "")
    assert room.conversations.thread(room.bob, talk).withheld == 1


def test_what_was_said_freely_after_a_withheld_turn_may_repeat_it_and_is_withheld(room: Room) -> None:
    talk, closed, open_ = room.talks.start(room.ann), room.talks.document(), room.talks.document("Open")
    room.talks.turn(talk, "Hello", "Hello!", collection="")
    room.talks.turn(talk, "When?", "In May [1].", closed)
    room.talks.turn(talk, "Repeat that", "In May, I said.", collection="")
    room.talks.turn(talk, "And leave?", "28 days [1].", open_)
    room.talks.turn(talk, "Chess?", "I cannot answer this.", action=Action.REFUSE)
    room.talks.close(closed)
    room.sharing.share(room.ann, talk, "bob@example.com")
    assert room.shown(talk) == [
        "Hello",
        "Hello!",
        *"----",
        "And leave?",
        "28 days [1].",
        "Chess?",
        "I cannot answer this.",
    ]


def test_what_cannot_be_checked_any_more_is_withheld(room: Room) -> None:
    """A deleted document, a collection closed since, and a partial text whose citations were never saved."""
    talk, gone = room.talks.start(room.ann), room.talks.document()
    room.talks.turn(talk, "When?", "In May [1].", gone)
    room.talks.turn(talk, "Where?", "In Ber", status=MessageStatus.STREAMING)
    with room.talks.db.begin() as tx:
        tx.citations.blank(gone)
        tx.documents.delete(gone)
    room.sharing.share(room.ann, talk, "bob@example.com")
    assert room.shown(talk) == ["-"] * 4
    other = room.talks.start(room.ann)
    room.talks.turn(other, "Chess?", "Nothing in “Board papers”.", action=Action.REFUSE, collection="board")
    room.sharing.share(room.ann, other, "bob@example.com")
    assert room.shown(other) == ["-", "-"]


def test_an_export_of_a_shared_conversation_holds_back_the_same(room: Room) -> None:
    talk, closed = room.talks.start(room.ann), room.talks.document()
    room.talks.turn(talk, "About the merger?", f"{SECRET} [1]", closed)
    room.talks.close(closed)
    room.sharing.share(room.ann, talk, "bob@example.com")
    for format_ in ("md", "json"):
        written = Transcripts(room.conversations).export(room.bob, talk, format_, "en").content.decode()
        assert "merger" not in written
        assert "Oakline" not in written


def test_a_shared_conversation_can_only_be_read(room: Room) -> None:
    talk = room.talks.start(room.ann)
    answer = room.talks.turn(talk, "Hello", "Hello!", collection="")
    room.sharing.share(room.ann, talk, "bob@example.com")
    bob = room.bob
    attempts: list[Callable[[], object]] = [
        lambda: room.conversations.rename(bob, talk, "Mine"),
        lambda: room.conversations.archive(bob, talk),
        lambda: room.conversations.delete(bob, talk),
        lambda: room.conversations.choose(bob, answer),
        lambda: room.sharing.share(bob, talk, "ann@example.com"),
        lambda: room.sharing.readers(bob, talk),
        lambda: room.sharing.revoke(bob, talk, uuid4()),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()


def test_a_colleague_takes_a_shared_conversation_off_their_list(room: Room) -> None:
    talk = room.talks.start(room.ann)
    room.sharing.share(room.ann, talk, "bob@example.com")
    assert room.bob.user_id
    room.sharing.revoke(room.bob, talk, room.bob.user_id)
    assert room.conversations.page(room.bob, Shelf.SHARED) == ([], 0)
    assert room.sharing.readers(room.ann, talk) == []


def test_what_is_thrown_away_is_shared_no_longer(room: Room) -> None:
    talk = room.talks.start(room.ann)
    room.sharing.share(room.ann, talk, "bob@example.com")
    room.conversations.delete(room.ann, talk)
    with pytest.raises(NotFound):
        room.conversations.thread(room.bob, talk)
    room.conversations.restore(room.ann, talk)
    assert room.shown(talk) == []


def test_colleagues_are_found_by_name_or_mail_and_only_those_who_can_sign_in(room: Room) -> None:
    room.talks.sql("UPDATE users SET status = 'disabled' WHERE email = :e", e=room.talks.person("bo@x.com").email)
    assert [one.email for one in room.sharing.colleagues(room.ann, "иван")] == ["bob@example.com"]
    assert [one.email for one in room.sharing.colleagues(room.ann, "BOB@")] == ["bob@example.com"]
    assert room.sharing.colleagues(room.ann, "b") == []
    assert room.sharing.colleagues(room.ann, "ann") == []
    with pytest.raises(NotFound):
        room.sharing.share(room.ann, room.talks.start(room.ann), "bo@x.com")


def test_sharing_twice_is_once_and_never_with_oneself(room: Room) -> None:
    talk = room.talks.start(room.ann)
    for _ in range(2):
        room.sharing.share(room.ann, talk, "bob@example.com")
    assert [one.colleague.email for one in room.sharing.readers(room.ann, talk)] == ["bob@example.com"]
    with pytest.raises(BadInput):
        room.sharing.share(room.ann, talk, "ann@example.com")


def test_an_administrator_sees_everything_of_a_shared_conversation_and_nothing_of_others(room: Room) -> None:
    root = room.talks.person("root@example.com", role=Role.ADMIN)
    talk, closed = room.talks.start(room.ann), room.talks.document()
    room.talks.turn(talk, "When?", "In May [1].", closed)
    room.talks.close(closed)
    with pytest.raises(NotFound):
        room.conversations.thread(root, talk)
    assert room.sharing.share(room.ann, talk, "root@example.com").withheld == 0


def test_guests_share_nothing(room: Room) -> None:
    guest = Principal(role=Role.GUEST, guest_id=uuid4())
    with pytest.raises(Forbidden):
        room.sharing.share(guest, room.talks.start(guest), "bob@example.com")
