"""Providers and comparisons by REST."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

import api
from core.entities import User
from core.roles import Role
from core.settings import Settings
from services import container
from services.container import Services
from tests.conftest import KEY
from tests.servers.openai import OpenAIServer


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


def test_the_app_still_describes_itself(services: Services) -> None:
    assert "/api/compare" in api.create_app(services).openapi()["paths"]
