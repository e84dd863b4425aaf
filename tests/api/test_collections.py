from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from core.entities.people import User
from core.roles import Role
from services.container import Services

Headers = dict[str, str]


@pytest.fixture(autouse=True)
def defaults(services: Services) -> None:
    services.collections.ensure_defaults()


@pytest.fixture
def sales(person: Callable[..., User], bearer: Callable[[User], Headers]) -> Headers:
    return bearer(person(Role.SALES))


def test_the_list_has_what_other_programs_rely_on(client: TestClient, sales: Headers) -> None:
    listed = client.get("/api/collections", headers=sales).json()
    assert [collection["name"] for collection in listed] == ["analytics", "documents", "faq", "my-documents"]
    assert listed[2] == {
        "name": "faq",
        "title": "Questions and answers",
        "kind": "faq",
        "documents": 0,
        "chunks": 0,
        "version": 1,
        "embedding": "all-MiniLM-L6-v2-int8",
    }


def test_an_administrator_creates_a_collection_and_starts_its_reindex(
    client: TestClient, admin: Headers, sales: Headers, model: None
) -> None:
    body = {"name": "prices", "title": "Price lists", "kind": "documents", "readers": ["analyst"]}
    created = client.post("/api/collections", json=body, headers=admin)
    assert (created.status_code, created.json()["name"]) == (201, "prices")
    assert "prices" not in [one["name"] for one in client.get("/api/collections", headers=sales).json()]
    started = client.post("/api/collections/prices/reindex", headers=admin)
    assert started.status_code == 202
    job = client.get(f"/api/jobs/{started.json()['job_id']}", headers=admin)
    assert job.json() == {
        "status": "waiting",
        "done": 0,
        "total": 0,
        "result": {"collection": "prices", "version": 2, "switch": True},
        "error": "",
    }
    assert client.post("/api/collections/prices/reindex", headers=admin).status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "faq", "title": "Again", "kind": "faq"}, 409),
        ({"name": "No good", "title": "x", "kind": "faq"}, 400),
        ({"name": "mine", "title": "x", "kind": "personal"}, 400),
        ({"name": "prices", "title": "x", "kind": "unheard-of"}, 422),
        ({"name": "prices"}, 422),
    ],
)
def test_a_collection_that_cannot_be_is_refused_with_a_reason(
    client: TestClient, admin: Headers, body: dict[str, str], status: int
) -> None:
    refused = client.post("/api/collections", json=body, headers=admin)
    assert refused.status_code in (status, 400)
    assert refused.json()["error"]["message"]


def test_others_may_neither_create_nor_reindex(client: TestClient, sales: Headers) -> None:
    body = {"name": "prices", "title": "Price lists", "kind": "documents"}
    assert client.post("/api/collections", json=body, headers=sales).status_code == 403
    assert client.post("/api/collections/faq/reindex", headers=sales).status_code == 403
    assert client.get("/api/collections").status_code == 401


def test_an_administrator_renames_a_collection_and_deletes_it(
    client: TestClient, admin: Headers, sales: Headers, services: Services
) -> None:
    body = {"name": "prices", "title": "Price lists", "kind": "documents"}
    client.post("/api/collections", json=body, headers=admin)
    renamed = client.patch("/api/collections/prices", json={"title": "Prices of 2026"}, headers=admin)
    assert (renamed.status_code, renamed.json()["name"], renamed.json()["title"]) == (200, "prices", "Prices of 2026")
    assert client.patch("/api/collections/prices", json={"title": " "}, headers=admin).status_code == 400
    deleted = client.delete("/api/collections/prices", headers=admin)
    assert deleted.status_code == 202
    counts = {"documents": 0, "passages": 0, "versions": 1, "sources": 0, "questions": 0, "tables": 0}
    assert {key: deleted.json()[key] for key in counts} == counts
    assert "prices" not in [one["name"] for one in client.get("/api/collections", headers=admin).json()]
    assert client.delete("/api/collections/prices", headers=admin).status_code == 404
    job = client.get(f"/api/jobs/{deleted.json()['job_id']}", headers=admin).json()
    assert (job["status"], job["result"]["collection"]) == ("waiting", "prices")


def test_built_in_collections_can_be_renamed_and_not_deleted_and_nobody_else_does_either(
    client: TestClient, admin: Headers, sales: Headers
) -> None:
    assert client.delete("/api/collections/faq", headers=admin).status_code == 400
    assert client.delete("/api/collections/my-documents", headers=admin).status_code == 404  # not made yet
    assert client.patch("/api/collections/faq", json={"title": "Help"}, headers=admin).json()["title"] == "Help"
    assert client.patch("/api/collections/faq", json={"title": "Mine"}, headers=sales).status_code == 403
    assert client.delete("/api/collections/faq", headers=sales).status_code == 403
