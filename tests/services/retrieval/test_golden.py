"""Golden sets: files in and out, questions by hand and from chats, and who may do what."""

from __future__ import annotations

import io
import json
from uuid import UUID, uuid4

import pytest

from core.entities.evaluation import GoldenQuestion, NewGolden
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound, TooLarge
from core.roles import Role
from data.stores.messages import NewMessage
from services.container import Services
from services.retrieval.golden import Imported
from tests.desk import Desk

SQUAD = {
    "data": [
        {
            "title": "Money",
            "paragraphs": [
                {
                    "context": "Refunds are paid within ten days of the request.",
                    "qas": [
                        {"id": "1", "question": "When are refunds paid?", "answers": [{"text": "within ten days"}]},
                        {"id": "2", "question": "Who pays?", "is_impossible": True, "answers": []},
                    ],
                },
                {
                    "context": "Возврат денег занимает десять дней.",
                    "qas": [{"question": "Сколько дней занимает возврат?", "answers": [{"text": "десять"}]}],
                },
            ],
        }
    ]
}
CSV = 'Question;Document;Answer\n"When are refunds paid?";handbook.pdf;ten days\n;;\nWho signs?;;\n'
JSONL = '{"question": "When?", "passage": "Within ten days."}\n\n{"question": "Who?", "document": "a.pdf"}\n'


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


def bring(desk: Desk, content: str | bytes, name: str = "set.json", who: Principal | None = None) -> Imported:
    raw = content.encode() if isinstance(content, str) else content
    return desk.services.golden.import_file(who or desk.admin, "documents", name, io.BytesIO(raw))


def questions(desk: Desk) -> list[GoldenQuestion]:
    return list(desk.services.golden.list(desk.analyst, "documents"))


def test_a_squad_file_brings_questions_passages_answers_and_languages(desk: Desk) -> None:
    assert bring(desk, json.dumps(SQUAD)) == Imported(added=2, known=0, open=0)
    found = {one.question: one for one in questions(desk)}
    money = found["When are refunds paid?"]
    assert (money.passage, money.answer, money.language, money.origin, money.open) == (
        "Refunds are paid within ten days of the request.", "within ten days", "en", "set.json", False,
    )  # fmt: skip
    assert found["Сколько дней занимает возврат?"].language == "ru"
    counted = desk.services.golden.count(desk.analyst, "documents")
    assert (counted.ready, counted.open, counted.total) == ({"en": 1, "ru": 1}, 0, 2)


@pytest.mark.parametrize(("name", "content", "added", "open_"), [("s.csv", CSV, 2, 1), ("s.jsonl", JSONL, 2, 0)])
def test_other_files_bring_the_same(desk: Desk, name: str, content: str, added: int, open_: int) -> None:
    assert bring(desk, content, name) == Imported(added=added, known=0, open=open_)


def test_the_same_file_twice_adds_nothing(desk: Desk) -> None:
    bring(desk, JSONL, "s.jsonl")
    assert bring(desk, JSONL, "s.jsonl") == Imported(added=0, known=2, open=0)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_what_goes_out_comes_in_again_as_it_was(desk: Desk, form: str) -> None:
    bring(desk, json.dumps(SQUAD))
    desk.services.golden.add(desk.admin, "documents", NewGolden("=1+1", document="-a.pdf", passage='of "two"\nlines'))
    before = {(one.question, one.document, one.passage, one.answer, one.language) for one in questions(desk)}
    out = desk.services.golden.export(desk.analyst, "documents", "csv" if form == "csv" else "jsonl")
    desk.services.golden.remove(desk.admin, "documents")
    assert questions(desk) == []
    bring(desk, out, f"set.{form}")
    assert {(one.question, one.document, one.passage, one.answer, one.language) for one in questions(desk)} == before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s.json", "not json"),
        ("s.json", "[1, 2]"),
        ("s.json", "[]"),
        ("s.json", ""),
        ("s.json", '{"data": [{"paragraphs": 7}]}'),
        ("s.jsonl", '{"question": "fine"}\nbroken'),
        ("s.jsonl", '{"question": ["a list"]}'),
        ("s.jsonl", '{"question": "  "}'),
        ("s.csv", "a,b\n1,2\n"),
        ("s.csv", "question\n" + "x" * 5_000),
        ("s.csv", b"\xff\xfe\x00\x01"),
        ("s.csv", b"question\0\x01\0\0"),
        ("s.csv", 'question,passage\n"not closed,a\n' + "b,c\n" * 9),
        ("s.csv", 'question,passage\nwhy,"' + "w " * 100_000 + '"\n'),
    ],
)
def test_a_file_that_cannot_be_used_gets_a_sentence_and_adds_nothing(
    desk: Desk, name: str, content: str | bytes
) -> None:
    with pytest.raises(BadInput):
        bring(desk, content, name)
    assert questions(desk) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_a_set_from_a_spreadsheet_is_read_whatever_it_was_saved_as(desk: Desk, encoding: str) -> None:
    table = "question;passage\nСколько дней отпуска; и какого?;тридцать дней\n".replace("отпуска; и", '"отпуска; и')
    table = table.replace("какого?", 'какого?"').replace('Сколько дней "', '"Сколько дней ')
    assert bring(desk, table.encode(encoding), "set.csv") == Imported(1, 0, 0)
    assert questions(desk)[0].question == "Сколько дней отпуска; и какого?"


def test_a_table_whose_rows_are_longer_than_its_head_is_read_by_its_head(desk: Desk) -> None:
    assert bring(desk, "question\tdocument\nWhy, and when?\ta.pdf\textra\n", "set.tsv") == Imported(1, 0, 0)
    assert (questions(desk)[0].question, questions(desk)[0].document) == ("Why, and when?", "a.pdf")


