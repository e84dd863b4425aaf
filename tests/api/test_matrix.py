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
from core.entities.people import User
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
NEW_TRIAL = {"json": {"kind": "folder", "config": {"path": "/etc"}}}
NEW_SOURCE = {"json": {**NEW_TRIAL["json"], "name": "Papers"}}
NEW_PERSON = {"json": {"email": "new@example.com", "name": "New", "role": "sales", "password": "a long passphrase"}}
NEW_ACCOUNT = {"email": "x@example.com", "proof": "made up", "name": "X", "password": "a long passphrase"}
TALK, NO_TALK = "/api/conversations/{conversation_id}", "/api/conversations/{nothing}"
SWEEP, NO_SWEEP = "/api/compare/{experiment_id}/sweep", "/api/compare/{nothing}/sweep"
VERSION = "/api/collections/{name}/versions/{number}"
COLUMN = "/api/documents/{document_id}/tables/{n}/columns/{place}"
HELPFUL = {"json": {"helpful": True}}
CORPUS, NO_CORPUS = "/api/collections/{name}", "/api/collections/nothing"
RUN, NO_RUN = f"{CORPUS}/evaluations/{{evaluation_id}}", f"{NO_CORPUS}/evaluations/{{nothing}}"
GOLDEN_FILE = {"files": {"file": ("g.jsonl", b'{"question": "x", "document": "y"}')}}

