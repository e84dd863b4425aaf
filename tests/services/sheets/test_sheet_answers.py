"""Figures of spreadsheets in the assistant: an executed query, said before the figure, with the document cited."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.entities.guards import RoleLimit
from core.entities.messages import Action, Message
from core.entities.people import Principal
from core.settings import Settings
from services.chat.asking import Ask
from services.container import Services
from tests.desk import Desk
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.usefixtures("model")
SALES = "Region,Revenue (USD)\nNorth,100\nSouth,50.5\nNorth,20\n"
LEAVE = "Every person at Oakline has 28 days of leave a year. Leave is asked for in the portal."


@pytest.fixture
def settings(settings: Settings, ollama: OllamaServer) -> Settings:
    return settings.model_copy(update={"ollama_url": ollama.url, "provider": "extractive"})


@pytest.fixture
def desk(services: Services) -> Desk:
    made = Desk(services)
    with services.db.begin() as tx:
        tx.limits.set(RoleLimit(made.sales.role, 1_000))
    made.index(made.admin, SALES, "sales.csv")
    made.index(made.admin, LEAVE, "leave.txt")
    return made


def ask(desk: Desk, who: Principal, message: str, **choice: Any) -> Message:
    started = desk.services.turns.start(who, Ask(message, **choice))
    *_, last = desk.services.turns.follow(who, started.message_id)
    assert last.message, last.error
    return last.message


def test_a_figure_is_calculated_and_the_query_said_before_it(desk: Desk) -> None:
    answer = ask(desk, desk.sales, "What is the total revenue of the north region?", collection="documents")
    how, figure = answer.text.split("\n\n")
    assert how == "*How this was calculated: total of “Revenue”, where “Region” is North; “sales”.*"
    assert figure == "**Total of “Revenue”, where “Region” is North: 120 USD (rows: 2 of 3).** [1]"
    assert [one.title for one in answer.citations] == ["sales"]
    assert (answer.scenario, answer.collection) == ("DOCUMENTS", "documents")
    shown = answer.content.dashboard
    assert shown is not None
    assert shown["table"]["rows"][0][1] == 120
    assert "sum" in shown["sql"]


def test_groups_come_with_a_chart_in_the_language_of_the_question(desk: Desk) -> None:
    answer = ask(desk, desk.sales, "сумма Revenue по Region", collection="documents")
    assert answer.text.startswith("*Как это вычислено: сумма по столбцу «Revenue» по столбцу «Region»")
    assert answer.content.dashboard is not None
    assert answer.content.dashboard["chart"]["kind"] == "bar"


def test_what_is_no_question_about_figures_is_answered_from_passages(desk: Desk) -> None:
    answer = ask(desk, desk.sales, "How many days of leave does every person have?", collection="documents")
    assert "28 days" in answer.text
    assert answer.content.dashboard is None


def test_a_dropped_file_is_asked_first_and_an_unknown_column_gets_choices(desk: Desk) -> None:
    mine = desk.index(desk.sales, "Region,Rent (USD)\nNorth,7\nSouth,8\n", "rents.csv", "my-documents")
    with desk.services.db.begin() as tx:
        talk = tx.conversations.create(desk.sales, "Rents").id
        tx.attachments.add(talk, mine.id)
    answer = ask(desk, desk.sales, "total rent", conversation_id=talk)
    assert "15 USD" in answer.text
    assert {one.document_id for one in answer.citations} == {mine.id}
    assert answer.collection == "my-documents"
    unknown = ask(desk, desk.sales, "total turnover by region", conversation_id=talk)
    assert unknown.action is Action.ASK
    assert "Rent" in [one.label for one in unknown.content.choices]
    chosen = next(one for one in unknown.content.choices if one.label == "Rent")
    pressed = ask(desk, desk.sales, chosen.message, conversation_id=talk, scenario=chosen.scenario)
    assert pressed.content.dashboard is not None
    assert sorted(row[1] for row in pressed.content.dashboard["table"]["rows"]) == [7, 8]


def test_without_documents_no_table_is_asked(desk: Desk) -> None:
    answer = ask(desk, desk.sales, "total revenue by region", collection="documents", retrieval=False)
    assert answer.content.dashboard is None


def test_a_model_proposes_a_plan_that_is_checked_against_the_columns(desk: Desk, ollama: OllamaServer) -> None:
    with desk.services.db.begin() as tx:
        [document] = [one for one in tx.documents.page(desk.sales)[0] if one.filename == "sales.csv"]
    plan = {"document_id": str(document.id), "kind": "figure", "function": "sum", "column": "Takings"}
    ollama.script.reply(json.dumps({"tool": "table_query", "arguments": plan}))
    ollama.script.reply(json.dumps({"tool": "table_query", "arguments": {**plan, "column": "Revenue"}}))
    reply = {"scenario": "DOCUMENTS", "action": "answer", "reply": "170.5 USD were taken [1].", "fields": {}}
    ollama.script.reply(json.dumps(reply))
    question = "How much money did the sales of every region bring together, revenue I mean?"
    answer = ask(desk, desk.sales, question, collection="documents", provider="ollama")
    assert answer.text == "170.5 USD were taken [1]."
    assert answer.content.dashboard is not None
    assert answer.content.dashboard["table"]["rows"][0][1] == 170.5
    first, second, third = ollama.script.asked("/api/chat")
    assert "Revenue (number, USD)" in first["messages"][0]["content"]
    assert "Closest: Region, Revenue" in second["messages"][-1]["content"]
    assert "170.50 USD" in third["messages"][-1]["content"]
