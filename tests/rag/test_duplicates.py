"""Near-duplicates are collapsed; what says something else is not, however alike it looks."""

from __future__ import annotations

from uuid import uuid4

import pytest

from core.entities.retrieval import Passage
from rag.duplicates import Distinct

LONG = (
    "The annual report says that refunds are paid within ten days of the request and that the customer is told so by "
    "mail, unless the amount is above five thousand, in which case two people of the department look at it before it "
    "leaves the house and the customer is told of the delay by telephone on the same day by the person in charge. "
    "Nobody signs for somebody else, a copy of every letter stays with the file, and what was agreed by word is "
    "written down within the week so that it can be found again by those who come later."
)


def passage(text: str) -> Passage:
    return Passage(uuid4(), uuid4(), 1, "", "", None, text, "en", 1.0)


@pytest.mark.parametrize(
    "copy",
    [LONG, LONG.upper(), LONG.replace(",", " -"), LONG.replace("by telephone", "by phone"), LONG + " Really."],
    ids=["same", "case", "signs", "one word", "one more word"],
)
def test_a_near_duplicate_repeats_the_better_one(copy: str) -> None:
    distinct, first = Distinct(), passage(LONG)
    assert distinct.repeats(first) is None
    assert distinct.repeats(passage(copy)) is first


@pytest.mark.parametrize(
    "other",
    [LONG.replace("five thousand", "5,000"), LONG[: len(LONG) // 2], LONG + LONG[::-1], "Laptops live three years."],
    ids=["a number", "a half", "twice as long", "another"],
)
def test_another_text_is_none(other: str) -> None:
    distinct = Distinct()
    assert distinct.repeats(passage(LONG)) is None
    assert distinct.repeats(passage(other)) is None


def test_short_texts_are_the_same_only_word_for_word() -> None:
    distinct = Distinct()
    assert distinct.repeats(passage("Refunds of kind A")) is None
    assert distinct.repeats(passage("Refunds of kind B")) is None
    assert distinct.repeats(passage("refunds of kind a!")) is not None
    assert distinct.repeats(passage("")) is None
    assert distinct.repeats(passage("2023: 12 %")) is None
    assert distinct.repeats(passage("2024: 12 %")) is None
