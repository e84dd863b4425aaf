"""What an answer is written from: neighbours joined where a citation still points right, and a budget kept."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from core.entities.evaluation import RetrievalSettings
from core.entities.retrieval import Passage, Retrieval
from rag.context import fitting, for_answer, merge, tokens

DOCUMENT = UUID(int=1)


def chunk(position: int, text: str, page: int | None = None, **changes: object) -> Passage:
    made = Passage(UUID(int=100 + position), DOCUMENT, 1, "Handbook", "Money", page, text, "en", 1.0, position=position)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_neighbours_become_one_passage_in_reading_order_at_the_place_of_the_better_one() -> None:
    [joined, other] = merge([chunk(4, "Second."), chunk(9, "Elsewhere."), chunk(3, "First.")])
    assert joined.text == "First.\n\nSecond."
    assert joined.chunk_id == UUID(int=104)
    assert joined.parts == (UUID(int=103), UUID(int=104))
    assert other.text == "Elsewhere."
    assert other.parts == ()


def test_what_neighbours_share_is_said_once() -> None:
    first = "Refunds take ten days. The customer is told by mail."
    [joined] = merge([chunk(0, first), chunk(1, "The customer is told by mail. Complaints go to the office.")])
    assert joined.text == "Refunds take ten days. The customer is told by mail. Complaints go to the office."


def test_a_citation_keeps_pointing_at_its_page_and_section() -> None:
    on_page = chunk(0, "One.", page=1)
    for stranger in (
        chunk(1, "Two.", page=2),
        chunk(1, "Two.", page=1, page_to=2),
        chunk(1, "Two.", page=1, heading="Law"),
        chunk(2, "Two.", page=1),
        chunk(1, "Two.", page=1, document_id=UUID(int=2)),
        chunk(1, "Two.", page=1, document_version=2),
    ):
        assert len(merge([on_page, stranger])) == 2
    assert len(merge([on_page, chunk(1, "Two.", page=1)])) == 1


def test_the_budget_keeps_the_best_and_says_what_it_dropped() -> None:
    passages = [chunk(10 * n, f"{n} " + "word " * 200) for n in range(5)]
    budget = 2 * tokens(passages[0]) + 5
    found = Retrieval("?", "en", tuple(passages), 0.9, 0.5, 1.0)
    answered = for_answer(found, RetrievalSettings(context_tokens=budget))
    assert [one.position for one in answered.passages] == [0, 10]
    assert [one.position for one in answered.dropped] == [20, 30, 40]
    assert (answered.budget, answered.tokens <= budget) == (budget, True)


def test_the_first_passage_always_fits() -> None:
    assert len(fitting([chunk(0, "word " * 1_000), chunk(5, "more")], 200)) == 1


def test_merging_can_be_switched_off() -> None:
    found = Retrieval("?", "en", (chunk(0, "One."), chunk(1, "Two.")), 0.9, 0.5, 1.0)
    assert for_answer(found, RetrievalSettings(merge=False)).merged == 0
    assert for_answer(found, RetrievalSettings()).merged == 1


def test_what_stands_around_each_passage_counts_too() -> None:
    passages = [chunk(10 * n, "word " * 40) for n in range(4)]
    budget = 4 * tokens(passages[0])
    assert len(fitting(passages, budget)) == 4
    assert len(fitting(passages, budget, each=30)) == 2
