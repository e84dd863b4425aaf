"""Requests about documents as a whole: which they are, which document they name, and what is shown of it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from core.entities.retrieval import Passage
from rag.whole import Request, asked, asks_for_list, matching, outline, page_of, pages, points_at_none

TITLES = ["Travel policy", "Contract No. 17 with Fern", "Annual_Report-2031", "Положение о премиях"]


def passage(text: str, heading: str = "", page: int | None = None, document: UUID | None = None) -> Passage:
    return Passage(uuid4(), document or uuid4(), 1, "Manual", heading, page, text, "en", 1.0)


@pytest.mark.parametrize(
    ("message", "request_"),
    [
        ("List all documents", Request("list")),
        ("Which files can I ask about?", Request("list")),
        ("Покажи список документов", Request("list")),
        ("Please summarize the travel policy in five sentences.", Request("summary", "the travel policy")),
        ("What is the travel policy about?", Request("summary", "the travel policy", unsure=True)),
        ("What is this document about?", Request("summary", "this document")),
        ("О чём договор аренды?", Request("summary", "договор аренды", unsure=True)),
        ("Key points of the annual report", Request("summary", "the annual report")),
        ("Сделай краткое содержание положения о премиях", Request("summary", "положения о премиях")),
        ("О чём этот документ?", Request("summary", "документ")),
        ("Show me the 12th page of the contract", Request("page", "of the contract", 12)),
        ("Что на странице 4 положения о премиях?", Request("page", "положения о премиях", 4)),
    ],
)
def test_a_request_for_a_whole_document_is_told_from_questions(message: str, request_: Request) -> None:
    assert asked(message) == request_


@pytest.mark.parametrize(
    "message",
    [
        "Which documents do I need for a visa?",
        "Какие документы нужны для отпуска?",
        "How many pages does the contract have?",
        "What is the penalty?",
        "Who has to list all documents of a claim?",
        "",
    ],
)
def test_a_question_to_documents_is_none(message: str) -> None:
    assert asked(message) is None
    assert not asks_for_list(message)


@pytest.mark.parametrize(
    ("named", "places"),
    [
        ("the travel policy", [0]),
        ("contract with Fern", [1]),
        ("the annual report 2031", [2]),
        ("положения о премии", [3]),
        ("the holiday calendar", []),
        ("", []),
    ],
)
def test_a_document_is_found_by_most_of_the_words_of_its_title(named: str, places: list[int]) -> None:
    assert matching(named, TITLES) == places


def test_words_that_name_no_document_are_known() -> None:
    assert all(map(points_at_none, ("", "it", "this document", "этот файл")))
    assert not points_at_none("the contract")


def test_an_outline_cites_the_beginning_of_every_part() -> None:
    whole = [
        passage("Made in 2031. For all readers."),
        passage("Turn it on. Wait.", "Use > First steps"),
        passage("It is on now.", "Use > First steps"),
        passage("Wipe it weekly [4].", "Care"),
    ]
    text, cited = outline(whole)
    assert text.splitlines() == [
        "- Made in 2031. [1]",
        "- **First steps.** Turn it on. [2]",
        f"- **Care.** {text.splitlines()[2].removeprefix('- **Care.** ')}",
    ]
    assert "[4]" not in text, "brackets of the document are no citations"
    assert text.endswith("[3]")
    assert cited == (whole[0], whole[1], whole[3])


def test_a_page_is_quoted_and_pages_are_counted() -> None:
    whole = [passage("One.", page=1), passage("Two a.", page=2), passage("Two b.", page=2)]
    text, cited = page_of(whole, 2)
    assert (text, cited) == ("Two a.\n\nTwo b. [1]", (whole[1],))
    assert page_of(whole, 3) == ("", ())
    assert (pages(whole), pages([passage("No page.")])) == (2, 0)
