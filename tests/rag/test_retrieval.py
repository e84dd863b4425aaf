"""Retrieval over real PostgreSQL, Chroma, tantivy and the exported model."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import text

from core.entities.corpora import Collection
from core.entities.people import Principal
from core.entities.retrieval import Retrieval
from core.roles import Role
from core.settings import Settings
from data.database import Database
from rag.fusion import fuse
from rag.legs import Query
from rag.lexical import Lexical
from rag.questions import Questions
from rag.readable import Readable
from rag.retrieval import Retriever
from rag.vectors import Vectors
from services.files.indexing import Indexing
from tests.shelves import ADMIN, GUEST, SALES, Shelves


class Desk:
    """A shelves whose books can be asked."""

    def __init__(self, db: Database, settings: Settings, questions: Questions) -> None:
        self.vectors, self.lexical = Vectors(settings), Lexical(settings.var_dir / "lexical")
        self.questions = questions
        self.shelves = Shelves(db, self.vectors)
        self.indexing = Indexing(db, self.vectors, self.lexical)
        self.retriever = Retriever(self.vectors, self.lexical, questions)
        self.deepening = Retriever(self.vectors, self.lexical, questions, exhaustive_below=0)
        self.db = db

    def embed(self, *texts: str) -> list[list[float]]:
        return [list(vector) for vector in self.questions.model().get_text_embedding_batch(list(texts))]

    def ask(
        self,
        shelf: Collection,
        question: str,
        k: int = 5,
        who: Principal = SALES,
        tags: tuple[str, ...] = (),
        *,
        deepening: bool = False,
    ) -> Retrieval:
        self.indexing.catch_up(shelf.version)
        retriever = self.deepening if deepening else self.retriever
        return retriever.retrieve(Query(question, k, Readable(self.db, shelf.version, who, tags)))


@pytest.fixture(scope="module")
def questions(model_settings: Settings) -> Questions:
    return Questions(model_settings)


@pytest.fixture
def desk(db: Database, settings: Settings, questions: Questions) -> Iterator[Desk]:
    made = Desk(db, settings, questions)
    yield made
    made.vectors.close()


@pytest.fixture
def blind(db: Database, settings: Settings) -> Iterator[Desk]:
    """Without the embedding model."""
    made = Desk(db, settings, Questions(settings))
    yield made
    made.vectors.close()


FACTS = (
    "Refunds are paid within ten days of the request.",
    "The Berlin office opens at nine in the morning.",
    "Laptops are replaced every three years.",
)


def _texts(found: Retrieval) -> list[str]:
    return [passage.text for passage in found.passages]


def test_the_passage_that_answers_comes_first_with_its_ranks(desk: Desk) -> None:
    shelf = desk.shelves.collection()
    desk.shelves.add(shelf, FACTS, title="Handbook", vectors=desk.embed(*FACTS))
    found = desk.ask(shelf, "When does the Berlin office open?", 2)
    first = found.passages[0]
    assert (first.text, first.title, first.vector, first.lexical) == (FACTS[1], "Handbook", 1, 1)
    assert first.score == pytest.approx(1.0)
    assert first.similarity is not None
    assert first.similarity > 0.5
    assert (found.language, found.degraded, len(found.passages)) == ("en", False, 2)


def test_meaning_finds_what_shares_no_word(desk: Desk) -> None:
    shelf = desk.shelves.collection()
    desk.shelves.add(shelf, FACTS, vectors=desk.embed(*FACTS))
    found = desk.ask(shelf, "getting my money back", 1)
    assert _texts(found) == [FACTS[0]]
    assert found.passages[0].lexical is None


def test_outside_the_languages_of_the_model_words_decide_alone(desk: Desk) -> None:
    shelf = desk.shelves.collection()
    desk.shelves.add(shelf, FACTS, vectors=desk.embed(*FACTS))
    desk.shelves.add(shelf, ["Возврат средств занимает десять дней."], language="ru")
    found = desk.ask(shelf, "Сколько дней занимает возврат средств?")
    assert _texts(found) == ["Возврат средств занимает десять дней."]
    assert (found.language, found.degraded, found.passages[0].vector) == ("ru", False, None)


def test_without_the_model_words_decide_and_the_answer_says_so(blind: Desk) -> None:
    shelf = blind.shelves.collection()
    blind.shelves.add(shelf, FACTS)
    found = blind.ask(shelf, "When are laptops replaced?", 1)
    assert (_texts(found), found.degraded) == ([FACTS[2]], True)


def test_the_vectors_of_a_model_that_nobody_has_are_left_alone(desk: Desk) -> None:
    other = replace(desk.shelves.collection().version.fingerprint, model="another")
    shelf = desk.shelves.collection("other", fingerprint=other)
    desk.shelves.add(shelf, FACTS, vectors=desk.embed(*FACTS))
    found = desk.ask(shelf, "When are laptops replaced?", 1)
    assert (_texts(found), found.degraded, found.passages[0].vector) == ([FACTS[2]], True, None)


def test_one_collection_never_shows_in_another(desk: Desk) -> None:
    one, other = desk.shelves.collection("one"), desk.shelves.collection("other")
    for shelf in (one, other):
        desk.shelves.add(shelf, [f"Secret of {shelf.name}"], vectors=desk.embed(f"Secret of {shelf.name}"))
    assert _texts(desk.ask(one, "Secret of other")) == ["Secret of one"]


@pytest.mark.parametrize("deepening", [False, True])
def test_a_reader_of_one_document_of_many_gets_the_ranking_filtered_to_it(desk: Desk, deepening: bool) -> None:
    """All 300 forbidden ones rank above the permitted one in both legs."""
    shelf = desk.shelves.collection()
    loud = [f"refund refund refund number {i}" for i in range(300)]
    (near,), (far,) = desk.embed("refund refund refund"), desk.embed("the refund of an unrelated matter and long words")
    desk.shelves.add(shelf, loud, readers=[Role.ADMIN], vectors=[near] * 300)
    quiet = ["the refund of an unrelated matter and long words"]
    desk.shelves.add(shelf, quiet, vectors=[far])
    assert _texts(desk.ask(shelf, "refund", who=SALES, deepening=deepening)) == quiet
    assert quiet[0] not in _texts(desk.ask(shelf, "refund", who=ADMIN, deepening=deepening))
    assert _texts(desk.ask(shelf, "refund", who=GUEST, deepening=deepening)) == []


def test_both_ways_of_looking_find_the_same(desk: Desk) -> None:
    shelf = desk.shelves.collection()
    desk.shelves.add(shelf, FACTS, vectors=desk.embed(*FACTS))
    exhaustive = desk.ask(shelf, "office hours in Berlin")
    deepening = desk.ask(shelf, "office hours in Berlin", deepening=True)
    assert _texts(exhaustive) == _texts(deepening)
    assert exhaustive.evidence == pytest.approx(deepening.evidence, abs=1e-4)
    for one, other in zip(exhaustive.passages, deepening.passages, strict=True):
        assert one.similarity == pytest.approx(other.similarity, abs=1e-4)


def test_a_document_that_is_not_ready_or_was_taken_away_is_never_shown(desk: Desk) -> None:
    shelf = desk.shelves.collection()
    gone = desk.shelves.add(shelf, [FACTS[0]], vectors=desk.embed(FACTS[0]))
    assert _texts(desk.ask(shelf, "refunds")) == [FACTS[0]]
    with desk.db.begin() as tx:  # the indexes still hold it
        tx.chunks.remove_document(gone)
    found = desk.retriever.retrieve(Query("refunds", 5, Readable(desk.db, shelf.version, SALES)))
    assert found.passages == ()
    assert (found.evidence, found.answerable) == (0.0, False)


def test_tags_narrow_the_search(desk: Desk) -> None:
    shelf = desk.shelves.collection()
    desk.shelves.add(shelf, ["Refunds in Germany"], tags=["de", "money"])
    desk.shelves.add(shelf, ["Refunds in France"], tags=["fr", "money"])
    assert _texts(desk.ask(shelf, "refunds", tags=("money", "fr"))) == ["Refunds in France"]


def test_a_question_that_the_collection_answers_has_more_evidence(desk: Desk) -> None:
    shelf = desk.shelves.collection()
    desk.shelves.add(shelf, FACTS, vectors=desk.embed(*FACTS))
    covered = desk.ask(shelf, "How often are laptops replaced?")
    foreign = desk.ask(shelf, "Who won the football championship in 1998?")
    assert covered.answerable
    assert not foreign.answerable


def test_an_empty_collection_answers_nothing(desk: Desk) -> None:
    found = desk.ask(desk.shelves.collection(), "anything at all")
    assert (found.passages, found.evidence, found.answerable) == ((), 0.0, False)


def test_many_questions_at_once_get_the_same_answer(desk: Desk) -> None:
    shelf = desk.shelves.collection()
    desk.shelves.add(shelf, FACTS, vectors=desk.embed(*FACTS))
    answers: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(_texts(desk.ask(shelf, "Berlin office", 1)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [[FACTS[1]]] * 8


def test_fusion_puts_what_both_legs_like_first() -> None:
    a, b, c = (UUID(int=i) for i in range(3))
    scores = fuse({a: 1, b: 2}, {c: 1, b: 2})
    assert max(scores, key=lambda key: scores[key]) == b
    assert fuse({a: 1}, {a: 1}) == {a: pytest.approx(1.0)}
    assert fuse({a: 1, b: 2}, None)[a] == pytest.approx(1.0)


def test_exact_cosines_are_those_of_the_vectors(desk: Desk) -> None:
    shelf = desk.shelves.collection()
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(50, 384)) * 3  # not of unit length
    desk.shelves.add(shelf, [f"text {i}" for i in range(50)], vectors=vectors.tolist())
    (asked,) = desk.embed("text")
    found = desk.ask(shelf, "text", 50)
    expected = {
        f"text {i}": float(v @ np.array(asked) / np.linalg.norm(v) / np.linalg.norm(asked))
        for i, v in enumerate(vectors)
    }
    assert {p.text: p.similarity for p in found.passages} == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("deepening", [False, True])
def test_a_reader_of_two_documents_of_a_thousand_gets_the_whole_ranking_of_those_two(
    desk: Desk, deepening: bool
) -> None:
    """Every forbidden document ranks above them in both legs."""
    shelf = desk.shelves.collection()
    question = "When are refunds paid?"
    near, better, worse = desk.embed(question, "refunds are paid at some time", "a long text about laptops and refunds")
    many = np.array(near) + np.random.default_rng(3).normal(scale=0.005, size=(998, len(near)))
    loud = [f"When are refunds paid? refunds paid {n}" for n in range(998)]
    desk.shelves.add_many(shelf, loud, many.astype(np.float32).tolist())
    second = desk.shelves.add(shelf, ["a long text about laptops and refunds"], readers=[Role.SALES], vectors=[worse])
    first = desk.shelves.add(shelf, ["refunds are paid at some time"], readers=[Role.SALES], vectors=[better])
    with desk.db.begin() as tx:
        tx.connection.execute(
            text("UPDATE documents SET readers = ARRAY['admin'] WHERE id NOT IN (:a, :b)"), {"a": first, "b": second}
        )
    found = desk.ask(shelf, question, k=5, who=SALES, deepening=deepening).passages
    assert [(one.document_id, one.lexical, one.vector) for one in found] == [(first, 1, 1), (second, 2, 2)]
    everything = desk.ask(shelf, question, k=5, who=ADMIN, deepening=deepening).passages
    assert not {first, second} & {one.document_id for one in everything}
