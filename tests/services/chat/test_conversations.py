"""One's own conversations, and citations that show only to people who may read the document now."""

from __future__ import annotations

import time
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.entities.conversations import Shelf
from core.entities.corpora import CollectionKind, Fingerprint
from core.entities.messages import Action, MessageStatus, Usage
from core.entities.people import Principal, UserStatus
from core.entities.retrieval import Citation
from core.errors import BadInput, NotFound
from core.roles import Role
from data.database import Database
from data.stores.documents import NewDocument
from data.stores.messages import NewMessage, Written
from services.chat.conversations import Conversations, title_from
from services.upkeep import Upkeep

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


def _sealed(db: Database, words: str) -> bytes:
    with db.begin() as tx:
        return tx.cipher.seal(words)


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
    assert [one.id for one in conversations.page(ann, Shelf.ARCHIVED)[0]] == [talk]
    conversations.archive(ann, talk, False)
    assert conversations.page(ann)[1] == 1


def test_search_reads_titles_and_messages_of_ones_own_in_any_case(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    by_message = _talk(db, ann, "Сколько дней ОТПУСКА?")
    by_title = _talk(db, ann, title="Отпуска летом")
    _talk(db, ann, "parking")
    _talk(db, _person(db, "bob@example.com"), "дней отпуска")
    found = conversations.search(ann, " отпуска ")
    assert [(one.conversation.id, one.excerpt) for one in found] == [
        (by_title, ""),
        (by_message, "Сколько дней ОТПУСКА?"),
    ]
    assert len(conversations.search(ann, "")) == 3


def test_search_takes_ё_for_е_and_shows_what_stands_around(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    _talk(db, ann, "x" * 200 + " Чёрный список " + "y" * 200)
    (hit,) = conversations.search(ann, "черный")
    assert "Чёрный список" in hit.excerpt
    assert (hit.excerpt[0], hit.excerpt[-1]) == ("…", "…")
    assert len(hit.excerpt) < 200


def test_search_of_one_shelf_finds_what_stands_there(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    active, archived, gone = (_talk(db, ann, "The parking rules") for _ in range(3))
    conversations.archive(ann, archived)
    conversations.delete(ann, gone)
    shelves = {Shelf.ACTIVE: [active], Shelf.ARCHIVED: [archived], Shelf.DELETED: [gone], None: [archived, active]}
    for shelf, ids in shelves.items():
        assert {hit.conversation.id for hit in conversations.search(ann, "parking", shelf)} == set(ids)


def test_five_thousand_messages_are_searched_in_a_moment(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    sealed = [_sealed(db, f"message {n} about leave, pay and parking " * 8) for n in range(10)]
    with db.begin() as tx:
        talks = [tx.conversations.create(ann, f"Talk {n}").id for n in range(50)]
        rows = [{"c": talks[n % 50], "t": sealed[n % 10]} for n in range(5_000)]
        statement = "INSERT INTO messages (conversation_id, author, text_sealed) VALUES (:c, 'user', :t)"
        tx.connection.execute(text(statement), rows)
    started = time.perf_counter()
    assert conversations.search(ann, "a word that nobody said") == []
    assert time.perf_counter() - started < 1.5  # 0.25 s on a machine that is not busy


def test_pinned_conversations_stand_first(db: Database, conversations: Conversations, ann: Principal) -> None:
    first, second, third = (_talk(db, ann, title=f"Talk {n}") for n in range(3))
    conversations.pin(ann, first)
    assert [one.id for one in conversations.page(ann)[0]] == [first, third, second]
    conversations.pin(ann, first, False)
    assert [one.id for one in conversations.page(ann)[0]] == [third, second, first]


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
            lambda who=who: conversations.thread(who, talk),
            lambda who=who: conversations.pin(who, talk),
            lambda who=who: conversations.restore(who, talk),
        ):
            with pytest.raises(NotFound):
                attempt()
    assert conversations.find(ann, talk).title == "A talk"


def test_a_deleted_conversation_waits_in_the_trash_and_comes_back_whole(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    talk, _ = _cited(db, ann)
    conversations.delete(ann, talk)
    assert conversations.page(ann) == ([], 0)
    with pytest.raises(NotFound):
        conversations.find(ann, talk)
    assert [one.id for one in conversations.page(ann, Shelf.DELETED)[0]] == [talk]
    assert conversations.thread(ann, talk).conversation.deleted_at is not None
    assert conversations.restore(ann, talk).deleted_at is None
    assert [one.text for one in conversations.messages(ann, talk)] == ["In May [1]."]


def test_the_nightly_job_purges_what_lay_in_the_trash_for_thirty_days(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    old, fresh, kept = _cited(db, ann)[0], _talk(db, ann, "Hello"), _talk(db, ann, "Hello")
    conversations.delete(ann, old)
    conversations.delete(ann, fresh)
    with db.begin() as tx:
        moved = "UPDATE conversations SET deleted_at = deleted_at - interval '31 days' WHERE id = :id"
        tx.connection.execute(text(moved), {"id": old})
    Upkeep(db).prune()
    assert [one.id for one in conversations.page(ann, Shelf.DELETED)[0]] == [fresh]
    assert [one.id for one in conversations.page(ann)[0]] == [kept]
    assert _rows(db) == 2


def test_the_trash_is_emptied_for_good_and_only_the_trash(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    talk, kept = _cited(db, ann)[0], _talk(db, ann, "Hello")
    assert conversations.purge(ann, kept) == 0
    conversations.delete(ann, talk)
    assert conversations.purge(_person(db, "bob@example.com"), talk) == 0
    assert conversations.purge(ann) == 1
    assert _rows(db) == 1


def test_a_person_can_have_everything_they_said_forgotten(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    bob = _person(db, "bob@example.com")
    _talk(db, bob, "Hello")
    conversations.delete(ann, _talk(db, ann, "Hello"))
    _talk(db, ann, "Hello")
    assert conversations.forget(ann) == 2
    assert (conversations.page(ann)[1], conversations.page(bob)[1]) == (0, 1)


def _rows(db: Database) -> int:
    with db.begin() as tx:
        count = "SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM citations)"
        return tx.connection.execute(text(count)).scalar_one()  # type: ignore[no-any-return]


# --- branches -------------------------------------------------------------------------------------------------------


def _say(db: Database, talk: UUID, author: str, line: str) -> UUID:
    with db.begin() as tx:
        return tx.messages.add(NewMessage(talk, author, line))


def _rewind(db: Database, message: UUID) -> None:
    with db.begin() as tx:
        tx.threads.rewind(message)


def test_an_edited_message_begins_a_branch_beside_the_old_one(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    talk = _talk(db, ann)
    first = _say(db, talk, "user", "How many days?")
    _say(db, talk, "assistant", "28.")
    asked = _say(db, talk, "user", "And in May?")
    _say(db, talk, "assistant", "None.")
    _rewind(db, asked)
    edited = _say(db, talk, "user", "And in June?")
    _say(db, talk, "assistant", "Two.")
    thread = conversations.thread(ann, talk).messages
    assert [one.text for one in thread] == ["How many days?", "28.", "And in June?", "Two."]
    assert [one.versions for one in thread] == [(), (), (asked, edited), ()]
    conversations.choose(ann, asked)
    assert [one.text for one in conversations.messages(ann, talk)] == ["How many days?", "28.", "And in May?", "None."]
    _rewind(db, first)
    anew = _say(db, talk, "user", "How much pay?")
    (only,) = conversations.thread(ann, talk).messages
    assert (only.text, only.versions) == ("How much pay?", (first, anew))
    conversations.choose(ann, first)  # the branch on which was spoken last
    assert [one.text for one in conversations.messages(ann, talk)][2:] == ["And in June?", "Two."]


def test_a_branch_of_somebody_elses_conversation_cannot_be_chosen(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    message = _say(db, _talk(db, ann), "user", "Hello")
    with pytest.raises(NotFound):
        conversations.choose(_person(db, "root@example.com", Role.ADMIN), message)


def test_a_long_conversation_opens_with_its_newest_part(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    talk = _talk(db, ann, *(str(n) for n in range(25)))
    newest = conversations.thread(ann, talk, last=10)
    assert ([one.text for one in newest.messages], newest.more) == ([str(n) for n in range(15, 25)], True)
    before = conversations.thread(ann, talk, last=10, above=newest.messages[0].id)
    assert ([one.text for one in before.messages], before.more) == ([str(n) for n in range(5, 15)], True)
    rest = conversations.thread(ann, talk, last=10, above=before.messages[0].id)
    assert ([one.text for one in rest.messages], rest.more) == ([str(n) for n in range(5)], False)
    assert len(conversations.whole(ann, talk, most=1_000).messages) == 25


def test_an_answer_that_is_being_written_ends_when_its_conversation_is_thrown_away(
    db: Database, conversations: Conversations, ann: Principal
) -> None:
    talk = _talk(db, ann, "Hello")
    with db.begin() as tx:
        answer = tx.messages.add(NewMessage(talk, "assistant", "", status=MessageStatus.STREAMING))
    assert conversations.running(ann, talk) == [answer]
    conversations.delete(ann, talk)
    with db.begin() as tx:
        assert not tx.messages.save_partial({answer: "more"})
    conversations.restore(ann, talk)
    assert [one.status for one in conversations.messages(ann, talk)] == [MessageStatus.COMPLETE, MessageStatus.STOPPED]


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
        assert tx.citations.blank(document) == 1
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
