"""POST /api/route: the scenario of a message, without an answer."""

from __future__ import annotations

from collections.abc import Callable

from fastapi.testclient import TestClient

from core.entities.people import User

Headers = dict[str, str]


def test_a_message_gets_its_scenario_scores_reason_and_who_decided(
    client: TestClient, person: Callable[..., User], bearer: Callable[[User], Headers]
) -> None:
    headers = bearer(person())
    body = client.post("/api/route", json={"message": "Сколько зарабатывает пекарня?"}, headers=headers).json()
    assert (body["scenario"], body["decided_by"], body["question"]) == ("ANALYTICS", "classifier", [])
    assert set(body["scores"]) == {"FAQ", "ANALYTICS", "REGISTRATION", "DOCUMENTS", "OFFTOPIC"}
    assert body["reason"]
    assert client.get("/api/collections", headers=headers).status_code == 200


def test_an_empty_or_endless_message_is_refused_with_a_sentence(
    client: TestClient, person: Callable[..., User], bearer: Callable[[User], Headers]
) -> None:
    headers = bearer(person())
    assert client.post("/api/route", json={"message": " "}, headers=headers).status_code == 400
    assert client.post("/api/route", json={"message": "a" * 8001}, headers=headers).status_code == 422
