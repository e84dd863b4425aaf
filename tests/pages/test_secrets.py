"""A planted provider key is on no page, in no log, export, error, audit entry, answer of the API or row of a table."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

import api
from core.entities.people import Client, Principal
from core.entities.playground import Configuration
from core.errors import NichewiseError
from core.roles import Role
from core.settings import Settings
from pages import SCREENS
from services import container
from services.chat.asking import Ask
from services.container import Services
from services.playground.comparisons import Comparison
from services.playground.export import as_csv, as_json
from tests.conftest import KEY
from tests.pages.conftest import Browser
from tests.servers.gemini import GeminiServer
from tests.servers.openai import OpenAIServer

PLANTED = "sk-planted-9f8e7d6c5b4a39281706"
SECRETS = (KEY, PLANTED)


@pytest.fixture
def services(build_services: Callable[[Settings], Services], served_settings: Settings) -> Iterator[Services]:
    """With every model server on loopback."""
    built = build_services(served_settings)
    container.install(built)
    yield built
    container.install(None)


@pytest.fixture
def admin(browser: Browser) -> Principal:
    user = browser.sign_in(Role.ADMIN)
    return Principal(role=Role.ADMIN, user_id=user.id, email=user.email, name=user.name)


@pytest.fixture
def told(
    services: Services, admin: Principal, openai: OpenAIServer, gemini: GeminiServer, caplog: pytest.LogCaptureFixture
) -> dict[str, str]:
    """What the product says after a key was planted and its server has thrown it back in an error: name -> text."""
    caplog.set_level(logging.DEBUG)
    services.providers.configure(admin, "openai", "", "", PLANTED)
    openai.script.default.status, openai.script.default.error = 401, f"Incorrect API key provided: {PLANTED}"
    gemini.script.default.status, gemini.script.default.error = 400, f"API key not valid: {KEY}"
    columns = [Configuration(name, retrieval=False) for name in ("openai", "gemini", "ollama")]
    experiment_id = services.playground.start(admin, Comparison("How many days?", columns, ""))
    assert services.playground.wait(experiment_id, 30)
    experiment = services.playground.state(admin, experiment_id)
    services.playground.save(admin, experiment_id, "Kept")
    assert {attempt.status for lane in experiment.lanes for attempt in lane.attempts} == {"done", "failed"}
    answer = services.turns.start(admin, Ask("How many days?", provider="openai", retrieval=False))
    ended = list(services.turns.follow(admin, answer.message_id))[-1]
    assert isinstance(ended.error, NichewiseError)
    return {
        "test": repr(services.providers.test(admin, "openai")),
        "columns": repr(experiment),
        "json": as_json(experiment).decode(),
        "csv": as_csv(experiment).decode(),
        "error": f"{ended.error!r} {ended.error.values}",
        "answer": repr(services.turns.find(admin, answer.message_id)),
        "audit": repr(services.audit.list(admin, limit=500)),
        "settings": repr(services.settings),
    }


def test_the_servers_really_get_the_keys(told: dict[str, str], openai: OpenAIServer, gemini: GeminiServer) -> None:
    assert f"Bearer {PLANTED}" in openai.script.keys
    assert KEY in gemini.script.keys


def test_no_answer_export_error_audit_entry_or_log_line_has_a_key(
    told: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    told["log"] = caplog.text
    assert [name for name, said in told.items() if _found(said)] == []


def test_no_page_has_a_key(told: dict[str, str], browser: Browser) -> None:
    shown = {screen.module: _everything(browser.open(screen.slug)) for screen in SCREENS}
    assert all(shown.values())
    assert "gpt-4o-mini" in shown["providers"]  # what is on a page is found
    assert [name for name, said in shown.items() if _found(said)] == []


def test_no_answer_of_the_api_has_a_key(told: dict[str, str], services: Services, admin: Principal) -> None:
    with services.db.begin() as tx:
        user = tx.users.get(admin.user_id) if admin.user_id else None
    assert user
    token, _session = services.sessions.issue_token(user, Client("127.0.0.1", "tests"))
    with TestClient(api.create_app(services), headers={"Authorization": f"Bearer {token}"}) as client:
        paths = [path for path, methods in client.get("/api/openapi.json").json()["paths"].items() if "get" in methods]
        said = {path: client.get(path).text for path in paths if "{" not in path}
    assert "/api/providers" in said
    assert [path for path, body in said.items() if _found(body)] == []


def test_no_row_of_the_database_has_a_key(told: dict[str, str], services: Services) -> None:
    with services.db.begin() as tx:
        names = tx.connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
        found = [name for name in names.all() if _found(_rows(tx.connection, name))]
    assert found == []


def _rows(connection: Any, table: str) -> str:
    return " ".join(connection.execute(text(f'SELECT t::text FROM "{table}" t')).scalars())


def _everything(page: Any) -> str:
    """What the server has sent to the browser, shown or not."""
    return " ".join(str(node.proto) for part in (page.main, page.sidebar) for node in part if hasattr(node, "proto"))


def _found(said: str) -> bool:
    return any(secret in said for secret in SECRETS)
