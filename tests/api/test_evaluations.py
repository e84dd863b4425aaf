"""Golden sets and runs over REST, as a program would measure a collection."""

from __future__ import annotations

from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from core.entities.people import User
from core.roles import Role
from services.container import Services
from tests.api.test_matrix import Headers, Person
from tests.shelves import Shelves

GOLDEN = "/api/collections/handbook/golden"
RUNS = "/api/collections/handbook/evaluations"
FACT = "Refunds are paid within ten days of the request by the accounting department."


@pytest.fixture
def admin(person: Person, bearer: Headers, services: Services) -> dict[str, str]:
    shelves = Shelves(services.db, services.vectors)
    shelves.add(shelves.collection("handbook"), [FACT], title="Money")
    user: User = person(Role.ADMIN)
    return bearer(user)


def test_a_program_brings_a_set_measures_it_and_compares(
    client: TestClient, admin: dict[str, str], services: Services
) -> None:
    file = {"file": ("set.jsonl", b'{"question": "When are refunds paid?", "passage": "' + FACT.encode() + b'"}')}
    assert client.post(f"{GOLDEN}/import", files=file, headers=admin).json() == {"added": 1, "known": 0, "open": 0}
    made = client.post(GOLDEN, json={"question": "Which department pays refunds?", "document": "Money"}, headers=admin)
    assert made.status_code == 201
    listed = client.get(GOLDEN, headers=admin)
    assert (listed.headers["x-total-count"], len(listed.json())) == ("2", 2)
    assert len(client.get(f"{GOLDEN}/export", headers=admin).text.splitlines()) == 2

    started = client.post(RUNS, json={"settings": {"vector_weight": 0.5}}, headers=admin)
    assert started.status_code == 202
    services.evaluation.run(UUID(started.json()["job_id"]))
    run = client.get(f"{RUNS}/{started.json()['evaluation_id']}", headers=admin).json()
    assert (run["status"], run["done"], run["measures"]["all"]["recall_1"]["mean"]) == ("done", 4, 1.0)
    compared = client.get(f"{RUNS}/{run['id']}/comparison", params={"before": run["baseline_id"]}, headers=admin)
    assert (compared.json()["same"], compared.json()["changes"]) == (2, [])
    assert len(client.get(RUNS, headers=admin).json()) == 2

    assert client.delete(f"{RUNS}/{run['id']}", headers=admin).status_code == 204
    assert client.delete(f"{GOLDEN}/{made.json()['id']}", headers=admin).status_code == 204
    assert len(client.get(GOLDEN, headers=admin).json()) == 1


def test_what_cannot_be_is_a_bad_request_with_a_sentence(client: TestClient, admin: dict[str, str]) -> None:
    for answer in (
        client.post(RUNS, json={}, headers=admin),
        client.post(RUNS, json={"settings": {"threshold": 7}}, headers=admin),
        client.post(GOLDEN, json={"question": " "}, headers=admin),
        client.post(f"{GOLDEN}/import", files={"file": ("x.json", b"nothing")}, headers=admin),
    ):
        assert answer.status_code == 400
        assert answer.json()["error"]["message"].endswith(".")


def test_a_run_that_waits_is_cancelled_by_deleting_it(client: TestClient, admin: dict[str, str]) -> None:
    client.post(GOLDEN, json={"question": "Which department pays refunds?", "document": "Money"}, headers=admin)
    started = client.post(RUNS, json={}, headers=admin).json()
    assert client.delete(f"{RUNS}/{started['evaluation_id']}", headers=admin).status_code == 204
    assert client.get(f"{RUNS}/{started['evaluation_id']}", headers=admin).json()["status"] == "cancelled"
