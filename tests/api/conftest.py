"""The app over a test's own database, people of every role, and clients that speak for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import api
from core.entities.people import Client, User, UserStatus
from core.roles import Role
from core.security import hash_password
from services.container import Services
from tests.api.described import operation_of

PASSWORD = "correct horse battery"
_HASH = hash_password(PASSWORD, rounds=4)
ORIGIN = "http://testserver"
_APPS: dict[tuple[object, ...], FastAPI] = {}


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    """A program without credentials; redirects are looked at, not followed, and every answer is one that the
    description of the API has."""
    app = _app(services)
    with TestClient(app, base_url=ORIGIN, follow_redirects=False) as client:
        client.event_hooks = {"response": [partial(_is_described, app)]}
        yield client


def _is_described(app: FastAPI, response: httpx.Response) -> None:
    request = response.request
    operation = operation_of(app, request.method, request.url.path)
    if operation is not None:
        assert str(response.status_code) in operation.says["responses"], (operation.name, response.status_code)


def _app(services: Services) -> FastAPI:
    """One app for all tests whose settings are guarded alike: describing a hundred routes takes 0.1 s."""
    settings = services.settings
    key = (settings.production, settings.cors_origins, settings.allowed_hosts)
    if key not in _APPS:
        _APPS[key] = api.create_app(services)
    return _APPS[key]


@pytest.fixture
def person(services: Services) -> Callable[..., User]:
    """Makes an active person whose password is `PASSWORD`."""

    def make(role: Role = Role.SALES, email: str = "") -> User:
        with services.db.begin() as tx:
            made = tx.users.create(email or f"{role}@example.com", f"{role} person", role, UserStatus.ACTIVE, _HASH)
        assert made
        return made

    return make


@pytest.fixture
def bearer(services: Services) -> Callable[[User], dict[str, str]]:
    """Headers with an access token of a person."""

    def make(user: User) -> dict[str, str]:
        token, _session = services.sessions.issue_token(user, Client("127.0.0.1", "tests"))
        return {"Authorization": f"Bearer {token}"}

    return make


@pytest.fixture
def admin(person: Callable[..., User], bearer: Callable[[User], dict[str, str]]) -> dict[str, str]:
    """Headers of an administrator."""
    return bearer(person(Role.ADMIN))


@pytest.fixture
def cookie(services: Services) -> Callable[[User], dict[str, str]]:
    """Headers with a browser session of a person."""

    def make(user: User) -> dict[str, str]:
        ticket = services.sessions.issue_ticket(user, "nonce")
        token, _session = services.sessions.exchange(ticket, "nonce", Client("127.0.0.1", "tests"))
        return {"Cookie": f"nichewise_session={token}"}

    return make
