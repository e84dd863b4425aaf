"""What counts as the expected passage, however a version cut its chunks."""

from __future__ import annotations

from uuid import uuid4

import pytest

from core.entities.evaluation import NewGolden
from core.entities.retrieval import Passage
from rag.expected import Expected, contains, words

PARAGRAPH = (
    "Refunds are paid within ten days of the request. The customer is told by mail. "
    "Amounts above five thousand are checked twice before they leave the house."
)


def passage(text: str, title: str = "Handbook") -> Passage:
    return Passage(uuid4(), uuid4(), 1, title, "", None, text, "en", 1.0)


@pytest.mark.parametrize(
    ("text", "met"),
    [
        (PARAGRAPH, True),
        (PARAGRAPH.upper(), True),
        ("Refunds are paid within ten days of the request. The customer is told by mail.", True),
        (f"Before it. {PARAGRAPH} After it.", True),
        ("Laptops are replaced every three years, and phones every two years.", False),
        ("Refunds are paid in cash at the counter of the shop where they were bought.", False),
    ],
)
def test_a_passage_is_known_by_its_words(text: str, met: bool) -> None:
    assert Expected(NewGolden("?", passage=PARAGRAPH)).is_met(passage(text)) is met


def test_a_short_expected_text_must_stand_in_the_passage_as_it_is() -> None:
    expected = Expected(NewGolden("?", passage="ten days"))
    assert expected.is_met(passage(PARAGRAPH))
    assert not expected.is_met(passage("Ten people, two days."))


def test_a_document_is_known_by_its_title_or_file_name() -> None:
    expected = Expected(NewGolden("?", document="Handbook.PDF"))
    assert expected.is_met(passage("anything", title="handbook.pdf"))
    assert expected.is_met(passage("anything", title="The handbook"), "handbook.pdf")
    assert not expected.is_met(passage("anything", title="Handbook, old"), "old.pdf")


def test_document_and_passage_must_both_fit() -> None:
    expected = Expected(NewGolden("?", document="Handbook", passage=PARAGRAPH))
    assert expected.is_met(passage(PARAGRAPH))
    assert not expected.is_met(passage(PARAGRAPH, title="Another"))
    assert not expected.is_met(passage("Something else altogether is written here."))


def test_an_open_question_expects_nothing() -> None:
    assert not Expected(NewGolden("?")).is_met(passage(PARAGRAPH))


def test_an_answer_contains_words_in_their_order_whatever_the_signs() -> None:
    assert contains("It takes «Ten  days», no more.", words("ten days"))
    assert not contains("days: ten", words("ten days"))
    assert not contains("often days", words("ten days"))
    assert not contains("anything", [])
