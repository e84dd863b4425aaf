"""What of a message is searched where nothing answers it as a whole."""

from __future__ import annotations

from rag.followups import narrower

_LETTER = "Dear all, the ship from the south is late again and our people do not know what to do about it. " * 3


def test_a_question_that_was_joined_to_those_before_is_tried_alone() -> None:
    assert narrower("And the penalty?", "rent of the office the penalty?") == ("the penalty?",)
    assert narrower("What is the penalty?", "What is the penalty?") == ()


def test_only_what_asks_of_a_pasted_letter_is_searched() -> None:
    letter = f"{_LETTER}What does the contract say about late delivery?"
    assert narrower(letter, letter) == ("What does the contract say about late delivery?",)
    assert narrower(_LETTER, _LETTER) == ()
    assert narrower("It is late. What now?", "It is late. What now?") == (), "short messages are searched whole"