def test_a_file_that_is_too_large_is_refused(desk: Desk) -> None:
    with pytest.raises(TooLarge):
        bring(desk, b" " * (32 * 2**20 + 1))


def test_an_open_question_is_completed_and_then_counted(desk: Desk) -> None:
    made = desk.services.golden.add(desk.admin, "documents", NewGolden("When are refunds paid?"))
    assert (made.open, desk.services.golden.count(desk.analyst, "documents").total) == (True, 0)
    with pytest.raises(BadInput):
        desk.services.golden.complete(desk.admin, "documents", made.id, document=" ", passage="")
    desk.services.golden.complete(desk.admin, "documents", made.id, document="", passage="Within ten days.")
    [one] = questions(desk)
    assert (one.open, one.passage, one.question) == (False, "Within ten days.", "When are refunds paid?")


def test_questions_that_name_a_document_which_is_gone_are_told(desk: Desk, model: None) -> None:
    document = desk.index(desk.sales, "# Refunds\n\nRefunds are paid within ten days of the request.", "refunds.md")
    golden = desk.services.golden
    by_title = golden.add(desk.admin, "documents", NewGolden("When are refunds paid?", document="REFUNDS"))
    by_file = golden.add(desk.admin, "documents", NewGolden("Who pays?", document="refunds.md"))
    never = golden.add(desk.admin, "documents", NewGolden("Who signs?", document="signatures.pdf"))
    golden.add(desk.admin, "documents", NewGolden("How long?", passage="within ten days of the request"))
    assert golden.lost(desk.analyst, "documents", questions(desk)) == {never.id}
    desk.services.documents.delete(desk.sales, document.id)
    assert golden.lost(desk.analyst, "documents", questions(desk)) == {by_title.id, by_file.id, never.id}
    started = desk.services.evaluation.start(desk.admin, "documents")
    run = desk.services.evaluation.get(desk.admin, "documents", started)
    desk.services.evaluation.run(run.job.id)
    note = desk.services.evaluation.get(desk.admin, "documents", started).note
    assert note.endswith("3 of 4. They count as not found.")
    with pytest.raises(Forbidden):
        golden.lost(desk.sales, "documents", [])


def test_what_a_set_holds_is_sealed_at_rest(desk: Desk) -> None:
    from sqlalchemy import text

    desk.services.golden.add(desk.admin, "documents", NewGolden("A secret question", passage="A secret passage"))
    with desk.services.db.begin() as tx:
        rows = tx.connection.execute(text("SELECT g::text FROM golden_questions g")).scalars().all()
    assert rows
    assert not any("secret" in row or "736563726574" in row for row in rows)


def test_analysts_read_and_administrators_change(desk: Desk) -> None:
    golden = desk.services.golden
    for who in (desk.sales, desk.guest):
        with pytest.raises(Forbidden):
            golden.list(who, "documents")
        with pytest.raises(Forbidden):
            golden.export(who, "documents")
    new = NewGolden("When?", document="a.pdf")
    for who in (desk.sales, desk.analyst):
        with pytest.raises(Forbidden):
            golden.add(who, "documents", new)
        with pytest.raises(Forbidden):
            bring(desk, JSONL, "s.jsonl", who)
        with pytest.raises(Forbidden):
            golden.remove(who, "documents")
        with pytest.raises(Forbidden):
            golden.complete(who, "documents", uuid4(), document="a", passage="")
    with pytest.raises(NotFound):
        golden.list(desk.analyst, "nowhere")
    with pytest.raises(NotFound):
        golden.complete(desk.admin, "documents", uuid4(), document="a", passage="")


# --- from chats -----------------------------------------------------------------------------------------------------


def chat(desk: Desk, who: Principal, *turns: tuple[str, str, str]) -> list[UUID]:
    """(author, text, collection) of each message; their ids."""
    with desk.services.db.begin() as tx:
        conversation = tx.conversations.create(who, "A talk")
        return [tx.messages.add(NewMessage(conversation.id, *turn[:2], collection=turn[2])) for turn in turns]


TALK = (
    ("user", "Hello", "documents"),
    ("assistant", "Hello. What would you like to know?", ""),
    ("user", "When are refunds paid?", "documents"),
    ("assistant", "In a year.", "documents"),
)


def test_a_thumbs_down_adds_the_question_that_was_asked(desk: Desk) -> None:
    ids = chat(desk, desk.sales, *TALK)
    made = desk.services.golden.add_from_message(desk.sales, ids[-1])
    assert (made.question, made.open, made.origin, made.language) == ("When are refunds paid?", True, "chat", "en")
    assert [one.id for one in questions(desk)] == [made.id]


def test_the_same_thumbs_down_twice_is_once(desk: Desk) -> None:
    ids = chat(desk, desk.sales, *TALK)
    first = desk.services.golden.add_from_message(desk.sales, ids[-1])
    assert desk.services.golden.add_from_message(desk.sales, ids[-1]).id == first.id
    assert len(questions(desk)) == 1


def test_only_ones_own_answers_and_only_those_from_documents(desk: Desk) -> None:
    ids = chat(desk, desk.sales, *TALK)
    with pytest.raises(NotFound):
        desk.services.golden.add_from_message(desk.person(Role.SALES, "other"), ids[-1])
    with pytest.raises(BadInput):
        desk.services.golden.add_from_message(desk.sales, ids[1])
    with pytest.raises(Forbidden):
        desk.services.golden.add_from_message(desk.guest, ids[-1])
    assert questions(desk) == []
