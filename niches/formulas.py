"""Evaluates the formulas of derived metrics: the only place where a stored figure is computed from others."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Imported figures of one dataset, a row for every (niche, region); NaN where there is none.

    `headline[name]` has shape (rows,); `series[name]` has shape (rows, periods), periods oldest first. `region` holds a
    number per row, the same for rows of one region. `per_year` is how many periods make a year.
    """

    headline: Mapping[str, Array]
    series: Mapping[str, Array]
    region: NDArray[np.int64]
    per_year: int = 12


def names(formula: str) -> set[str]:
    """The metrics that a formula needs."""
    nodes = list(ast.walk(_parsed(formula)))
    functions = [node.func for node in nodes if isinstance(node, ast.Call)]
    return {node.id for node in nodes if isinstance(node, ast.Name) and not any(node is one for one in functions)}


def evaluate(formula: str, figures: Figures) -> tuple[Array, Array | None]:
    """(headlines, series or None where no operand has one) of `formula`: numbers, names, + - * /, `share(name)` of all
    niches in the same region, and `growth(name)` against the year before. NaN where an operand lacks or a divisor is 0.
    """
    tree = _parsed(formula)
    with np.errstate(all="ignore"):
        headline = _finite(_value(tree, _Headlines(figures)))
        by_period = names(formula) <= figures.series.keys()
        return headline, _finite(_value(tree, _Periods(figures))) if by_period else None


class _Headlines:
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def of(self, name: str) -> Array:
        return self._figures.headline[name]

    def share(self, name: str) -> Array:
        return _share(self.of(name)[:, None], self._figures.region)[:, 0]

    def growth(self, name: str) -> Array:
        year, series = self._figures.per_year, self._figures.series.get(name)
        if series is None or series.shape[1] < 2 * year:
            return np.full(len(self.of(name)), np.nan)
        result: Array = series[:, -year:].sum(axis=1) / series[:, -2 * year : -year].sum(axis=1) - 1
        return result


class _Periods:
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def of(self, name: str) -> Array:
        return self._figures.series[name]

    def share(self, name: str) -> Array:
        return _share(self.of(name), self._figures.region)

    def growth(self, name: str) -> Array:
        year, series = self._figures.per_year, self.of(name)
        grown = np.full_like(series, np.nan)
        grown[:, year:] = series[:, year:] / series[:, :-year] - 1
        return grown


def _share(values: Array, region: NDArray[np.int64]) -> Array:
    """Each value as a part of its region's and period's total."""
    _, place = np.unique(region, return_inverse=True)
    totals = np.zeros((place.max(initial=-1) + 1, values.shape[1]))
    np.add.at(totals, place, np.nan_to_num(values))
    return values / totals[place]


def _value(node: ast.expr, figures: _Headlines | _Periods) -> Any:
    match node:
        case ast.BinOp(left, operation, right):
            return _OPERATORS[type(operation)](_value(left, figures), _value(right, figures))
        case ast.Constant(int() | float() as constant):
            return constant
        case ast.Name(name):
            return figures.of(name)
        case ast.Call(ast.Name("share"), [ast.Name(name)], []):
            return figures.share(name)
        case ast.Call(ast.Name("growth"), [ast.Name(name)], []):
            return figures.growth(name)
        case _:
            raise ValueError(f"A formula cannot hold {ast.unparse(node)}.")


def _parsed(formula: str) -> ast.expr:
    return ast.parse(formula, mode="eval").body


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)
