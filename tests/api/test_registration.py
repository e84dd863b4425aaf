"""One-time codes, registration and summaries over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from core.entities.people import User, UserStatus
from services.container import Services

PASSWORD = "a long passphrase"


def mailed(services: Services) -> str:
    with services.db.begin() as tx:
        found = re.search(r"\b\d{6}\b", tx.outbox.recent(limit=1, offset=0)[0].body)
    assert found
    return found[0]


def test_a_program_registers_a_person_with_a_mailed_code(client: TestClient, services: Services) -> None:
    sent = client.post("/api/generate-code", json={"email": "Bob@Example.com", "language": "ru"})
    assert (sent.status_code, sent.json()) == (202, {"expires_in": 600, "resend_in": 60})
    proof = client.post("/api/verify-code", json={"email": "bob@example.com", "code": mailed(services)}).json()
    assert (proof["verified"], proof["expires_in"]) == (True, 1800)
    given = {"email": "bob@example.com", "proof": proof["proof"], "name": "Bob", "city": "Kazan", "password": PASSWORD}
    assert client.post("/api/register", json=given).json() == {"status": "pending"}
    again = client.post("/api/register", json=given)
    assert (again.status_code, again.json()["error"]["code"]) == (400, "wrong_code")
    with services.db.begin() as tx:
        made = tx.users.by_email("bob@example.com")
    assert made
    assert (made.status, made.name, made.locale) == (UserStatus.PENDING, "Bob", None)


def test_known_and_unknown_addresses_get_the_same_answers(
    client: TestClient, services: Services, person: Callable[..., User]
) -> None:
    person(email="ann@example.com")

    def story(email: str) -> list[tuple[int, object]]:
        calls = [("generate-code", {"email": email})]
        calls += [("verify-code", {"email": email, "code": "000000"})] * 6 + calls
        answers = [client.post(f"/api/{path}", json=body) for path, body in calls]
        return [(one.status_code, one.json().get("error", {}).get("code", one.json())) for one in answers]

    assert story("ann@example.com") == story("nobody@example.com")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("generate-code", {"email": "no address"}, 400),
        ("generate-code", {"email": "x" * 400}, 422),
        ("generate-code", {}, 422),
        ("generate-code", {"email": "a@b.org", "extra": 1}, 422),
        ("verify-code", {"email": "a@b.org", "code": "12345"}, 400),
        ("verify-code", {"email": "a@b.org", "code": "1\x0023456"}, 422),
        ("verify-code", {"email": "a@b.org", "code": ["123456"]}, 422),
        ("register", {"email": "a@b.org", "proof": "", "name": "A", "password": PASSWORD}, 422),
        ("register", {"email": "a@b.org", "proof": "x", "name": "A", "password": "short"}, 400),
        ("register", {"email": "a@b.org", "proof": "x", "name": "A", "password": PASSWORD, "niche": "none"}, 400),
    ],
)
def test_what_cannot_be_used_gets_its_status(
    client: TestClient, path: str, body: dict[str, object], status: int
) -> None:
    answer = client.post(f"/api/{path}", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


def test_an_administrator_ends_access_and_an_end_is_at_once(
    client: TestClient, admin: dict[str, str], person: Callable[..., User], bearer: Callable[[User], dict[str, str]]
) -> None:
    user = person(email="ann@example.com")
    headers = bearer(user)
    assert client.get("/api/me", headers=headers).status_code == 200
    ended = client.patch(f"/api/users/{user.id}", json={"active_until": "2024-05-01T00:00:00Z"}, headers=admin)
    assert ended.json()["active_until"].startswith("2024-05-01")
    assert client.get("/api/me", headers=headers).status_code == 401
    token = client.post("/api/auth/token", data={"username": user.email, "password": "correct horse battery"})
    assert token.status_code == 403
    assert "ended on 2024-05-01" in token.json()["error"]["message"]
    client.patch(f"/api/users/{user.id}", json={"active_until": None}, headers=admin)
    assert client.get("/api/me", headers=headers).status_code == 200
