"""The browser's way in and out: nonce, ticket, cookie, sign-out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http.cookies import SimpleCookie
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.testclient import TestClient

import api
from api.nonce import NonceCookie
from api.routers.session import local_path
from core.entities.people import User
from services import container
from services.container import Services

Person = Callable[..., User]
Headers = Callable[[User], dict[str, str]]


def cookies(headers: object) -> SimpleCookie:
    return SimpleCookie("; ".join(headers.get_list("set-cookie")))  # type: ignore[attr-defined]


def test_a_ticket_becomes_a_cookie_that_scripts_cannot_read(
    client: TestClient, services: Services, person: Person
) -> None:
    ticket = services.sessions.issue_ticket(person(), "nonce")
    client.cookies.set("nichewise_nonce", "nonce")
    answer = client.get("/auth/session", params={"ticket": ticket, "next": "/documents?x=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/documents?x=1")
    session = cookies(answer.headers)["nichewise_session"]
    assert (session["httponly"], session["samesite"], session["path"], session["secure"]) == (True, "lax", "/", "")
    assert answer.headers["cache-control"] == "no-store"
    assert client.get("/api/me").json()["email"] == "sales@example.com"


@pytest.mark.parametrize("nonce", ["", "of another browser"])
def test_a_ticket_of_another_browser_leads_back_to_the_sign_in(
    client: TestClient, services: Services, person: Person, nonce: str
) -> None:
    ticket = services.sessions.issue_ticket(person(), "nonce")
    answer = client.get("/auth/session", params={"ticket": ticket}, headers={"Cookie": f"nichewise_nonce={nonce}"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?sign_in=again")
    assert "nichewise_session" not in cookies(answer.headers)


def test_signing_in_again_ends_the_session_that_was(
    client: TestClient, services: Services, person: Person, cookie: Headers
) -> None:
    user = person()
    before = cookie(user)
    ticket = services.sessions.issue_ticket(user, "nonce")
    headers = {"Cookie": f"{before['Cookie']}; nichewise_nonce=nonce"}
    assert client.get("/auth/session", params={"ticket": ticket}, headers=headers).status_code == 303
    client.cookies.clear()
    assert client.get("/api/me", headers=before).status_code == 401


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
     "/\t/evil.example", "/\r\nSet-Cookie: a=b", "", "evil", "///evil.example", " /x"],
)  # fmt: skip
def test_only_a_path_of_this_site_is_gone_on_to(target: str) -> None:
    assert local_path(target) == "/"


def test_a_path_with_query_is_kept() -> None:
    assert local_path("/niches?id=1&q=кофе") == "/niches?id=1&q=кофе"


def test_production_sets_the_cookie_for_https_only(services: Services, person: Person) -> None:
    strict = replace(services, settings=services.settings.model_copy(update={"env": "production"}))
    container.install(strict)
    ticket = strict.sessions.issue_ticket(person(), "nonce")
    with TestClient(api.create_app(strict), follow_redirects=False) as client:
        headers = {"Cookie": "nichewise_nonce=nonce"}
        answer = client.get("/auth/session", params={"ticket": ticket}, headers=headers)
    assert cookies(answer.headers)["nichewise_session"]["secure"] is True


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_signing_out_ends_the_session_and_clears_the_cookie(
    client: TestClient, person: Person, cookie: Headers, method: str
) -> None:
    headers = cookie(person())
    answer = client.request(method, "/auth/sign-out", headers={**headers, "Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert cookies(answer.headers)["nichewise_session"].value == ""
    assert client.get("/api/me", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "sent", [{"Sec-Fetch-Site": "cross-site"}, {"Referer": "https://evil.example/"}, {"Origin": "https://evil.example"}]
)
def test_another_site_cannot_sign_anybody_out(
    client: TestClient, person: Person, cookie: Headers, sent: dict[str, str]
) -> None:
    headers = cookie(person())
    assert client.get("/auth/sign-out", headers={**headers, **sent}).status_code == 303
    assert client.get("/api/me", headers=headers).status_code == 200


def test_a_browser_gets_a_nonce_with_its_first_page_and_keeps_it() -> None:
    pages = FastAPI()

    @pages.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse("<p>page")

    @pages.get("/plain")
    def plain() -> PlainTextResponse:
        return PlainTextResponse("plain")

    with TestClient(NonceCookie(pages, secure=True), base_url="https://testserver") as client:
        assert "set-cookie" not in client.get("/plain").headers
        nonce = cookies(client.get("/").headers)["nichewise_nonce"]
        assert (nonce["httponly"], nonce["samesite"], nonce["path"], nonce["secure"]) == (True, "Lax", "/", True)
        assert len(nonce.value) >= 43
        assert "set-cookie" not in client.get("/").headers
        broken = client.get("/", headers={"Cookie": f"{quote('ключ')}; =; nichewise_nonce"})
        assert "set-cookie" in broken.headers
