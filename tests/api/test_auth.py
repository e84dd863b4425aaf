"""Access tokens, API keys, and who the caller is."""

from __future__ import annotations

from collections.abc import Callable

from fastapi.testclient import TestClient

from core.entities.people import User
from core.roles import PERMISSIONS, Role
from tests.api.conftest import PASSWORD

Person = Callable[..., User]
Headers = Callable[[User], dict[str, str]]


def sign_in(client: TestClient, password: str = PASSWORD) -> int:
    answer = client.post("/api/auth/token", data={"username": "sales@example.com", "password": password})
    return answer.status_code


def test_a_token_is_got_with_email_and_password_and_opens_the_api(client: TestClient, person: Person) -> None:
    user = person()
    answer = client.post("/api/auth/token", data={"username": "Sales@example.com", "password": PASSWORD})
    token = answer.json()
    assert (answer.status_code, token["token_type"], token["expires_in"]) == (200, "bearer", 43_200)
    me = client.get("/api/me", headers={"Authorization": f"Bearer {token['access_token']}"}).json()
    assert me == {
        "id": str(user.id),
        "email": "sales@example.com",
        "name": "sales person",
        "role": "sales",
        "permissions": sorted(PERMISSIONS[Role.SALES]),
    }


def test_a_wrong_password_is_401_and_the_sixth_try_429_with_the_time_to_wait(
    client: TestClient, person: Person
) -> None:
    person()
    assert [sign_in(client, "wrong password") for _ in range(5)] == [401] * 5
    locked = client.post("/api/auth/token", data={"username": "sales@example.com", "password": PASSWORD})
    assert locked.status_code == 429
    assert locked.json()["error"]["code"] == "locked"
    assert 890 <= int(locked.headers["Retry-After"]) <= 900


def test_a_form_without_a_password_names_the_field(client: TestClient) -> None:
    answer = client.post("/api/auth/token", data={"username": "sales@example.com"})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == "The field password is missing."


def test_what_is_no_token_is_401(client: TestClient) -> None:
    for authorization in (b"Bearer x", b"Bearer nwk_x", b"Bearer", b"Basic YTpi", b"bearer \xff"):
        answer = client.get("/api/me", headers=[(b"authorization", authorization)])
        assert answer.status_code == 401
        assert answer.json()["error"] == {"code": "not_signed_in", "message": "Sign in to continue.", "reference": ""}
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_api_key_is_shown_once_works_and_is_revoked(client: TestClient, person: Person, bearer: Headers) -> None:
    headers = bearer(person())
    made = client.post("/api/keys", json={"name": "CI"}, headers=headers)
    assert made.status_code == 201
    key = made.json()["key"]
    (listed,) = client.get("/api/keys", headers=headers).json()
    assert listed["name"] == "CI"
    assert "key" not in listed
    by_key = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/me", headers=by_key).json()["role"] == "sales"
    assert client.delete(f"/api/keys/{listed['id']}", headers=headers).status_code == 204
    assert client.get("/api/me", headers=by_key).status_code == 401
    assert client.delete(f"/api/keys/{listed['id']}", headers=headers).status_code == 404


def test_a_bearer_token_counts_before_the_cookie(
    client: TestClient, person: Person, bearer: Headers, cookie: Headers
) -> None:
    headers = {**cookie(person(Role.SALES)), **bearer(person(Role.ANALYST))}
    assert client.get("/api/me", headers=headers).json()["role"] == "analyst"


def test_the_browser_session_opens_the_api_too(client: TestClient, person: Person, cookie: Headers) -> None:
    assert client.get("/api/me", headers=cookie(person())).json()["role"] == "sales"


OWN = [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}, {"Origin": "https://testserver:443"}, {}]
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://evil.testserver"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://testserver:9999"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://testserver:port"},
    {"Origin": "null"},
    {"Referer": "https://evil.example/page"},
]


def test_another_site_cannot_use_the_cookie(client: TestClient, person: Person, cookie: Headers) -> None:
    headers = cookie(person())
    answers = [
        client.post("/api/keys", json={"name": "CI"}, headers={**headers, **sent}).status_code for sent in OWN + FOREIGN
    ]
    assert answers == [201] * len(OWN) + [403] * len(FOREIGN)


def test_a_bearer_token_needs_no_origin(client: TestClient, person: Person, bearer: Headers) -> None:
    headers = {**bearer(person()), "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert client.post("/api/keys", json={"name": "CI"}, headers=headers).status_code == 201
