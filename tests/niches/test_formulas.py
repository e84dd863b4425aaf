"""Derived figures: missing operands and divisors of zero give no figure, never a wrong one."""

from __future__ import annotations

import numpy as np
import pytest

from niches.formulas import Figures, evaluate, names

NAN = np.nan


def figures(**headline: list[float]) -> Figures:
    rows = len(next(iter(headline.values())))
    return Figures({name: np.array(values) for name, values in headline.items()}, {}, np.zeros(rows, dtype=np.int64))


def test_a_ratio_lacks_where_an_operand_lacks_or_the_divisor_is_zero() -> None:
    values, series = evaluate("a / b", figures(a=[10, NAN, 5, 0], b=[4, 2, 0, 8]))
    np.testing.assert_array_equal(values, [2.5, NAN, NAN, 0])
    assert series is None


def test_shares_add_up_to_one_in_each_region() -> None:
    given = Figures({"a": np.array([1.0, 3.0, 5.0, NAN])}, {}, np.array([1, 1, 2, 2]))
    values, _ = evaluate("share(a)", given)
    np.testing.assert_array_equal(values, [0.25, 0.75, 1.0, NAN])


def test_growth_compares_a_year_with_the_year_before() -> None:
    series = np.arange(1.0, 25.0)[None, :]
    values, along = evaluate("growth(a)", Figures({"a": np.array([222.0])}, {"a": series}, np.array([0])))
    assert values[0] == pytest.approx(series[0, 12:].sum() / series[0, :12].sum() - 1)
    assert along is not None
    assert np.isnan(along[0, :12]).all()
    assert along[0, 12] == 13 / 1 - 1


def test_growth_of_less_than_two_years_is_no_figure() -> None:
    values, _ = evaluate("growth(a)", Figures({"a": np.array([1.0])}, {"a": np.ones((1, 6))}, np.array([0])))
    assert np.isnan(values).all()


@pytest.mark.parametrize("formula", ["__import__('os')", "a.real", "a[0]", "lambda: a", "share(a + a)"])
def test_a_formula_is_arithmetic_and_nothing_else(formula: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        evaluate(formula, figures(a=[1.0]))


def test_the_needed_metrics_are_those_that_are_named() -> None:
    assert names("1000 * share(a) + b / a") == {"a", "b"}
