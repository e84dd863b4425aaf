"""The REST contract of niches: import, search, dashboard, questions."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from core.entities.people import User
from core.roles import Role
from services.container import Services

FILE = b"code,niche,sector,region,employees\nA,Bakery,Food,,10\nB,Car wash,Cars,,40\nA,Bakery,Food,Kazan,4\n"


@pytest.fixture
def sales(person: Callable[..., User], bearer: Callable[[User], dict[str, str]]) -> dict[str, str]:
    return bearer(person(Role.SALES))


@pytest.fixture
def imported(client: TestClient, services: Services, admin: dict[str, str]) -> None:
    mapping = json.dumps({"source": "Survey", "as_of": "2024"})
    files, data = {"file": ("figures.csv", FILE)}, {"mapping": mapping}
    started = client.post("/api/niches/import", files=files, data=data, headers=admin)
    assert started.status_code == 202
    path = f"/api/jobs/{started.json()['job_id']}"
    run = client.get(path, headers=admin).json()
    services.niche_import_job.run(UUID(started.json()["job_id"]), UUID(run["result"]["import_id"]))
    ended = client.get(path, headers=admin).json()
    assert (ended["status"], ended["result"]["niches"], ended["done"]) == ("done", 2, 3)


@pytest.mark.usefixtures("imported")
def test_a_niche_is_found_and_shown(client: TestClient, sales: dict[str, str]) -> None:
    found = client.get("/api/niches", params={"q": "bakry", "k": 1}, headers=sales).json()["niches"]
    assert [(one["id"], one["title"], one["sector"]) for one in found] == [("A", "Bakery", "Food")]
    assert 0.7 < found[0]["score"] <= 1
    shown = client.get("/api/niches/A", headers=sales).json()
    metric = shown["metrics"][0]
    assert (metric["name"], metric["value"], metric["rank"], metric["as_of"]) == ("employees", 10, 2, "2024")
    assert shown["table"]["rows"] == [["Kazan", 4]]
    assert shown["source"] == "Survey"
    assert client.get("/api/niches/none", headers=sales).status_code == 404


@pytest.mark.usefixtures("imported")
def test_a_question_shows_its_query_and_an_unknown_one_asks_back(client: TestClient, sales: dict[str, str]) -> None:
    answer = client.post("/api/niches/ask", json={"question": "employees of Bakery in Kazan"}, headers=sales).json()
    assert answer["table"]["rows"][0][-1] == 4
    assert answer["plan"]["kind"] == "value"
    assert answer["sql"].startswith("SELECT")
    assert (answer["proposed_by"], answer["taken"]) == ("", {})
    refused = client.post("/api/niches/ask", json={"question": "employees of Bakry"}, headers=sales).json()
    assert refused["refusal"]["choices"] == ["Bakery"]
    assert refused["table"] is None


@pytest.mark.parametrize("mapping", ["{", "[]", '{"columns": {"x": "code"}}', '{"king": 1}'])
def test_a_bad_mapping_is_a_sentence(client: TestClient, admin: dict[str, str], mapping: str) -> None:
    files = {"file": ("figures.csv", FILE)}
    response = client.post("/api/niches/import", files=files, data={"mapping": mapping}, headers=admin)
    assert response.status_code == 400
    assert response.json()["error"]["message"]


def test_a_file_of_another_format_is_refused(client: TestClient, admin: dict[str, str]) -> None:
    response = client.post("/api/niches/import", files={"file": ("figures.pdf", b"%PDF")}, headers=admin)
    assert response.status_code == 415
