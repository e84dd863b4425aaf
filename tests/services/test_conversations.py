"""One's own conversations, and citations that show only to people who may read the document now."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.entities import (
    Action,
    Citation,
    CollectionKind,
    Fingerprint,
    MessageStatus,
    Principal,
    Usage,
    UserStatus,
)
from core.errors import BadInput, NotFound
from core.roles import Role
from data.database import Database
from data.stores.documents import NewDocument
from data.stores.messages import NewMessage, Written
from services.conversations import Conversations, title_from

SECRET = "The merger with Oakline closes in May."


@pytest.fixture
def conversations(db: Database) -> Conversations:
    return Conversations(db)


@pytest.fixture
def ann(db: Database) -> Principal:
    return _person(db, "ann@example.com")


def _person(db: Database, email: str, role: Role = Role.SALES) -> Principal:
    with db.begin() as tx:
        user = tx.users.create(email, "Ann", role, UserStatus.ACTIVE, "x")
    assert user
    return Principal(role=role, user_id=user.id, email=email)


def _talk(db: Database, who: Principal, *said: str, title: str = "A talk") -> UUID:
    with db.begin() as tx:
        conversation = tx.conversations.create(who, title)
        for line in said:
            tx.messages.add(NewMessage(conversation.id, "user", line))
    return conversation.id


def _cited(db: Database, who: Principal) -> tuple[UUID, UUID]:
    """A conversation whose answer cites one document; returns the ids of both."""
    with db.begin() as tx:
        tx.collections.ensure(
            "documents",
            "Documents",
            CollectionKind.DOCUMENTS,
            Fingerprint("m", 2, True, (), 1, 0),
            readers=[Role.SALES],
        )
        collection = tx.collections.named("documents")
        assert collection
        document = tx.documents.add(NewDocument(collection.id, "a.pdf", "application/pdf", "a", 1, title="Plan"))
        assert document
        conversation = tx.conversations.create(who, "Merger")
        answer = tx.messages.add(NewMessage(conversation.id, "assistant", "", status=MessageStatus.WAITING))
        tx.messages.finish(answer, _written(Citation(1, uuid4(), document, 1, "Plan", 7, SECRET, 0.8)))
    return conversation.id, document


def _written(*cited: Citation) -> Written:
    return Written(
        "In May [1].", MessageStatus.COMPLETE, Action.ANSWER, "extractive", "extractive", Usage(), 5, "", 0.9, cited, {}
    )


def test_the_list_is_newest_first_with_pages_and_a_total(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    ids = [_talk(db, ann, title=f"Talk {n}") for n in range(5)]
    page, total = conversations.page(ann, limit=2, offset=1)
    assert ([one.id for one in page], total) == ([ids[3], ids[2]], 5)


def test_archiving_moves_a_conversation_out_of_the_list_and_back(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    talk = _talk(db, ann)
    conversations.archive(ann, talk)
    assert conversations.page(ann) == ([], 0)
    assert [one.id for one in conversations.page(ann, archived=True)[0]] == [talk]
    conversations.archive(ann, talk, False)
    assert conversations.page(ann)[1] == 1


def test_search_reads_titles_and_messages_of_ones_own_in_any_case(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    by_message = _talk(db, ann, "Сколько дней ОТПУСКА?")
    by_title = _talk(db, ann, title="Отпуска летом")
    _talk(db, ann, "parking")
    _talk(db, _person(db, "bob@example.com"), "дней отпуска")
    assert [one.id for one in conversations.search(ann, " отпуска ")] == [by_title, by_message]
    assert len(conversations.search(ann, "")) == 3


def test_a_new_name_is_tidied_and_bounded(db: Database, conversations: Conversations, ann: Principal) -> None:
    talk = _talk(db, ann)
    assert conversations.rename(ann, talk, "  Leave\n and  pay ").title == "Leave and pay"
    for bad in ("  ", "x" * 200):
        with pytest.raises(BadInput):
            conversations.rename(ann, talk, bad)
    assert conversations.find(ann, talk).title == "Leave and pay"


def test_other_peoples_conversations_do_not_exist_not_even_for_administrators(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    talk = _talk(db, ann)
    for who in (_person(db, "root@example.com", Role.ADMIN), Principal(role=Role.GUEST, guest_id=uuid4())):
        for attempt in (
            lambda who=who: conversations.find(who, talk),
            lambda who=who: conversations.messages(who, talk),
            lambda who=who: conversations.rename(who, talk, "Mine"),
            lambda who=who: conversations.archive(who, talk),
            lambda who=who: conversations.delete(who, talk),
        ):
            with pytest.raises(NotFound):
                attempt()
    assert conversations.find(ann, talk).title == "A talk"


def test_a_deleted_conversation_takes_its_messages_along(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    talk, _ = _cited(db, ann)
    conversations.delete(ann, talk)
    with db.begin() as tx:
        left = tx.connection.execute(text("SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM citations)"))
        assert left.scalar_one() == 0


def test_nothing_that_was_said_stands_in_the_database_in_clear(db: Database, ann: Principal) -> None:
    _talk(db, ann, SECRET, title=SECRET)
    _cited(db, ann)
    with db.begin() as tx:
        for table in ("conversations", "messages", "citations"):
            rows = tx.connection.execute(text(f"SELECT t::text FROM {table} t")).scalars().all()
            assert rows
            assert not any("Oakline" in row or SECRET.encode().hex() in row for row in rows)


def test_a_citation_shows_only_while_the_document_may_be_read(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    talk, _ = _cited(db, ann)
    (shown,) = conversations.messages(ann, talk)[0].citations
    assert (shown.title, shown.page, shown.text) == ("Plan", 7, SECRET)
    with db.begin() as tx:
        tx.connection.execute(text("UPDATE documents SET readers = '{admin}'"))
    (hidden,) = conversations.messages(ann, talk)[0].citations
    assert (hidden.n, hidden.title, hidden.text) == (1, "", "")


def test_deleting_a_document_blanks_its_snapshots_and_leaves_title_and_page(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    talk, document = _cited(db, ann)
    with db.begin() as tx:
        assert tx.messages.blank_citations(document) == 1
        tx.documents.delete(document)
    (left,) = conversations.messages(ann, talk)[0].citations
    assert (left.title, left.page, left.text, left.document_id) == ("Plan", 7, "", None)
    with db.begin() as tx:
        assert tx.connection.execute(text("SELECT count(text_sealed) FROM citations")).scalar_one() == 0


def test_an_answer_that_ends_after_its_document_was_deleted_keeps_no_text_of_it(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    talk, document = _cited(db, ann)
    with db.begin() as tx:
        tx.documents.delete(document)
        late = tx.messages.add(NewMessage(talk, "assistant", "", status=MessageStatus.STREAMING))
        tx.messages.finish(late, _written(Citation(1, uuid4(), document, 1, "Plan", 7, SECRET, 0.8)))
    assert [c.text for m in conversations.messages(ann, talk) for c in m.citations] == ["", ""]


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("How many\n days?", "How many days?"),
        ("word " * 30, "word word word word word word word word word word word word…"),
        ("x" * 100, "x" * 60 + "…"),
    ],
)
def test_a_title_is_made_of_the_first_message(message: str, title: str) -> None:
    assert title_from(message) == title
