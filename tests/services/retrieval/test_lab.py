"""The retrieval lab shows each step of a search as it was; tuning finds weights that are never worse than a leg."""

from __future__ import annotations

import pytest

from core.entities.corpora import Collection
from core.entities.evaluation import NewGolden, RetrievalSettings
from core.errors import BadInput, Forbidden
from core.roles import Role
from services.container import Services
from tests.desk import Desk
from tests.shelves import Shelves

FACTS = (
    "Refunds are paid within ten days of the request.",
    "The Berlin office opens at nine in the morning.",
    "Laptops are replaced every three years.",
    "Invoices are sent on the first working day of the month.",
    "Meetings of the board take place in the large hall.",
    "Parking is free for visitors who announce themselves.",
    "The canteen serves soup on Mondays and fish on Fridays.",
    "Passwords have at least ten characters.",
    "Travel by train is paid in the second class.",
    "New colleagues get a tour of the house in their first week.",
)
QUESTIONS = (
    "getting my money back", "Berlin opening hours", "age of laptops", "day of invoices", "hall for board meetings",
    "where can guests leave their cars", "what is there to eat on Friday", "characters of a password",
    "which class on the railway", "tour for new colleagues",
)  # fmt: skip


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


@pytest.fixture
def corpus(desk: Desk, model: None) -> Collection:
    shelves = Shelves(desk.services.db, desk.services.vectors)
    shelf = desk.services.collections.get(desk.admin, "documents")
    vectors = desk.services.questions.model().get_text_embedding_batch(list(FACTS))
    shelves.add(shelf, FACTS, title="Handbook", vectors=vectors)
    return shelf


def test_a_trace_shows_both_legs_and_their_fusion(desk: Desk, corpus: Collection) -> None:
    found = desk.services.lab.trace(desk.analyst, "documents", "When does the Berlin office open?", k=5)
    assert found.vector is not None
    assert (found.lexical[0].passage.text, found.vector[0].passage.text) == (FACTS[1], FACTS[1])
    assert found.lexical[0].score > found.lexical[-1].score
    assert found.retrieval.passages[0].text == FACTS[1]
    assert found.exhaustive
    assert {"embedding", "words", "vectors", "ranking", "evidence"} <= set(found.timings)
    assert found.retrieval.answerable
    assert found.for_answer.merged == len(found.retrieval.passages) - len(found.for_answer.passages)


def test_weights_and_thresholds_act_at_once_and_are_not_kept(desk: Desk, corpus: Collection) -> None:
    asked = "getting my money back"
    words = desk.services.lab.trace(
        desk.analyst, "documents", asked, settings=RetrievalSettings(vector_weight=0.0, threshold=0.99)
    )
    near = desk.services.lab.trace(desk.analyst, "documents", asked, settings=RetrievalSettings(lexical_weight=0.0))
    assert FACTS[0] not in [one.text for one in words.retrieval.passages]
    assert not words.retrieval.answerable
    assert near.retrieval.passages[0].text == FACTS[0]
    assert desk.services.lab.settings(desk.analyst, "documents") == RetrievalSettings()


def test_saved_settings_act_in_search(desk: Desk, corpus: Collection) -> None:
    assert desk.services.search.search(desk.sales, "documents", "getting my money back").passages
    desk.services.lab.save(desk.admin, "documents", RetrievalSettings(vector_weight=0.0, threshold=0.9))
    found = desk.services.search.search(desk.sales, "documents", "getting my money back")
    assert FACTS[0] not in [one.text for one in found.passages]
    assert found.threshold == 0.9


def test_near_duplicates_are_collapsed_with_a_note_and_dropped_passages_are_told(
    desk: Desk, corpus: Collection
) -> None:
    shelves = Shelves(desk.services.db, desk.services.vectors)
    for title in ("Copy one", "Copy two"):
        shelves.add(corpus, [FACTS[1]], title=title)
    found = desk.services.lab.trace(desk.analyst, "documents", "When does the Berlin office open?")
    assert [one.text for one in found.retrieval.passages].count(FACTS[1]) == 1
    assert (found.retrieval.collapsed, found.retrieval.passages[0].copies, len(found.copies)) == (2, 2, 2)
    loose = desk.services.lab.trace(
        desk.analyst, "documents", "Berlin office", settings=RetrievalSettings(collapse=False)
    )
    assert [one.text for one in loose.retrieval.passages].count(FACTS[1]) == 3
    shelves.add(corpus, ["Berlin office " + "words and words " * 300], title="Long")
    full = desk.services.lab.trace(
        desk.analyst, "documents", "Berlin office", settings=RetrievalSettings(context_tokens=200, merge=False)
    )
    assert full.for_answer.dropped
    assert len(full.for_answer.passages) + len(full.for_answer.dropped) == len(full.retrieval.passages)


def test_an_analyst_sees_in_the_lab_what_an_analyst_may_read(desk: Desk, corpus: Collection) -> None:
    shelves = Shelves(desk.services.db, desk.services.vectors)
    shelves.add(corpus, ["The Berlin office is to be closed."], readers=[Role.ADMIN])
    seen = desk.services.lab.trace(desk.analyst, "documents", "Berlin office closed")
    assert not any("closed" in one.passage.text for one in seen.lexical)
    with pytest.raises(Forbidden):
        desk.services.lab.trace(desk.sales, "documents", "Berlin")


@pytest.mark.parametrize(("question", "k"), [("", 5), (" ", 5), ("Berlin", 0), ("Berlin", 101)])
def test_what_cannot_be_asked_gets_a_sentence(desk: Desk, question: str, k: int) -> None:
    with pytest.raises(BadInput):
        desk.services.lab.trace(desk.analyst, "documents", question, k=k)


def test_tuned_weights_are_never_worse_than_either_leg(desk: Desk, corpus: Collection) -> None:
    for question, fact in zip(QUESTIONS, FACTS, strict=True):
        desk.services.golden.add(desk.admin, "documents", NewGolden(question, passage=fact))
    found = desk.services.tuning.tune(desk.admin, "documents")
    assert found.vector is not None
    assert found.mrr >= max(found.lexical, found.vector, found.now) - 1e-9
    assert found.vector > found.lexical  # half of the questions share no word with their passage
    assert (found.questions, found.mrr) == (10, max(found.grid.values()))
    assert 0 < found.settings.threshold < 1
    assert 0 < found.held_out <= 1
    assert desk.services.lab.settings(desk.analyst, "documents") == RetrievalSettings()


def test_tuning_asks_for_questions_and_an_administrator(desk: Desk) -> None:
    with pytest.raises(BadInput):
        desk.services.tuning.tune(desk.admin, "documents")
    with pytest.raises(Forbidden):
        desk.services.tuning.tune(desk.analyst, "documents")
