"""The evidence score: what raises it and what does not."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from uuid import UUID, uuid4

import pytest

from core.entities.retrieval import Passage
from rag import evidence

DOCUMENT = uuid4()


def _even(words: Collection[str], _language: str) -> Mapping[str, float]:
    return dict.fromkeys(words, 3.0)


def _passage(text: str, similarity: float | None = None, language: str = "en", heading: str = "") -> Passage:
    return Passage(uuid4(), DOCUMENT, 1, "", heading, None, text, language, 1.0, similarity=similarity)


def _score(question: str, *passages: Passage) -> float:
    return evidence.score(question, passages, _bm25(*passages), _even)


def _bm25(*passages: Passage) -> dict[UUID, float]:
    return {passage.chunk_id: 10.0 / (i + 1) for i, passage in enumerate(passages)}


def test_nothing_found_is_no_evidence() -> None:
    assert _score("What is the capital of France?") == 0.0
    assert _score("What is the capital of France?", _passage("Bananas are yellow.")) == 0.0


def test_the_more_terms_a_passage_covers_the_higher() -> None:
    question = "When did the Berlin office open for visitors?"
    texts = ["Bananas.", "An office.", "The Berlin office.", "The Berlin office is open to visitors from nine."]
    scores = [_score(question, _passage(text)) for text in texts]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)
    assert 0 <= scores[0] < 0.5 < scores[-1] <= 1


def test_rare_terms_count_more_than_common_ones() -> None:
    def rarity(words: Collection[str], _language: str) -> Mapping[str, float]:
        return {word: 6.0 if word == "zanzibar" else 0.5 for word in words}

    question = "Which company office report mentions Zanzibar?"
    common, rare = _passage("The company office report."), _passage("Zanzibar.")
    covered = [evidence.features(question, [p], _bm25(p), rarity).coverage for p in (common, rare)]
    assert covered[1] > covered[0]


def test_a_passage_that_is_near_in_meaning_has_more_evidence() -> None:
    question = "How do I get my money back?"
    far, near = (_score(question, _passage("Money and more.", similarity)) for similarity in (0.1, 0.8))
    assert near > far


def test_terms_that_stand_together_count_more_than_scattered_ones() -> None:
    filler = " ".join(f"filler{i}" for i in range(60))
    together = _passage(f"The annual travel budget is fixed. {filler}")
    scattered = _passage(f"Annual. {filler} travel {filler} budget.")
    question = "the annual travel budget"
    assert _score(question, together) > _score(question, scattered)


def test_other_forms_of_a_word_count_in_part() -> None:
    question = "победа в чемпионате"
    exact, related, none = (
        evidence.features(question, [p], {}, _even).coverage
        for p in (
            _passage("Победа в чемпионате.", language="ru"),
            _passage("Победитель чемпионата.", language="ru"),
            _passage("Погода в городе.", language="ru"),
        )
    )
    assert exact > related > none


def test_numbers_match_only_themselves() -> None:
    asked = "Revenue 20230"
    assert evidence.features(asked, [_passage("20231")], {}, _even).coverage == 0.0


def test_copies_of_the_best_passage_do_not_lower_the_evidence() -> None:
    question = "When does the Berlin office open?"
    best = _passage("The Berlin office opens at nine in the morning.")
    copy = _passage("The Berlin office opens at nine in the morning!")
    other = _passage("Laptops belong to the company; an office chair does too.")
    bm25 = {best.chunk_id: 10.0, copy.chunk_id: 9.9, other.chunk_id: 3.0}
    alone = evidence.features(question, [best, other], bm25, _even)
    copied = evidence.features(question, [best, copy, other], bm25, _even)
    assert copied.margin == pytest.approx(alone.margin) == pytest.approx(0.7)


def test_headings_cover_too() -> None:
    asked = "refund period"
    assert evidence.features(asked, [_passage("Ten days.", heading="Refund period")], {}, _even).coverage == 1.0


def test_a_question_of_nothing_but_function_words_is_weighed_by_them() -> None:
    assert 0 <= _score("what is it?", _passage("It is what it is.")) <= 1


@pytest.mark.parametrize("question", ["", "   ", "?!", "🖨️", "\x00", "a" * 20_000])
def test_odd_questions_score_without_harm(question: str) -> None:
    assert 0 <= _score(question, _passage("A printer.", 0.1)) <= 1


def test_it_is_fast() -> None:
    passages = [_passage("The Berlin office opens at nine in the morning every day. " * 25, 0.4) for _ in range(10)]
    question = "When does the Berlin office open in the morning, and who has the keys of the second floor?"
    took = []
    for _ in range(20):
        started = time.process_time()
        _score(question, *passages)
        took.append(time.process_time() - started)
    assert min(took) < 0.005  # seconds of processor time, whoever else works here
