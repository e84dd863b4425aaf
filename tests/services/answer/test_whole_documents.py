"""The assistant about documents as a whole, about itself, and about figures that a table of a document has."""

from __future__ import annotations

import pytest

from core.entities.answers import Choice
from core.entities.messages import Action, Message
from services.chat.asking import Ask
from services.container import Services
from tests.desk import Desk
from tests.services.answer.shelf import ask, fill

MANUAL = """# Manual of the Heron press

Written by Ada Stone in 2031.

## Use

Turn the wheel twice. Wait until the lamp is green.

## Care

Wipe the plate every week with a dry cloth.
"""
SALES = "Branch,Manager,Orders\nNorth,Ann,10\nSouth,Bob,32\nNorth,Ann,5\n"


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    desk = Desk(services)
    fill(desk)
    desk.index(desk.admin, MANUAL, "heron.md")
    desk.index(desk.admin, SALES, "sales.csv")
    return desk


def press(desk: Desk, answer: Message, choice: Choice) -> Message:
    wanted = Ask(choice.message, conversation_id=answer.conversation_id, scenario=choice.scenario, picked=choice.value)
    *_, last = desk.services.turns.follow(desk.analyst, desk.services.turns.start(desk.analyst, wanted).message_id)
    assert last.message
    return last.message


def test_documents_are_listed_told_in_short_and_asked_back_for(desk: Desk) -> None:
    """In one test, for the house is dear."""
    private = desk.index(desk.sales, "A diary of mine.", "diary.txt", "my-documents")
    listed = ask(desk, "Which documents do you have?")
    assert (listed.scenario, listed.action) == ("DOCUMENTS", Action.ANSWER)
    assert "- Leave policy" in listed.text
    assert "(9)" in listed.text
    assert private.title not in listed.text
    passage = ask(desk, "What is the plate with the dry cloth about?")  # no title, so a question like any other
    assert "dry cloth. [1]" in passage.text
    opened = press(desk, listed, next(one for one in listed.content.choices if "Heron" in one.label))
    assert "Turn the wheel twice. [2]" in opened.text

    short = ask(desk, "Summarise the manual of the Heron press")
    assert "- **Use.** Turn the wheel twice. [2]" in short.text
    assert "- **Care.** Wipe the plate every week with a dry cloth. [3]" in short.text
    assert {one.title for one in short.citations} == {"Manual of the Heron press"}
    assert (short.collection, len(short.citations)) == ("documents", 3)
    again = ask(desk, "Summarise it", before=short)
    assert again.text == short.text

    page = ask(desk, "Show me page 2 of the manual of the Heron press")
    assert page.text.startswith("“Manual of the Heron press” is in a format without pages.")
    which = ask(desk, "Give me a summary of the holiday calendar", collection="documents")
    assert (which.action, bool(which.content.choices)) == (Action.ASK, True)

    counted = ask(desk, "total orders per branch")
    assert counted.scenario == "DOCUMENTS"
    assert [tuple(row[:2]) for row in counted.content.dashboard["table"]["rows"]] == [("South", 32), ("North", 15)]  # type: ignore[index]
    assert ask(desk, "average margin of coffee shops").scenario == "ANALYTICS"

    itself = ask(desk, "Что это за программа?")
    assert (itself.scenario, itself.action) == ("FAQ", Action.ANSWER)
    assert itself.text.startswith("Nichewise — рабочее место компании")

    letter = (
        "Dear all, the ship is late again and our people in the harbour do not know what they should tell anybody. "
    )
    told = ask(desk, f"{letter * 2}What is the penalty for late delivery by Northwind?", collection="documents")
    assert "0.5 percent" in told.text
