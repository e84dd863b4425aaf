"""Every endpoint x everybody who may call it: a route that is not in the table fails the test.

A row is what a call answers to nobody, sales, analyst and admin. `{me}` in a path or body is the caller's id, `{other}`
somebody else's, `{nothing}` an id that nobody has: what a role may not do must be refused before it is looked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4

from fastapi.testclient import TestClient

import api
from core.entities import User
from core.roles import Role
from services.container import Services

Person = Callable[..., User]
Headers = Callable[[User], dict[str, str]]
ROLES = (None, Role.SALES, Role.ANALYST, Role.ADMIN)


class Row(NamedTuple):
    method: str
    route: str
    answers: tuple[int, int, int, int]  # nobody, sales, analyst, admin
    call: dict[str, Any] = {}  # noqa: RUF012 - never changed; json, data, params or files of the request
    path: str = ""  # where it differs from the route


SIGNED_IN = (401, 200, 200, 200)
NOTHING = (401, 404, 404, 404)
NEW_COLLECTION = {"json": {"name": "contracts", "title": "Contracts", "kind": "documents"}}
NEW_PERSON = {"json": {"email": "new@example.com", "name": "New", "role": "sales", "password": "a long passphrase"}}

ROWS = [
    Row("GET", "/api/health", (200, 200, 200, 200)),
    Row("GET", "/api/ready", (503, 503, 503, 503)),
    Row("POST", "/api/auth/token", (401, 401, 401, 401), {"data": {"username": "x@example.com", "password": "wrong"}}),
    Row("GET", "/api/me", SIGNED_IN),
    Row("GET", "/api/keys", SIGNED_IN),
    Row("POST", "/api/keys", (401, 201, 201, 201), {"json": {"name": "CI"}}),
    Row("DELETE", "/api/keys/{key_id}", (401, 404, 404, 404), path="/api/keys/{nothing}"),
    Row("GET", "/api/users", (401, 403, 403, 200)),
    Row("POST", "/api/users", (401, 403, 403, 201), NEW_PERSON),
    Row("PATCH", "/api/users/{user_id}", (401, 403, 403, 200), {"json": {"name": "N"}}, "/api/users/{other}"),
    Row("PATCH", "/api/users/{user_id}", (401, 403, 403, 409), {"json": {"role": "sales"}}, "/api/users/{me}"),
    Row("GET", "/api/audit", SIGNED_IN),
    Row("GET", "/api/collections", SIGNED_IN),
    Row("POST", "/api/collections", (401, 403, 403, 201), NEW_COLLECTION),
    Row("POST", "/api/collections/{name}/reindex", (401, 403, 403, 404), path="/api/collections/nothing/reindex"),
    Row("GET", "/api/documents", SIGNED_IN),
    Row("POST", "/api/documents", NOTHING, {"files": {"file": ("a.txt", b"text")}, "data": {"collection": "nothing"}}),
    Row("GET", "/api/documents/{document_id}", NOTHING, path="/api/documents/{nothing}"),
    Row("GET", "/api/documents/{document_id}/file", NOTHING, path="/api/documents/{nothing}/file"),
    Row("GET", "/api/documents/{document_id}/pages/{page}", NOTHING, path="/api/documents/{nothing}/pages/1"),
    Row("DELETE", "/api/documents/{document_id}", NOTHING, path="/api/documents/{nothing}"),
    Row("POST", "/api/chat", NOTHING, {"json": {"message": "Hello", "collection": "nothing"}}),
    Row("GET", "/api/chat/{message_id}", NOTHING, path="/api/chat/{nothing}"),
    Row("POST", "/api/chat/{message_id}/stop", NOTHING, path="/api/chat/{nothing}/stop"),
    Row("POST", "/api/route", SIGNED_IN, {"json": {"message": "How much does a bakery earn?"}}),
    Row("GET", "/api/search", NOTHING, {"params": {"q": "tea", "collection": "nothing"}}),
    Row("POST", "/api/chat", NOTHING, {"json": {"message": "tea", "collection": "nothing"}}),
    Row("GET", "/api/chat/{message_id}", NOTHING, path="/api/chat/{nothing}"),
    Row("POST", "/api/chat/{message_id}/stop", NOTHING, path="/api/chat/{nothing}/stop"),
    Row("POST", "/api/niches/import", (401, 403, 403, 202), {"files": {"file": ("n.csv", b"niche,staff\nBakery,3\n")}}),
    Row("GET", "/api/niches", SIGNED_IN, {"params": {"q": "bakery"}}),
    Row("POST", "/api/niches/ask", NOTHING, {"json": {"question": "staff of Bakery"}}),
    Row("GET", "/api/niches/{niche_id}", NOTHING, path="/api/niches/nothing"),
    Row("GET", "/api/providers", SIGNED_IN),
    Row("POST", "/api/compare", (401, 403, 400, 400), {"json": {"message": "Hello", "configurations": []}}),
    Row("GET", "/api/compare/{experiment_id}", (401, 403, 404, 404), path="/api/compare/{nothing}"),
    Row("GET", "/api/jobs/{job_id}", NOTHING, path="/api/jobs/{nothing}"),
]


def test_everybody_gets_what_their_role_allows(client: TestClient, person: Person, bearer: Headers) -> None:
    people = [person(role) if role else None for role in ROLES]
    other = person(email="other@example.com")
    got = {_name(row): tuple(_status(client, row, who, other, bearer) for who in people) for row in ROWS}
    assert got == {_name(row): row.answers for row in ROWS}


def test_a_disabled_person_is_nobody(client: TestClient, services: Services, person: Person, bearer: Headers) -> None:
    gone = person(Role.ADMIN)
    headers = bearer(gone)
    with services.db.begin() as tx:
        tx.users.update(gone.id, status="disabled")
    got = {_name(row): _status(client, row, gone, gone, lambda _: headers) for row in ROWS}
    assert got == {_name(row): row.answers[0] for row in ROWS}


def _name(row: Row) -> str:
    return f"{row.method} {row.path or row.route}"


def _status(client: TestClient, row: Row, who: User | None, other: User, bearer: Headers) -> int:
    names = {"me": who.id if who else uuid4(), "other": other.id, "nothing": uuid4()}
    path = (row.path or row.route).format(**names)
    return client.request(row.method, path, headers=bearer(who) if who else {}, **row.call).status_code


def test_every_route_of_the_api_is_in_the_table(services: Services) -> None:
    described = api.create_app(services).openapi()["paths"]
    routes = {(method.upper(), path) for path, methods in described.items() for method in methods}
    assert routes == {(row.method, row.route) for row in ROWS}
