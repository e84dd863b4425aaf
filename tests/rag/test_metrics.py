"""Measures of rankings against values worked out by hand, and the paired test against what it must say."""

from __future__ import annotations

import math
from uuid import UUID, uuid4

import pytest

from core.entities.evaluation import Outcome
from rag.metrics import by_language, measures, p_value, reciprocal


def outcomes(*ranks: int | None, language: str = "en") -> list[Outcome]:
    return [Outcome(uuid4(), language, rank, 0.9, rank is not None, 10.0) for rank in ranks]


def test_the_measures_are_those_of_the_textbook() -> None:
    found = measures(outcomes(1, 2, 6, None))
    assert found.questions == 4
    assert found.recall_1.mean == 0.25
    assert found.recall_5.mean == 0.5
    assert found.recall_10.mean == 0.75
    assert found.mrr_10.mean == pytest.approx((1 + 1 / 2 + 1 / 6) / 4)
    assert found.ndcg_10.mean == pytest.approx((1 + 1 / math.log2(3) + 1 / math.log2(7)) / 4)
    assert found.answered == 0.75


def test_an_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    few, many = measures(outcomes(*[1, None] * 10)), measures(outcomes(*[1, None] * 500))
    for one in (few, many):
        assert one.recall_1.low < one.recall_1.mean < one.recall_1.high
    assert many.recall_1.high - many.recall_1.low < (few.recall_1.high - few.recall_1.low) / 4


def test_the_same_outcomes_have_the_same_interval() -> None:
    assert measures(outcomes(1, 2, None)) == measures(outcomes(1, 2, None))


def test_languages_stand_for_themselves_where_there_are_several() -> None:
    assert list(by_language(outcomes(1, 2))) == [""]
    both = by_language([*outcomes(1, 1), *outcomes(None, language="ru")])
    assert {name: one.recall_1.mean for name, one in both.items()} == {"": pytest.approx(2 / 3), "en": 1.0, "ru": 0.0}
    assert by_language([]) == {}


def test_runs_that_do_not_differ_are_not_told_apart() -> None:
    assert p_value([1.0, 0.5], [1.0, 0.5]) == 1.0
    assert p_value([1.0, 0.5] * 20, [0.5, 1.0] * 20) > 0.5


def test_a_steady_loss_is_told_from_chance_and_a_single_one_is_not() -> None:
    assert p_value([1.0] * 20, [0.5] * 20) < 0.01
    assert p_value([1.0] * 20, [0.5, *[1.0] * 19]) > 0.5


def test_the_same_runs_have_the_same_p_value() -> None:
    before, after = reciprocal([1, 2, 3, None, 1]), reciprocal([2, 2, 1, 1, None])
    assert p_value(before, after) == p_value(before, after)


def test_uuid_order_does_not_matter() -> None:
    ranks = [Outcome(UUID(int=n), "en", n, 0.9, True, 1.0) for n in (3, 1, 2)]
    assert measures(ranks).mrr_10.mean == measures(ranks[::-1]).mrr_10.mean
