"""Exports: every format holds what was said and what it stands on, in both scripts, whatever was typed."""

from __future__ import annotations

import io
import json

import pypdfium2
import pytest
from docx import Document

from core.entities.messages import MessageStatus
from core.errors import BadInput, NotFound
from data.database import Database
from services.conversations import Conversations
from services.transcripts import FORMATS, Transcripts
from services.transcripts.blocks import parse
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


def test_an_unknown_format_and_another_persons_conversation_are_refused(talks: Talks, transcripts: Transcripts) -> None:
    talk = talks.start(talks.ann)
    with pytest.raises(BadInput):
        transcripts.export(talks.ann, talk, "exe", "en")
    with pytest.raises(NotFound):
        transcripts.export(talks.bob, talk, "md", "en")


def test_lists_know_their_depth_and_numbers() -> None:
    items = [(one.text, one.level, one.number) for one in parse(ANSWER) if one.kind == "item"]
    assert items == [("Заявка", 1, 1), ("Ответ", 1, 2), ("по почте", 2, None)]
