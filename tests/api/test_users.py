"""People and the audit log over REST."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from fastapi.testclient import TestClient

from core.entities.people import User
from core.roles import Role
from tests.api.conftest import PASSWORD

Person = Callable[..., User]
Headers = Callable[[User], dict[str, str]]
Admin = dict[str, str]
BOB = {"email": "Bob@Example.com", "name": "Bob", "role": "analyst"}


def test_an_administrator_makes_a_person_who_can_sign_in(client: TestClient, admin: Admin) -> None:
    made = client.post("/api/users", json={**BOB, "password": PASSWORD}, headers=admin)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in ("email", "name", "role", "status")} == {
        "email": "bob@example.com", "name": "Bob", "role": "analyst", "status": "active",
    }  # fmt: skip
    assert "password" not in made.text
    signed_in = client.post("/api/auth/token", data={"username": BOB["email"], "password": PASSWORD})
    assert signed_in.status_code == 200
    assert client.post("/api/users", json=BOB, headers=admin).status_code == 409


def test_a_role_or_status_change_acts_on_the_next_request(
    client: TestClient, admin: Admin, person: Person, bearer: Headers
) -> None:
    user = person()
    headers = bearer(user)
    path = f"/api/users/{user.id}"
    assert client.patch(path, json={"role": "analyst"}, headers=admin).json()["role"] == "analyst"
    assert client.get("/api/me", headers=headers).json()["role"] == "analyst"
    assert client.patch(path, json={"status": "disabled"}, headers=admin).json()["status"] == "disabled"
    assert client.get("/api/me", headers=headers).status_code == 401


def test_what_a_change_leaves_out_stays(client: TestClient, admin: Admin, person: Person) -> None:
    path = f"/api/users/{person(Role.ANALYST).id}"
    until = "2999-01-01T00:00:00Z"
    assert client.patch(path, json={"active_until": until}, headers=admin).json()["active_until"] == until
    changed = client.patch(path, json={"name": "Анна"}, headers=admin).json()
    assert (changed["name"], changed["role"], changed["active_until"]) == ("Анна", "analyst", until)
    assert client.patch(path, json={"active_until": None}, headers=admin).json()["active_until"] is None
    assert client.patch(path, json={}, headers=admin).json()["name"] == "Анна"


def test_people_are_listed_with_search_and_paging(client: TestClient, admin: Admin, person: Person) -> None:
    for n in range(3):
        person(email=f"person{n}@example.com")
    answer = client.get("/api/users", params={"q": "PERSON", "limit": 2}, headers=admin)
    assert answer.headers["X-Total-Count"] == "4"
    assert [user["email"] for user in answer.json()] == ["admin@example.com", "person0@example.com"]


UNUSABLE: list[tuple[object, str]] = [
    ({**BOB, "role": "king"}, "The field role cannot be used: input should be"),
    ({"name": "Bob", "role": "sales"}, "The field email is missing."),
    ({**BOB, "name": "a\x00b"}, "The field name cannot be used: it holds a character that is not text."),
    ({**BOB, "name": "x" * 301}, "The field name cannot be used"),
    ({**BOB, "nmae": "Bob"}, "The field nmae cannot be used"),
    ([], "cannot be read"),
]


def test_a_body_that_cannot_be_used_names_the_field(client: TestClient, admin: Admin) -> None:
    for body, message in UNUSABLE:
        answer = client.post("/api/users", json=body, headers=admin)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input")
        assert message in answer.json()["error"]["message"]


def test_a_person_who_cannot_be_made_is_400_with_a_sentence(client: TestClient, admin: Admin) -> None:
    for change in ({"email": "no address"}, {"password": "short"}, {"role": "guest"}, {"name": " \n "}):
        answer = client.post("/api/users", json={**BOB, **change}, headers=admin)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"].endswith(".")


def test_an_administrator_cannot_demote_themselves(client: TestClient, person: Person, bearer: Headers) -> None:
    user = person(Role.ADMIN)
    answer = client.patch(f"/api/users/{user.id}", json={"role": "sales"}, headers=bearer(user))
    assert answer.status_code == 409
    assert client.patch(f"/api/users/{uuid4()}", json={}, headers=bearer(user)).status_code == 404


def test_the_audit_log_shows_administrators_all_and_others_their_own(
    client: TestClient, admin: Admin, person: Person, bearer: Headers
) -> None:
    mine = bearer(person())
    client.post("/api/keys", json={"name": "CI"}, headers=mine)
    client.post("/api/users", json={**BOB, "password": PASSWORD}, headers=admin)
    entries = client.get("/api/audit", headers=admin).json()
    assert [(entry["actor"], entry["action"], entry["ip"]) for entry in entries] == [
        ("admin@example.com", "person.created", "127.0.0.1"),
        ("sales@example.com", "key.created", "127.0.0.1"),
    ]
    assert [entry["action"] for entry in client.get("/api/audit", headers=mine).json()] == ["key.created"]
    assert client.get("/api/audit", params={"action": "person."}, headers=mine).json() == []
