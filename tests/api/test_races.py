"""The same request several times at the same moment: one of them does it, and none of them fails."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.container import Services
from services.identity.keys import MOST_KEYS

Headers = dict[str, str]
AT_ONCE = 6


def _at_once(call: Callable[[int], Any], times: int = AT_ONCE) -> Counter[int]:
    """How often each status was answered."""
    gate = threading.Barrier(times)

    def one(number: int) -> int:
        gate.wait(20)
        return int(call(number).status_code)

    with ThreadPoolExecutor(times) as pool:
        return Counter(pool.map(one, range(times)))


@pytest.fixture
def inbox(services: Services) -> Path:
    folder = services.settings.readable_folders[0]
    folder.mkdir(parents=True)
    return folder


def test_a_source_is_deleted_once(client: TestClient, services: Services, admin: Headers, inbox: Path) -> None:
    services.collections.ensure_defaults()
    body = {"kind": "folder", "name": "Inbox", "config": {"path": str(inbox)}}
    made = client.post("/api/collections/documents/sources", json=body, headers=admin).json()
    address = f"/api/sources/{made['id']}"
    ways = ("", "?documents=true")
    got = _at_once(lambda number: client.delete(address + ways[number % 2], headers=admin))
    assert set(got) <= {200, 404, 409}
    assert got[200] >= 1


def test_a_person_has_no_more_keys_than_the_limit(client: TestClient, services: Services, admin: Headers) -> None:
    principal = services.sessions.resolve_bearer(admin["Authorization"].removeprefix("Bearer "))
    for number in range(MOST_KEYS - 1):
        services.keys.create(principal, f"key {number}")
    got = _at_once(lambda _: client.post("/api/keys", json={"name": "one more"}, headers=admin))
    assert got == {201: 1, 409: AT_ONCE - 1}
    assert len(client.get("/api/keys", headers=admin).json()) == MOST_KEYS


def test_a_document_is_deleted_once(client: TestClient, services: Services, admin: Headers) -> None:
    services.collections.ensure_defaults()
    file = {"file": ("note.txt", b"The rent is 500 a month.")}
    made = client.post("/api/documents", files=file, headers=admin).json()
    got = _at_once(lambda _: client.delete(f"/api/documents/{made['document_id']}", headers=admin))
    assert set(got) <= {200, 404}
    entries = client.get("/api/audit", params={"action": "document.delete"}, headers=admin).json()
    assert len(entries) == 1


@pytest.mark.usefixtures("model")
def test_what_is_made_at_the_same_moment_is_made_once(client: TestClient, services: Services, admin: Headers) -> None:
    services.collections.ensure_defaults()
    once = {201: 1, 409: AT_ONCE - 1}
    collection = {"name": "contracts", "title": "Contracts"}
    assert _at_once(lambda _: client.post("/api/collections", json=collection, headers=admin)) == once
    person = {"email": "new@example.com", "name": "New", "role": "sales", "password": "a long passphrase"}
    assert _at_once(lambda _: client.post("/api/users", json=person, headers=admin)) == once
    file = ("note.txt", b"The rent is 500 a month.")
    stored = _at_once(lambda _: client.post("/api/documents", files={"file": file}, headers=admin))
    assert stored == {202: 1, 200: AT_ONCE - 1}
    reindexed = _at_once(lambda _: client.post("/api/collections/documents/reindex", headers=admin))
    assert reindexed == {202: 1, 409: AT_ONCE - 1}
