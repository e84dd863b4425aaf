"""How answers are compared on the screen."""

from __future__ import annotations

from components.playground_judge import marked_difference
from components.playground_sweep import value
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
