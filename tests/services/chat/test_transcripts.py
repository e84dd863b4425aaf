"""Exports: every format holds what was said and what it stands on, in both scripts, whatever was typed."""

from __future__ import annotations

import io
import json

import pypdfium2
import pytest
from docx import Document
from docx.shared import Mm

from core.entities.answers import Content
from core.entities.messages import MessageStatus
from core.errors import BadInput, NotFound
from data.database import Database
from niches.results import Answer, Column, Stamp, Table
from niches.snapshots import snapshot
from services.chat.conversations import Conversations
from services.chat.transcripts import FORMATS, Transcripts
from services.chat.transcripts.blocks import parse
from tests.services.conversing import SECRET, Talks

ANSWER = """## Сроки
Возврат занимает **28 дней** [1].

1. Заявка
2. Ответ
   - по почте

| Срок | Дней |
|---|---|
| Возврат | 28 |

```
x < y & z
```
"""


@pytest.fixture
def talks(db: Database) -> Talks:
    return Talks(db)


@pytest.fixture
def transcripts(db: Database) -> Transcripts:
    return Transcripts(Conversations(db))


def _words(format_: str, content: bytes) -> str:
    if format_ == "pdf":
        with pypdfium2.PdfDocument(content) as pdf:
            return "\n".join(page.get_textpage().get_text_bounded() for page in pdf)
    if format_ == "docx":
        document = Document(io.BytesIO(content))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        return "\n".join([*(one.text for one in document.paragraphs), *cells])
    return content.decode()


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_holds_words_and_sources_in_both_scripts(
    talks: Talks, transcripts: Transcripts, format_: str
) -> None:
    talk = talks.start(talks.ann, "Возврат & <refund>")
    talks.turn(talk, "Сколько дней? <b>&\x01", ANSWER, talks.document())
    talks.turn(talk, "And then?", "It sto", status=MessageStatus.STOPPED)
    export = transcripts.export(talks.ann, talk, format_, "ru")
    assert export.filename == f"Возврат-refund.{format_}"
    words = _words(format_, export.content)
    for expected in ("Возврат & <refund>", "Сколько дней? <b>&", "28 дней", "Plan", SECRET, "x < y & z", "It sto"):
        assert expected in words, expected
    if format_ != "json":
        assert "Вы" in words
        assert "Ассистент" in words


def test_json_is_for_programs(talks: Talks, transcripts: Transcripts) -> None:
    talk, document = talks.start(talks.ann, "Refunds"), talks.document()
    talks.turn(talk, "How long?", "28 days [1].", document)
    body = json.loads(transcripts.export(talks.ann, talk, "json", "en").content)
    asked, answered = body["messages"]
    assert (body["title"], asked["author"], asked["text"]) == ("Refunds", "user", "How long?")
    assert (answered["collection"], answered["usage"]["prompt_tokens"]) == ("documents", 9)
    assert answered["citations"] == [
        {"n": 1, "document_id": str(document), "document_version": 1, "title": "Plan", "page": 7, "text": SECRET}
    ]


def test_a_closed_document_leaves_the_export_without_its_text(talks: Talks, transcripts: Transcripts) -> None:
    talk, document = talks.start(talks.ann), talks.document()
    talks.turn(talk, "How long?", "28 days [1].", document)
    talks.close(document)
    for format_ in FORMATS:
        words = _words(format_, transcripts.export(talks.ann, talk, format_, "en").content)
        assert SECRET not in words
        assert str(document) not in words


@pytest.mark.parametrize("format_", ["pdf", "docx"])
def test_a_long_conversation_with_endless_lines_is_written(
    talks: Talks, transcripts: Transcripts, format_: str
) -> None:
    talk = talks.start(talks.ann, "/" * 50)
    talks.turn(talk, "x" * 8_000, "слово " * 5_000)
    talks.turn(talk, "y", "| a |\n|---|\n" + "| b |\n" * 200)
    export = transcripts.export(talks.ann, talk, format_, "ru")
    assert export.filename == f"conversation.{format_}"
    assert "слово слово" in " ".join(_words(format_, export.content).split())


def test_figures_under_an_answer_are_taken_home_with_their_source(talks: Talks, transcripts: Transcripts) -> None:
    columns = (
        Column("id", "Id", ""),
        Column("niche", "Niche", "Ниша"),
        Column("revenue", "Revenue", "Выручка", "number", "thousand USD", "тыс. долл.", "integer"),
        Column("margin", "Margin", "Маржа", "number", format="percent"),
    )
    rows = (("A1", "Кофейня | бар", 1234567, 0.1234), ("A2", "=Чай", None, 0.5))
    stamp = Stamp("shops.csv", "2025-12", True, "shops")
    answer = Answer("?", table=Table(columns, rows, 7), stamp=stamp, text="Two of seven.")
    talk = talks.start(talks.ann)
    talks.turn(talk, "Which are the largest?", "Two of seven.", content=Content(dashboard=snapshot(answer)))
    for format_ in ("pdf", "docx", "md"):
        words = _words(format_, transcripts.export(talks.ann, talk, format_, "ru").content).replace("\\|", "|")
        words = words.replace("\u00a0", " ")
        for expected in ("Выручка, тыс. долл.", "1 234 567", "12,34%", "Кофейня | бар", "2 из 7", "shops.csv", "демо"):
            assert expected in words, (format_, expected)
        assert "A1" not in words
    body = json.loads(transcripts.export(talks.ann, talk, "json", "ru").content)
    assert body["messages"][1]["dashboard"]["table"]["rows"][0][2] == 1234567


