"""Providers and comparisons by REST."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from core.entities.people import User
from core.entities.playground import Configuration
from core.roles import Role
from core.settings import Settings
from services import container
from services.container import Services
from services.playground.comparisons import Comparison
from tests.conftest import KEY
from tests.servers.ollama import OllamaServer
from tests.servers.openai import OpenAIServer
from tests.servers.scripted import Reply


@pytest.fixture
def services(build_services: Callable[[Settings], Services], served_settings: Settings) -> Iterator[Services]:
    """With every model server on loopback."""
    built = build_services(served_settings)
    built.collections.ensure_defaults()
    container.install(built)
    yield built
    container.install(None)


@pytest.fixture
def analyst(person: Callable[..., User], bearer: Callable[[User], dict[str, str]]) -> dict[str, str]:
    return bearer(person(Role.ANALYST))


def test_providers_are_listed_without_keys_and_addresses(client: TestClient, analyst: dict[str, str]) -> None:
    answer = client.get("/api/providers", headers=analyst)
    listed = {one["name"]: one for one in answer.json()}
    assert listed["openai"]["models"] == ["gpt-4o-mini"]
    assert "top_k" in listed["ollama"]["accepts"]
    assert KEY not in answer.text
    assert "http://" not in answer.text


def test_several_configurations_answer_one_question(
    client: TestClient, analyst: dict[str, str], openai: OpenAIServer
) -> None:
    openai.script.default.status = 500
    columns = [
        {"provider": "ollama", "params": {"temperature": 0.1}, "retrieval": False},
        {"provider": "openai", "retrieval": False},
        {"provider": "gemini", "params": {"top_k": 3}, "system": "Be brief.", "retrieval": False},
    ]
    body = {"message": "How many days?", "configurations": columns}
    answer = client.post("/api/compare", json=body, headers=analyst).json()
    attempts = [column["attempts"][0] for column in answer["columns"]]
    assert [one["status"] for one in attempts] == ["done", "failed", "done"]
    assert attempts[0]["applied"] == ["temperature"]
    assert "answered with an error" in attempts[1]["error"]
    assert attempts[2]["usage"] == {"prompt_tokens": 11, "completion_tokens": 7, "estimated": False}
    assert client.get(f"/api/compare/{answer['id']}", headers=analyst).json() == answer


def test_columns_stream_side_by_side_as_events(
    client: TestClient, analyst: dict[str, str], ollama: OllamaServer, openai: OpenAIServer
) -> None:
    ollama.script.default = Reply(("Four", "teen", " days."), pause=0.1)
    openai.script.default.status = 500
    columns = [{"provider": "ollama", "retrieval": False}, {"provider": "openai", "retrieval": False}]
    body = {"message": "How many days?", "configurations": columns, "repeats": 2}
    headers = {**analyst, "Accept": "text/event-stream"}
    with client.stream("POST", "/api/compare", json=body, headers=headers) as answer:
        told = events("".join(answer.iter_text()))
    assert (told[0][0], told[-1][0]) == ("started", "done")
    pieces = [data["text"] for kind, data in told if kind == "token" and (data["column"], data["attempt"]) == (0, 1)]
    assert "".join(pieces) == "Fourteen days."
    assert len(pieces) > 1
    ended = {(data["column"], data["attempt"]): data["result"]["status"] for kind, data in told if kind == "column"}
    assert ended == {(0, 0): "done", (0, 1): "done", (1, 0): "failed", (1, 1): "failed"}
    assert told[-1][1]["id"] == told[0][1]["id"] == answer.headers["X-Experiment-Id"]
    assert [len(column["attempts"]) for column in told[-1][1]["columns"]] == [2, 2]


def events(stream: str) -> list[tuple[str, dict[str, Any]]]:
    told = (block.split("\n", 1) for block in stream.strip().split("\n\n") if block.startswith("event:"))
    return [(kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for kind, data in told]


def test_a_column_can_be_stopped(client: TestClient, analyst: dict[str, str], ollama: OllamaServer) -> None:
    ollama.script.default = Reply(fault="hang")
    who = container.current().sessions.resolve_bearer(analyst["Authorization"].removeprefix("Bearer "))
    asked = Comparison("How many days?", [Configuration("ollama", retrieval=False)], "")
    experiment = container.current().playground.start(who, asked)
    client.post(f"/api/compare/{experiment}/stop", params={"column": 0}, headers=analyst)
    assert container.current().playground.wait(experiment, 20)
    answer = client.get(f"/api/compare/{experiment}", headers=analyst).json()
    assert answer["columns"][0]["attempts"][0]["status"] == "stopped"


def test_a_sweep_is_started_followed_and_read(client: TestClient, analyst: dict[str, str]) -> None:
    body = {"message": "How many days?", "configurations": [{"provider": "ollama", "retrieval": False}]}
    address = f"/api/compare/{client.post('/api/compare', json=body, headers=analyst).json()['id']}"
    assert client.get(f"{address}/sweep", headers=analyst).status_code == 404
    grid = {"temperatures": [0, 1], "top_ps": [0.5], "repeats": 2}
    started = client.post(f"{address}/sweep", json=grid, headers=analyst)
    assert started.status_code == 202
    job = UUID(started.json()["job_id"])
    waiting = client.get(f"{address}/sweep", headers=analyst).json()
    assert (waiting["status"], waiting["done"], waiting["total"]) == ("waiting", 0, 2)
    container.current().sweeps.run(job, UUID(address.rsplit("/", 1)[1]), 0)
    done = client.get(f"{address}/sweep", headers=analyst).json()
    assert (done["status"], [len(cell["attempts"]) for cell in done["cells"]]) == ("done", [2, 2])
    assert client.get(f"/api/jobs/{job}", headers=analyst).json()["status"] == "done"
    again = client.post(f"{address}/sweep", json=grid, headers=analyst)
    assert again.status_code == 202
    client.post(f"{address}/sweep", json=grid, headers=analyst)
    replaced = client.get(f"/api/jobs/{again.json()['job_id']}", headers=analyst).json()
    assert replaced["status"] == "cancelled"
    assert client.delete(f"{address}/sweep", headers=analyst).json()["status"] == "cancelled"
    assert client.post(f"{address}/sweep", json={**grid, "column": 4}, headers=analyst).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Hi", "configurations": [{}] * 5},
        {"message": "Hi", "configurations": [{"params": {"temperature": 9}}]},
        {"message": " ", "configurations": [{}]},
        {"message": "Hi", "configurations": [{"provider": "bard"}]},
    ],
)
def test_what_cannot_be_compared_is_a_bad_request(
    client: TestClient, analyst: dict[str, str], body: dict[str, object]
) -> None:
    answer = client.post("/api/compare", json=body, headers=analyst)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
