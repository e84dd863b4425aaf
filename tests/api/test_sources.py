from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from core.entities.people import User
from core.roles import Role
from services.container import Services

KEY = "planted-7f3a9c51e2"


@pytest.fixture
def folder(services: Services) -> Path:
    services.collections.ensure_defaults()
    made = services.settings.readable_folders[0] / "papers"
    made.mkdir(parents=True)
    (made / "one.txt").write_text("Абрикосы дорожают.")
    return made


def test_a_source_is_registered_read_changed_and_removed(
    client: TestClient, admin: dict[str, str], folder: Path, services: Services
) -> None:
    config = {"path": str(folder)}
    tried = client.post("/api/sources/test", json={"kind": "folder", "config": config}, headers=admin).json()
    assert [(one["title"], one["text"]) for one in tried] == [("one", "Абрикосы дорожают.")]
    new = {"kind": "folder", "name": "Papers", "config": config}
    made = client.post("/api/collections/documents/sources", json=new, headers=admin).json()
    assert client.post("/api/collections/documents/sources", json=new, headers=admin).status_code == 409
    started = client.post(f"/api/sources/{made['id']}/runs", json={}, headers=admin)
    assert started.status_code == 202
    assert client.post(f"/api/sources/{made['id']}/runs", json={}, headers=admin).status_code == 409
    (waiting,) = client.get(f"/api/sources/{made['id']}/runs", headers=admin).json()
    assert (waiting["id"], waiting["status"]) == (started.json()["run_id"], "waiting")
    services.source_refresh.run(UUID(waiting["id"]))
    (listed,) = client.get("/api/collections/documents/sources", headers=admin).json()
    assert (listed["documents"], listed["last_run"]["added"], listed["config"]) == (1, 1, {**config, "pattern": ""})
    changed = client.patch(f"/api/sources/{made['id']}", json={"interval_minutes": 60}, headers=admin).json()
    assert (changed["name"], changed["interval_minutes"]) == ("Papers", 60)
    assert changed["due_at"]
    assert client.delete(f"/api/sources/{made['id']}", headers=admin).json() == {"run_id": None}
    assert client.get(f"/api/sources/{made['id']}", headers=admin).status_code == 404


def test_a_run_that_waits_can_be_cancelled_once(client: TestClient, admin: dict[str, str], folder: Path) -> None:
    new = {"kind": "folder", "name": "Papers", "config": {"path": str(folder)}}
    made = client.post("/api/collections/documents/sources", json=new, headers=admin).json()
    run_id = client.post(f"/api/sources/{made['id']}/runs", json={}, headers=admin).json()["run_id"]
    answers = [client.post(f"/api/sources/runs/{run_id}/cancel", headers=admin).status_code for _ in range(2)]
    assert answers == [204, 409]


def test_credentials_are_in_no_answer(client: TestClient, admin: dict[str, str], folder: Path) -> None:
    config = {"url": f"https://api.example.com/?api_key={KEY}", "headers": {"Authorization": KEY}}
    new = {"kind": "rest", "name": "Articles", "config": config}
    made = client.post("/api/collections/documents/sources", json=new, headers=admin)
    listed = client.get("/api/collections/documents/sources", headers=admin)
    assert KEY not in made.text + listed.text
    assert made.json()["config"]["headers"] == {"Authorization": "•••"}


def test_the_configuration_is_for_administrators(
    client: TestClient,
    admin: dict[str, str],
    folder: Path,
    person: Callable[..., User],
    bearer: Callable[[User], dict[str, str]],
) -> None:
    new = {"kind": "folder", "name": "Papers", "config": {"path": str(folder)}}
    client.post("/api/collections/documents/sources", json=new, headers=admin)
    (seen,) = client.get("/api/collections/documents/sources", headers=bearer(person(Role.ANALYST))).json()
    assert (seen["name"], seen["config"]) == ("Papers", None)


def test_readers_are_set_and_explained(
    client: TestClient, admin: dict[str, str], folder: Path, person: Callable[..., User]
) -> None:
    sales = person(Role.SALES)
    files = {"file": ("a.txt", "Абрикосы дорожают.".encode())}
    document = client.post("/api/documents", files=files, headers=admin).json()["document_id"]
    body = {"roles": ["analyst"], "people": []}
    assert client.patch(f"/api/documents/{document}/readers", json=body, headers=admin).json() == body
    why = client.get(f"/api/users/{sales.id}/access", params={"document": document}, headers=admin).json()
    assert why == {"allowed": False, "collection": ["role"], "document": []}
    body = {"roles": ["guest"], "people": [sales.email]}
    assert client.patch("/api/collections/documents/readers", json=body, headers=admin).json() == body
    why = client.get(f"/api/users/{sales.id}/access", headers=admin).json()
    assert why == {"allowed": True, "collection": ["person"], "document": None}
    seen = client.get(f"/api/users/{sales.id}/collections", headers=admin).json()
    assert [one["name"] for one in seen] == ["analytics", "documents", "faq"]
