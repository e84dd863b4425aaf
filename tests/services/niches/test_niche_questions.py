"""Questions that the grammar cannot read: a language model proposes the plan, which is checked and shown as its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.entities.corpora import CollectionKind
from core.entities.people import Principal
from core.roles import Role
from core.settings import Settings
from niches.results import Answer
from services.chat.asking import Ask
from services.container import Services
from services.corpora.fingerprints import Fingerprints
from tests.desk import Desk
from tests.niches.world import SALES, import_file
from tests.servers.ollama import OllamaServer

FIGURES = b"""code,niche,sector,region,employees,receipts_kusd
A,Bakery,Food,,10,100
B,Car wash,Cars,,40,70
C,Cinema,Leisure,,20,300
A,Bakery,Food,Kazan,4,30
"""
QUESTION = "Which trade brings in the most money?"
PLAN = {
    "kind": "top",
    "dataset": "figures",
    "metric": "receipts_kusd",
    "metric_words": "brings in the most money",
    "n": 2,
}


@pytest.fixture
def settings(settings: Settings, ollama: OllamaServer) -> Settings:
    return settings.model_copy(update={"ollama_url": ollama.url, "provider": "ollama"})


@pytest.fixture
def niches(services: Services) -> Services:
    assert import_file(services, "figures.csv", FIGURES).status == "done"
    return services


def _ask(services: Services, ollama: OllamaServer, question: str, *replies: dict[str, Any] | str) -> Answer:
    for reply in replies:
        ollama.script.reply(reply if isinstance(reply, str) else json.dumps(reply))
    return services.niches.questions.ask(SALES, question)


def _prompts(ollama: OllamaServer) -> list[str]:
    return [body["messages"][-1]["content"] for body in ollama.script.asked("/api/chat")]


def test_a_plan_of_the_model_is_run_and_said_to_be_its_own(niches: Services, ollama: OllamaServer) -> None:
    answer = _ask(niches, ollama, QUESTION, f"Here it is: {json.dumps(PLAN)}")
    assert answer.table is not None
    assert [row[0] for row in answer.table.rows] == ["C", "A"]
    assert answer.proposal is not None
    assert answer.proposal.model == "llama3.1:8b"
    assert answer.proposal.taken == (("brings in the most money", "Receipts"),)
    (prompt,) = _prompts(ollama)
    assert "receipts_kusd = Receipts, thousand USD" in prompt
    assert QUESTION in prompt
    assert _ask(niches, ollama, QUESTION).table == answer.table  # the same question is not asked again
    assert len(_prompts(ollama)) == 1


def test_a_proposed_plan_is_part_of_the_persons_usage(niches: Services, ollama: OllamaServer) -> None:
    who = Desk(niches).sales
    ollama.script.reply(json.dumps(PLAN), prompt_tokens=900, completion_tokens=60)
    niches.niches.questions.ask(who, QUESTION)
    niches.niches.questions.ask(who, QUESTION)  # kept: costs nothing
    total = niches.usage.report(who).total
    assert (total.prompt_tokens, total.completion_tokens) == (900, 60)
    assert niches.usage.quota(who).spent == 960


def test_what_the_grammar_reads_no_model_is_asked(niches: Services, ollama: OllamaServer) -> None:
    answer = _ask(niches, ollama, "employees of Bakery in Kazan")
    assert answer.proposal is None
    assert not _prompts(ollama)


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ("I think it is the cinema.", "not a JSON object"),
        ('{"kind": "top"', "not a JSON object"),
        ("{'kind': 'top'}", "not valid JSON"),
        ({**PLAN, "kind": "best"}, "kind: Input should be"),
        ({**PLAN, "sql": "DROP TABLE niches"}, "sql: Extra inputs"),
        ({**PLAN, "metric": "profit"}, "There is no metric profit"),
        ({**PLAN, "metric_words": "the profit of it"}, "does not stand in the question"),
        ({**PLAN, "kind": "value", "niches": ["B"], "niche_words": []}, "niche_words must quote"),
        ({**PLAN, "kind": "value", "niches": ["B"], "niche_words": ["trade"]}, "is not the niche B"),
    ],
)
def test_a_plan_that_cannot_be_used_is_corrected_once(
    niches: Services, ollama: OllamaServer, broken: dict[str, Any] | str, problem: str
) -> None:
    answer = _ask(niches, ollama, QUESTION, broken, PLAN)
    assert answer.table is not None
    assert problem in _prompts(ollama)[1]


def test_what_is_not_in_the_catalogue_gets_the_closest_choices(niches: Services, ollama: OllamaServer) -> None:
    wrong = {**PLAN, "metric": "receipt"}
    answer = _ask(niches, ollama, QUESTION, wrong, wrong)
    assert answer.table is None
    assert answer.refusal is not None
    assert answer.refusal.about == "metric"
    assert answer.refusal.choices[0] == "Receipts"
    assert answer.refusal.values["name"] == "brings in the most money"
    asked = _ask(niches, ollama, "How happy are bakers?", {"unknown": "metric", "words": "happy"})
    assert asked.table is None
    assert asked.refusal is not None
    assert asked.refusal.choices


@pytest.mark.parametrize("fault", [{"status": 500}, {"fault": "cut"}, {"fault": "garbage"}])
def test_without_an_answer_of_the_model_the_grammar_asks_back(
    niches: Services, ollama: OllamaServer, fault: dict[str, Any]
) -> None:
    ollama.script.default.status = fault.get("status", 200)
    ollama.script.default.fault = fault.get("fault", "")
    answer = _ask(niches, ollama, QUESTION)
    assert answer.refusal is not None
    assert answer.proposal is None


def test_an_ambiguous_question_is_asked_back_and_not_guessed_by_a_model(niches: Services, ollama: OllamaServer) -> None:
    answer = _ask(niches, ollama, "employees and receipts of Bakery")
    assert answer.refusal is not None
    assert not _prompts(ollama)


@pytest.mark.usefixtures("model")
def test_the_chat_shows_the_models_plan_with_its_figures(niches: Services, ollama: OllamaServer) -> None:
    with niches.db.begin() as tx:
        made = Fingerprints(niches.settings).current()
        tx.collections.ensure("analytics", "Analytics", CollectionKind.ANALYTICS, made, readers=[Role.SALES])
    who: Principal = Desk(niches).sales
    ollama.script.reply(json.dumps(PLAN))
    ollama.script.default.pieces = ('{"reply": "The cinema.", "action": "answer", "fields": {}}',)
    started = niches.turns.start(who, Ask(QUESTION, scenario="ANALYTICS"))
    *_, last = niches.turns.follow(who, started.message_id)
    assert last.message is not None
    dashboard = last.message.content.dashboard
    assert dashboard is not None
    assert dashboard["proposal"]["model"] == "llama3.1:8b"
    assert [row[0] for row in dashboard["table"]["rows"]] == ["C", "A"]