ROWS = [
    Row("GET", "/api/health", (200, 200, 200, 200)),
    Row("GET", "/api/ready", (503, 503, 503, 503)),
    Row("POST", "/api/auth/token", (401, 401, 401, 401), {"data": {"username": "x@example.com", "password": "wrong"}}),
    Row("POST", "/api/generate-code", (400, 400, 400, 400), {"json": {"email": "no address"}}),
    Row("POST", "/api/verify-code", (400, 400, 400, 400), {"json": {"email": "x@example.com", "code": "123456"}}),
    Row("POST", "/api/register", (400, 400, 400, 400), {"json": NEW_ACCOUNT}),
    Row("GET", "/api/summaries", SIGNED_IN),
    Row("DELETE", "/api/summaries", (401, 204, 204, 204)),
    Row("DELETE", "/api/summaries/{summary_id}", NOTHING, path="/api/summaries/{nothing}"),
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
    Row("PATCH", CORPUS, (401, 403, 403, 404), {"json": {"title": "T"}}, NO_CORPUS),
    Row("DELETE", CORPUS, (401, 403, 403, 404), path=NO_CORPUS),
    Row("POST", "/api/collections/{name}/reindex", (401, 403, 403, 404), path="/api/collections/nothing/reindex"),
    Row("POST", f"{CORPUS}/reindex/preview", (401, 403, 404, 404), path=f"{NO_CORPUS}/reindex/preview"),
    Row("GET", "/api/embeddings", (401, 403, 200, 200)),
    Row("GET", "/api/collections/{name}/versions", (401, 403, 404, 404), path="/api/collections/nothing/versions"),
    Row("POST", f"{VERSION}/activate", (401, 403, 403, 404), path="/api/collections/nothing/versions/1/activate"),
    Row("DELETE", VERSION, (401, 403, 403, 404), path="/api/collections/nothing/versions/1"),
    Row("GET", "/api/collections/{name}/checks", (401, 403, 404, 404), path="/api/collections/nothing/checks"),
    Row("POST", "/api/collections/{name}/checks", (401, 403, 403, 404), path="/api/collections/nothing/checks"),
    Row("GET", "/api/collections/{name}/readers", (401, 403, 404, 404), path="/api/collections/nothing/readers"),
    Row(
        "PATCH",
        "/api/collections/{name}/readers",
        (401, 403, 403, 404),
        {"json": {"roles": ["sales"]}},
        "/api/collections/nothing/readers",
    ),
    Row("GET", "/api/documents/{document_id}/readers", NOTHING, path="/api/documents/{nothing}/readers"),
    Row(
        "PATCH",
        "/api/documents/{document_id}/readers",
        NOTHING,
        {"json": {"roles": None}},
        "/api/documents/{nothing}/readers",
    ),
    Row("GET", "/api/users/{user_id}/access", (401, 403, 403, 404), path="/api/users/{nothing}/access"),
    Row("GET", "/api/users/{user_id}/collections", (401, 403, 403, 404), path="/api/users/{nothing}/collections"),
    Row(
        "GET", "/api/users/{user_id}/search", (401, 403, 403, 404), {"params": {"q": "x"}}, "/api/users/{other}/search"
    ),
    Row("GET", "/api/collections/{name}/sources", (401, 403, 404, 404), path="/api/collections/nothing/sources"),
    Row(
        "POST", "/api/collections/{name}/sources", (401, 403, 403, 404), NEW_SOURCE, "/api/collections/nothing/sources"
    ),
    Row("POST", "/api/sources/test", (401, 403, 403, 400), NEW_TRIAL),
    Row("GET", "/api/sources/{source_id}", (401, 403, 404, 404), path="/api/sources/{nothing}"),
    Row("PATCH", "/api/sources/{source_id}", (401, 403, 403, 404), {"json": {}}, "/api/sources/{nothing}"),
    Row("DELETE", "/api/sources/{source_id}", (401, 403, 403, 404), path="/api/sources/{nothing}"),
    Row("GET", "/api/sources/{source_id}/runs", (401, 403, 404, 404), path="/api/sources/{nothing}/runs"),
    Row("POST", "/api/sources/{source_id}/runs", (401, 403, 403, 404), {"json": {}}, "/api/sources/{nothing}/runs"),
    Row("POST", "/api/sources/runs/{run_id}/cancel", (401, 403, 403, 404), path="/api/sources/runs/{nothing}/cancel"),
    Row("GET", "/api/source-hosts", (401, 403, 403, 200)),
    Row("POST", "/api/source-hosts", (401, 403, 403, 201), {"json": {"host": "files.example.com"}}),
    Row("DELETE", "/api/source-hosts/{host}", (401, 403, 403, 204), path="/api/source-hosts/files.example.com"),
    Row("GET", f"{CORPUS}/golden", (401, 403, 404, 404), path=f"{NO_CORPUS}/golden"),
    Row("POST", f"{CORPUS}/golden", (401, 403, 403, 404), {"json": {"question": "x"}}, f"{NO_CORPUS}/golden"),
    Row("POST", f"{CORPUS}/golden/import", (401, 403, 403, 404), GOLDEN_FILE, f"{NO_CORPUS}/golden/import"),
    Row("GET", f"{CORPUS}/golden/export", (401, 403, 404, 404), path=f"{NO_CORPUS}/golden/export"),
    Row("DELETE", f"{CORPUS}/golden/{{question_id}}", (401, 403, 403, 404), path=f"{NO_CORPUS}/golden/{{nothing}}"),
    Row("GET", f"{CORPUS}/evaluations", (401, 403, 404, 404), path=f"{NO_CORPUS}/evaluations"),
    Row("POST", f"{CORPUS}/evaluations", (401, 403, 403, 404), {"json": {}}, f"{NO_CORPUS}/evaluations"),
    Row("GET", RUN, (401, 403, 404, 404), path=NO_RUN),
    Row("DELETE", RUN, (401, 403, 404, 404), path=NO_RUN),
    Row("GET", f"{RUN}/comparison", (401, 403, 404, 404), {"params": {"before": str(uuid4())}}, f"{NO_RUN}/comparison"),
    Row("GET", "/api/documents", SIGNED_IN),
    Row("POST", "/api/documents", NOTHING, {"files": {"file": ("a.txt", b"text")}, "data": {"collection": "nothing"}}),
    Row("GET", "/api/documents/{document_id}", NOTHING, path="/api/documents/{nothing}"),
    Row("GET", "/api/documents/{document_id}/file", NOTHING, path="/api/documents/{nothing}/file"),
    Row("GET", "/api/documents/{document_id}/pages/{page}", NOTHING, path="/api/documents/{nothing}/pages/1"),
    Row("DELETE", "/api/documents/{document_id}", NOTHING, path="/api/documents/{nothing}"),
    Row("GET", "/api/documents/quarantine", (401, 403, 403, 200)),
    Row("GET", "/api/documents/{document_id}/findings", (401, 404, 404, 200), path="/api/documents/{nothing}/findings"),
    Row("GET", "/api/documents/{document_id}/tables", NOTHING, path="/api/documents/{nothing}/tables"),
    Row("GET", "/api/documents/{document_id}/tables/{n}", NOTHING, path="/api/documents/{nothing}/tables/1"),
    Row(
        "POST",
        "/api/documents/{document_id}/tables/ask",
        NOTHING,
        {"json": {"question": "total revenue"}},
        "/api/documents/{nothing}/tables/ask",
    ),
    Row("PATCH", f"{COLUMN}", NOTHING, {"json": {"type": "text"}}, "/api/documents/{nothing}/tables/1/columns/0"),
    Row("POST", "/api/documents/{document_id}/release", (401, 403, 403, 404), path="/api/documents/{nothing}/release"),
    Row("POST", "/api/documents/{document_id}/reject", (401, 403, 403, 404), path="/api/documents/{nothing}/reject"),
    Row("POST", "/api/documents/{document_id}/cancel", NOTHING, path="/api/documents/{nothing}/cancel"),
    Row("POST", "/api/documents/{document_id}/retry", NOTHING, path="/api/documents/{nothing}/retry"),
    Row("POST", "/api/jobs/{job_id}/cancel", NOTHING, path="/api/jobs/{nothing}/cancel"),
    Row("POST", "/api/chat", NOTHING, {"json": {"message": "Hello", "collection": "nothing"}}),
    Row("GET", "/api/chat/{message_id}", NOTHING, path="/api/chat/{nothing}"),
    Row("POST", "/api/chat/{message_id}/stop", NOTHING, path="/api/chat/{nothing}/stop"),
    Row("GET", "/api/conversations", SIGNED_IN),
    Row("POST", "/api/conversations", (401, 201, 201, 201), {"json": {"title": "Leave"}}),
    Row("GET", f"{TALK}", NOTHING, path=NO_TALK),
    Row("PATCH", f"{TALK}", NOTHING, {"json": {"pinned": True}}, NO_TALK),
    Row("DELETE", f"{TALK}", NOTHING, path=NO_TALK),
    Row("GET", f"{TALK}/messages", NOTHING, path=f"{NO_TALK}/messages"),
    Row("POST", f"{TALK}/messages", NOTHING, {"json": {"message": "Hello"}}, f"{NO_TALK}/messages"),
    Row(
        "PUT", f"{TALK}/messages/{{message_id}}/feedback", NOTHING, HELPFUL, f"{NO_TALK}/messages/{{nothing}}/feedback"
    ),
    Row("GET", f"{TALK}/export", NOTHING, path=f"{NO_TALK}/export"),
    Row("GET", f"{TALK}/shares", NOTHING, path=f"{NO_TALK}/shares"),
    Row("POST", f"{TALK}/shares", NOTHING, {"json": {"email": "x@example.com"}}, f"{NO_TALK}/shares"),
    Row("DELETE", f"{TALK}/shares/{{user_id}}", NOTHING, path=f"{NO_TALK}/shares/{{nothing}}"),
    Row("POST", "/api/route", SIGNED_IN, {"json": {"message": "How much does a bakery earn?"}}),
    Row("GET", "/api/search", NOTHING, {"params": {"q": "tea", "collection": "nothing"}}),
    Row("POST", "/api/chat", NOTHING, {"json": {"message": "tea", "collection": "nothing"}}),
    Row("GET", "/api/chat/{message_id}", NOTHING, path="/api/chat/{nothing}"),
    Row("POST", "/api/chat/{message_id}/stop", NOTHING, path="/api/chat/{nothing}/stop"),
    Row("POST", "/api/voice/transcribe", (401, 503, 503, 503), {"files": {"file": ("a.wav", b"RIFF")}}),
    Row("POST", "/api/voice/speak", (401, 503, 503, 503), {"json": {"text": "Hello"}}),
    Row("POST", "/api/niches/import", (401, 403, 403, 202), {"files": {"file": ("n.csv", b"niche,staff\nBakery,3\n")}}),
    Row("GET", "/api/niches", SIGNED_IN, {"params": {"q": "bakery"}}),
    Row("POST", "/api/niches/ask", NOTHING, {"json": {"question": "staff of Bakery"}}),
    Row("GET", "/api/niches/{niche_id}", NOTHING, path="/api/niches/nothing"),
    Row("GET", "/api/providers", SIGNED_IN),
    Row("POST", "/api/compare", (401, 403, 400, 400), {"json": {"message": "Hello", "configurations": []}}),
    Row("GET", "/api/compare/{experiment_id}", (401, 403, 404, 404), path="/api/compare/{nothing}"),
    Row("POST", "/api/compare/{experiment_id}/stop", (401, 403, 404, 404), path="/api/compare/{nothing}/stop"),
    Row("POST", f"{SWEEP}", (401, 403, 404, 404), {"json": {"temperatures": [0], "top_ps": [1]}}, NO_SWEEP),
    Row("GET", f"{SWEEP}", (401, 403, 404, 404), path=NO_SWEEP),
    Row("DELETE", f"{SWEEP}", (401, 403, 404, 404), path=NO_SWEEP),
    Row("GET", "/api/stats/tokens", SIGNED_IN, {"params": {"by": "model"}}),
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