def test_a_pdf_says_that_its_font_lacks_signs_and_keeps_the_others(talks: Talks, transcripts: Transcripts) -> None:
    talk = talks.start(talks.ann)
    talks.turn(talk, "Дальше?", "Да 😀👍🏽, потом → ✅ ≤ ₽.")
    words = _words("pdf", transcripts.export(talks.ann, talk, "pdf", "en").content)
    assert "потом -> √ ≤ ₽." in words
    assert "lacks" in words
    assert "😀👍🏽" in _words("docx", transcripts.export(talks.ann, talk, "docx", "en").content)
    plain = talks.start(talks.ann)
    talks.turn(plain, "Дальше?", "Да: →.")
    assert "lacks" not in _words("pdf", transcripts.export(talks.ann, plain, "pdf", "en").content)


def test_a_pdf_keeps_the_indents_of_code_and_the_address_of_a_link(talks: Talks, transcripts: Transcripts) -> None:
    talk = talks.start(talks.ann)
    talks.turn(talk, "How?", "See [the page](https://example.com/a?b=1&c=2).\n\n```\nif x:\n    go()\n```")
    content = transcripts.export(talks.ann, talk, "pdf", "en").content
    with pypdfium2.PdfDocument(content) as pdf:
        letters = pdf[0].get_textpage()
        words = letters.get_text_range()
        outer, inner = (letters.get_charbox(words.index(line))[0] for line in ("if x:", "go()"))
        assert inner - outer > 6
    assert b"https://example.com/a?b=1&c=2" in content
    document = Document(io.BytesIO(transcripts.export(talks.ann, talk, "docx", "en").content))
    assert [one.address for paragraph in document.paragraphs for one in paragraph.hyperlinks] == [
        "https://example.com/a?b=1&c=2"
    ]


def test_a_cell_that_is_longer_than_a_page_is_written(talks: Talks, transcripts: Transcripts) -> None:
    talk = talks.start(talks.ann)
    talks.turn(talk, "Long?", f"| a | b |\n|---|---|\n| {'слово ' * 3_000}конец | x |")
    assert "конец" in _words("pdf", transcripts.export(talks.ann, talk, "pdf", "ru").content)


def test_a_list_in_word_counts_from_its_own_beginning(talks: Talks, transcripts: Transcripts) -> None:
    talk = talks.start(talks.ann)
    talks.turn(talk, "Lists?", "1. one\n2. two\n   1. inner\n3. three\n\nThen:\n\n5. five\n6. six")
    document = Document(io.BytesIO(transcripts.export(talks.ann, talk, "docx", "ru").content))
    numbers = {one.text: int(found[0]) for one in document.paragraphs if (found := one._p.xpath(".//w:numId/@w:val"))}
    assert numbers["one"] == numbers["two"] == numbers["three"]
    assert len({numbers["one"], numbers["inner"], numbers["five"]}) == 3
    known = document.part.numbering_part.numbering_definitions._numbering
    starts = {one.numId: one.lvlOverride_lst[0].startOverride.val for one in known.num_lst if one.lvlOverride_lst}
    assert [starts[numbers[name]] for name in ("one", "inner", "five")] == [1, 1, 5]
    assert abs((document.sections[0].page_width or 0) - Mm(210)) < Mm(1)


def test_headings_of_an_answer_stand_below_who_said_it(talks: Talks, transcripts: Transcripts) -> None:
    talk = talks.start(talks.ann)
    talks.turn(talk, "# Mine", "# Big\n\n```\n# code\n```\n\n- ## Small")
    words = _words("md", transcripts.export(talks.ann, talk, "md", "en").content)
    assert "\n### Big\n" in words
    assert "\n# code\n" in words
    assert "- #### Small" in words


def test_an_unknown_format_and_another_persons_conversation_are_refused(talks: Talks, transcripts: Transcripts) -> None:
    talk = talks.start(talks.ann)
    with pytest.raises(BadInput):
        transcripts.export(talks.ann, talk, "exe", "en")
    with pytest.raises(NotFound):
        transcripts.export(talks.bob, talk, "md", "en")


def test_lists_know_their_depth_and_numbers() -> None:
    items = [(one.text, one.level, one.number) for one in parse(ANSWER) if one.kind == "item"]
    assert items == [("Заявка", 1, 1), ("Ответ", 1, 2), ("по почте", 2, None)]
