"""What of an answer is read aloud."""

from __future__ import annotations

import time

import pytest

from services.voice.spoken import LONGEST, spoken


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        ("Refunds take five days [1]. Ask again [2, 3].", "Refunds take five days. Ask again."),
        ("Возврат занимает пять дней [1][2].", "Возврат занимает пять дней."),
        ("**Important:** the *rent* is `fixed`.", "Important: the rent is fixed."),
        ("# Rent\n\nIt is due on the 1st", "Rent. It is due on the 1st."),
        ("- one\n- two\n\n1. first\n2. second", "one. two. 1. first. 2. second."),
        ("See [the rules](https://example.com/a_b?c=1) now.", "See the rules now."),
        ("Read https://example.com/very/long, then www.example.com.", "Read, then."),
        ("| Region | Rent |\n|---|---:|\n| North | 3 |", "Region, Rent. North, 3."),
        ("```python\nprint(1)\n```", "print(1)."),
        ("<b>Bold</b> and <br/> 2 < 3", "Bold and 2 < 3."),
        ("![a plan](plan.png)", "a plan."),
        ("> quoted\n\n---\n\n***", "quoted."),
        ("file_name_here stays, 2*3*4 too", "file_name_here stays, 2*3*4 too."),
        ("5 % of \\$100 \\[sic\\]", "5 % of $100 [sic]."),
        ("Really? Yes!", "Really? Yes!"),
        ("In [2023] it was [so].", "In [2023] it was [so]."),
        ("", ""),
        ("[1] [2]\n\n---", ""),
    ],
)
def test_words_are_read_and_signs_are_not(answer: str, heard: str) -> None:
    assert spoken(answer) == (heard, False)


def test_a_long_answer_is_cut_after_a_sentence() -> None:
    text, cut = spoken("This is one sentence. " * 1_000)
    assert cut
    assert LONGEST - 30 < len(text) <= LONGEST
    assert text.endswith("sentence.")
    text, cut = spoken("word " * 5_000)
    assert (cut, text.endswith("word")) == (True, True)


def test_a_hostile_answer_takes_no_time() -> None:
    began = time.process_time()
    for text in (
        "*" * 100_000,
        "[" * 100_000,
        "_a" * 50_000,
        "<" * 100_000,
        "| " * 50_000,
        "a*" * 50_000,
        "![" * 50_000,
        "-\n" * 50_000 + "a",
        "<!--" * 25_000,
        "**a" * 30_000,
    ):
        assert len(spoken(text)[0]) <= LONGEST
    assert time.process_time() - began < 10
