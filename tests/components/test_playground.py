"""How answers are compared on the screen."""

from __future__ import annotations

from typing import Literal

from components.playground.judge import marked_difference
from components.playground.measures import best
from components.playground.sweep import value
from core.entities.playground import Attempt, Cell


def test_a_difference_shows_what_went_and_what_came() -> None:
    shown = marked_difference("The fee is ten euro", "The fee is twelve euro today")
    assert shown == "The fee is :red-background[~~ten~~] :green-background[twelve] euro :green-background[today]"


def test_signs_of_markdown_in_answers_stay_signs() -> None:
    assert marked_difference("a *b*", "a [b](c)") == ("a :red-background[~~\\*b\\*~~] :green-background[\\[b\\](c)]")


def test_a_point_of_a_sweep_is_the_mean_of_what_succeeded() -> None:
    attempts = (
        Attempt("four", "done", took_ms=1000),
        Attempt("eight678", "done", took_ms=3000),
        Attempt("", "failed", took_ms=9000),
    )
    cell = Cell(0.5, 0.9, attempts, agreement=0.25)
    assert [value(cell, measure) for measure in ("length", "latency", "agreement")] == [6.0, 2.0, 0.25]
    assert value(Cell(0.5, 0.9), "length") is None


def _took(*milliseconds: int, status: Literal["done", "failed"] = "done") -> list[Attempt]:
    return [Attempt("text", status, took_ms=one, window=8192) for one in milliseconds]


def test_the_fastest_column_leads_only_by_more_than_its_repeats_spread() -> None:
    assert best([_took(1000), _took(2000), _took(3000)], "Whole answer") == 0
    assert best([_took(2000), _took(1950)], "Whole answer") is None  # within a tenth
    assert best([_took(1000, 3000), _took(2400, 2600)], "Whole answer") is None  # 2000 ± 1414 says nothing
    assert best([_took(1000), _took(5, status="failed")], "Whole answer") is None  # a failure is not fast
    assert best([_took(900, 1100), _took(2900, 3100)], "Whole answer") == 0
