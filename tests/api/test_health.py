"""Health, readiness, and the description of the API."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from core.secrets import cipher
from core.settings import Settings
from data.database import Database
from services.container import Services
from services.health import PARTS, Health, Room


def test_health_answers_without_credentials(client: TestClient) -> None:
    assert client.get("/api/health").json() == {"status": "ok"}


def test_ready_names_what_is_missing_until_all_parts_are_there(client: TestClient, services: Services) -> None:
    first = client.get("/api/ready")
    assert first.status_code == 503
    assert first.json()["parts"]["database"] == "ok"
    assert first.json()["parts"]["worker"] != "ok"
    for part in PARTS:
        services.health.report(part)
    assert client.get("/api/ready").json() == {"status": "ok", "parts": dict.fromkeys(PARTS, "ok")}
    services.health.report("models", "The model is missing. Run make models.")
    answer = client.get("/api/ready")
    assert (answer.status_code, answer.json()["parts"]["models"]) == (503, "The model is missing. Run make models.")


def test_a_part_that_does_not_start_keeps_only_itself_down(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise OSError("no space")

    services.health.register("models", fail)
    services.collections.ensure_defaults()
    services.health.warm()
    parts = services.health.parts()
    assert (parts["vectors"], parts["lexical"]) == ("ok", "ok")
    assert parts["models"] == "This part did not start. See the log."
    assert "no space" in caplog.text


def test_a_database_that_is_gone_is_said_to_be(settings: Settings) -> None:
    gone = Database("postgresql://nobody:x@127.0.0.1:9/gone", cipher(settings))
    assert "does not answer" in Health(gone, settings).parts()["database"]


def test_the_description_lists_the_endpoints_and_how_to_sign_in(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    assert {"/api/auth/token", "/api/me", "/api/keys", "/api/users", "/api/health"} <= set(described["paths"])
    (scheme,) = described["components"]["securitySchemes"].values()
    assert scheme["flows"]["password"]["tokenUrl"] == "/api/auth/token"


def test_the_page_of_the_description_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(assets) == 3
    for asset in assets:
        assert asset.startswith("/api/docs/")
        assert client.get(asset).status_code == 200
    assert not re.search(r"https?://|//[a-z]", re.sub(r"//.*localhost", "", page.text))
    assert client.get("/api/docs/other.js").status_code == 404


def test_the_page_of_the_description_is_dark_where_the_system_is(client: TestClient) -> None:
    page, style = client.get("/api/docs").text, client.get("/api/docs/swagger-ui.css").text
    assert 'classList.toggle("dark-mode", dark.matches)' in page
    assert ".dark-mode" in style


def test_the_room_of_the_machine_is_measured_and_a_disk_that_is_nearly_full_is_said(services: Services) -> None:
    room = services.health.room()
    assert 0 < room.memory < room.memory_total
    assert 0 < room.disk_free <= room.disk_total
    assert room.started_at < datetime.now(UTC)
    free = [Room(1, 2, free, 100 * 2**30, room.started_at).scarce for free in (4 * 2**30, 6 * 2**30)]
    assert free == [True, False]
    assert Room(1, 2, 2**30 - 1, 2 * 2**30, room.started_at).scarce  # half of a small disk is little too
