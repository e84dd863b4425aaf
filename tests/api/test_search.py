"""`GET /api/search`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from core.entities.corpora import Collection
from core.entities.people import User
from core.roles import Role
from services.container import Services
from tests.shelves import STAFF, Shelves

Bearer = Callable[[User], dict[str, str]]
Person = Callable[..., User]


@pytest.fixture
def shelves(services: Services) -> Shelves:
    return Shelves(services.db, services.vectors)


@pytest.fixture
def shelf(shelves: Shelves) -> Collection:
    return shelves.collection("documents")


def test_hits_say_what_they_are_and_where_they_come_from(
    client: TestClient, admin: dict[str, str], shelves: Shelves, shelf: Collection
) -> None:
    document = shelves.add(shelf, ["Refunds take ten days.", "Offices open at nine."], title="Handbook")
    answer = client.get("/api/search", params={"q": "refunds in days", "k": 1}, headers=admin).json()
    (hit,) = answer["hits"]
    assert hit["document_id"] == str(document)
    assert (hit["title"], hit["page"], hit["text"]) == ("Handbook", None, "Refunds take ten days.")
    assert hit["legs"] == {"vector": None, "lexical": 1}
    assert answer["took_ms"] > 0
    assert 0 < answer["evidence"] <= 1


def test_tags_and_collection_narrow_the_search(client: TestClient, admin: dict[str, str], shelves: Shelves) -> None:
    other = shelves.collection("other", STAFF)
    shelves.add(other, ["Refunds, tagged"], tags=["money", "rules"])
    shelves.add(other, ["Refunds, half tagged"], tags=["money"])
    query = {"q": "refunds", "collection": "other", "tags": ["money", "rules"]}
    answer = client.get("/api/search", params=query, headers=admin).json()
    assert [hit["text"] for hit in answer["hits"]] == ["Refunds, tagged"]


def test_only_what_the_caller_may_read_is_found(
    client: TestClient, person: Person, bearer: Bearer, shelves: Shelves, shelf: Collection
) -> None:
    shelves.add(shelf, ["Refunds for all"])
    shelves.add(shelf, ["Refunds of the board"], readers=[Role.ADMIN])
    for role, found in ((Role.SALES, 1), (Role.ANALYST, 1), (Role.ADMIN, 2)):
        answer = client.get("/api/search", params={"q": "refunds"}, headers=bearer(person(role))).json()
        assert len(answer["hits"]) == found, role


def test_strangers_are_not_answered(client: TestClient, shelf: Collection) -> None:
    assert client.get("/api/search", params={"q": "refunds"}).status_code == 401


@pytest.mark.parametrize(
    "query",
    [{}, {"q": "   "}, {"q": "a", "k": 0}, {"q": "a", "k": 101}, {"q": "a\x00b"}, {"q": "a" * 20_001}],
    ids=["none", "blank", "k=0", "k=101", "nul", "long"],
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(
    client: TestClient, admin: dict[str, str], shelf: Collection, query: dict[str, str | int]
) -> None:
    response = client.get("/api/search", params=query, headers=admin)
    assert response.status_code in (400, 422)
    assert response.json()["error"]["message"]


def test_a_collection_that_is_not_there_is_404(client: TestClient, admin: dict[str, str]) -> None:
    response = client.get("/api/search", params={"q": "refunds", "collection": "nowhere"}, headers=admin)
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"
