"""What nobody means to send: every text, number and name of every route, in forms that cannot be kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import api
from core.entities.people import User
from services.container import Services
from tests.api.described import Operation, body_of, operations, places, put

Headers = dict[str, str]
MENDED = {("message",)}  # what people paste into a question is made readable, not refused
JSON = {"Content-Type": "application/json"}
UNKEEPABLE = ("a\x00b", "a\ud800b", {"a\x00": 1}, 10**400, float("nan"))
ADDRESSES = ("a%00b", "%ED%A0%80", "9" * 400, str(2**31), str(2**63))


def _answer(client: TestClient, operation: Operation, headers: Headers, path: str = "", **more: Any) -> int:
    path = path or operation.path
    for one in operation.parameters("path"):
        path = path.replace(f"{{{one['name']}}}", "0f8fad5b-d9cb-469f-a165-70867728950e")
    answer = client.request(operation.method, path, headers=headers, **more)
    if answer.status_code >= 400:
        assert set(answer.json()["error"]) == {"code", "message", "reference"}
    return answer.status_code


def _app(client: TestClient) -> FastAPI:
    assert isinstance(client.app, FastAPI)
    return client.app


def test_what_cannot_be_kept_is_refused_in_every_field_of_every_body(client: TestClient, admin: Headers) -> None:
    taken, tried = [], 0
    for operation in operations(_app(client)):
        body = body_of(_app(client), operation)
        for at in places(body) if body else ():
            for bad in UNKEEPABLE:
                content = json.dumps(put(body, at, bad))
                status = _answer(client, operation, {**admin, **JSON}, content=content)
                tried += 1
                if status != 422 and not (at in MENDED and status < 500):
                    taken.append((operation.name, at, bad, status))
    assert not taken
    assert tried > 300


def test_what_cannot_be_kept_is_refused_in_every_address_and_form(client: TestClient, admin: Headers) -> None:
    taken, tried = [], 0
    for operation in operations(_app(client)):
        in_path, in_query = (operation.parameters(where) for where in ("path", "query"))
        for bad in ADDRESSES:
            paths = [operation.path.replace(f"{{{one['name']}}}", bad) for one in in_path]
            paths += [f"{operation.path}?{one['name']}={bad}" for one in in_query]
            for path in paths:
                status = _answer(client, operation, admin, path)
                tried += 1
                if status >= 500 or ("%00" in bad and status < 400):
                    taken.append((operation.name, path[:100], status))
    assert not taken
    assert tried > 500


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00Z"])
def test_a_time_that_not_every_clock_can_show_is_refused(
    client: TestClient, admin: Headers, person: Callable[..., User], moment: str
) -> None:
    someone = person()
    assert client.post("/api/keys", json={"expires_at": moment}, headers=admin).status_code == 422
    changed = client.patch(f"/api/users/{someone.id}", json={"active_until": moment}, headers=admin)
    assert changed.status_code == 422
    assert client.get("/api/users", headers=admin).status_code == 200


def test_an_address_that_a_proxy_passes_on_may_be_anything(services: Services) -> None:
    host = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(200))
    with TestClient(api.create_app(services), client=(host, 1)) as client:
        headers = {"User-Agent": host}
        answer = client.post("/api/auth/token", data={"username": "x@example.com", "password": "x"}, headers=headers)
    assert answer.status_code == 401


def test_whoever_asks_for_the_head_is_answered_as_for_the_whole(client: TestClient, admin: Headers) -> None:
    for path, status in (("/api/health", 200), ("/api/me", 200), ("/api/nothing", 404), ("/api/auth/token", 405)):
        assert client.head(path, headers=admin).status_code == status


BOOK = b"PK\x03\x04xx"
DEEP = "[" * 100_000
FILES = [
    ("/api/niches/import", "n.csv", b"niche,staff\nBakery,3\n", {"mapping": DEEP}, 400),
    ("/api/niches/import", "n.csv", b"niche,staff\nBakery,3\n", {"mapping": '{"title": "a\\u0000b"}'}, 202),
    ("/api/niches/import", "n.csv", b"niche,staff\nBakery,3\n", {"mapping": '{"columns": {"\\ud800": "metric"}}'}, 400),
    ("/api/niches/import", "n" * 230 + ".csv", b"niche,staff\nBakery,3\n", {}, 202),
    ("/api/niches/import", "n.xlsx", BOOK, {}, 422),
    ("/api/collections/documents/golden/import", "g.json", DEEP.encode(), {}, 400),
    ("/api/collections/documents/golden/import", "g.jsonl", b'{"question": "a\\ud800"}', {}, 200),
    ("/api/collections/documents/golden/import", "g.jsonl", b'{"question": "\\u0000"}', {}, 400),
]


@pytest.mark.parametrize(("path", "name", "content", "form", "status"), FILES)
def test_files_and_forms_that_nobody_writes_by_hand(
    client: TestClient, services: Services, admin: Headers, path: str, name: str, content: bytes, form: Any, status: int
) -> None:
    services.collections.ensure_defaults()
    answer = client.post(path, files={"file": (name, content)}, data=form, headers=admin)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("path", ["~nobody-of-this-name/x", "x" * 5_000])
def test_a_folder_that_cannot_be_is_refused(client: TestClient, admin: Headers, path: str) -> None:
    answer = client.post("/api/sources/test", json={"kind": "folder", "config": {"path": path}}, headers=admin)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_input")
