"""What goes wrong, as programs read it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import api
from core.errors import NichewiseError, ProviderUnavailable, TooMany
from core.i18n import translate
from core.settings import Settings
from services import container
from services.container import Services


@pytest.fixture
def broken(services: Services) -> FastAPI:
    """The app with endpoints that fail in the ways that services can."""
    app = api.create_app(services)
    unknown = app.router.routes.pop()

    @app.get("/api/fails/{how}")
    def fail(how: str) -> None:
        raise {
            "known": ProviderUnavailable(provider="ollama"),
            "often": TooMany(seconds=7),
            "unexpected": ZeroDivisionError("the secret inner state"),
        }[how]

    app.router.routes.append(unknown)
    return app


def test_an_unknown_address_is_404_json(client: TestClient) -> None:
    for path in ("/api", "/api/", "/api/nothing", "/api/me/", "/api/users/x/y", "/auth/nothing"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_page_mounted_behind_does_not_answer_for_the_api(services: Services) -> None:
    app = api.create_app(services)
    pages = FastAPI()
    pages.add_api_route("/{rest:path}", lambda rest: "page")
    app.mount("/", pages)
    with TestClient(app) as client:
        assert client.get("/api/nothing").status_code == 404
        assert client.put("/api/me").status_code == 405
        assert client.get("/apiary").json() == "page"


def test_a_wrong_method_is_405_and_says_which_are_taken(client: TestClient) -> None:
    answer = client.delete("/api/users")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST, HEAD")
    assert answer.json()["error"]["code"] == "method_not_allowed"


def test_a_body_over_the_limit_is_413(client: TestClient, admin: dict[str, str]) -> None:
    for content in (b" " * (api.JSON_LIMIT + 1), iter([b" " * 2**16] * 17)):
        headers = {**admin, "Content-Type": "application/json"}
        answer = client.post("/api/users", content=content, headers=headers)
        assert answer.status_code == 413
        assert answer.json()["error"] == {
            "code": "too_large",
            "message": "The request is larger than the limit.",
            "reference": "",
        }


def test_what_is_not_readable_is_refused_not_fatal(client: TestClient, admin: dict[str, str]) -> None:
    headers = {**admin, "Content-Type": "application/json"}
    for content in (b"{", b"\xff\xfe", b"[" * 100_000, b'{"name": "\\ud800"}', b'{"name": "\\u0000"}'):
        answer = client.post("/api/keys", content=content, headers=headers)
        assert answer.status_code in (400, 422)
        assert answer.json()["error"]["message"].endswith(".")
    for path in ("/api/users?q=%00", "/api/audit?action=%00"):
        assert client.get(path, headers=admin).status_code == 422


def test_a_known_error_has_its_status_and_a_reference_when_it_is_ours(broken: FastAPI) -> None:
    with TestClient(broken) as client:
        answer = client.get("/api/fails/known")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (503, "provider_unavailable")
    assert "ollama" in error["message"]
    assert len(error["reference"]) == 8


def test_a_database_that_does_not_answer_is_503_with_a_sentence(settings: Settings) -> None:
    built = container.build(settings, "postgresql://nobody:x@127.0.0.1:9/gone")
    container.install(built)
    try:
        with TestClient(api.create_app(built)) as client:
            answer = client.get("/api/me", headers={"Authorization": "Bearer x"})
            assert client.get("/api/health").status_code == 200
    finally:
        container.install(None)
        built.close()
    assert answer.status_code == 503
    assert answer.json()["error"]["message"] == "The database does not answer. Try again in a minute."


def test_too_many_says_when_to_come_back(broken: FastAPI) -> None:
    with TestClient(broken) as client:
        answer = client.get("/api/fails/often")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_the_unexpected_shows_a_reference_and_logs_the_traceback_under_it(
    broken: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    with TestClient(broken) as client, caplog.at_level(logging.ERROR):
        answer = client.get("/api/fails/unexpected")
    error = answer.json()["error"]
    assert (answer.status_code, error["message"]) == (500, NichewiseError.sentence)
    assert "secret inner state" not in answer.text
    assert error["reference"] in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_programs_may_ask_for_russian(client: TestClient) -> None:
    message = client.get("/api/me", headers={"Accept-Language": "ru-RU,ru;q=0.9"}).json()["error"]["message"]
    assert message == translate("ru", "Sign in to continue.")


def test_no_answer_may_be_framed_by_another_site(client: TestClient) -> None:
    for path in ("/api/health", "/api/nothing", "/api/docs"):
        headers = client.get(path).headers
        assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("SAMEORIGIN", "nosniff")


def test_cors_is_open_to_the_origins_that_are_set(build_services: Callable[..., Services], services: Services) -> None:
    other = build_services(services.settings.model_copy(update={"cors_origins": ("https://intranet.example",)}))
    with TestClient(api.create_app(other)) as client:
        for origin, allowed in (("https://intranet.example", True), ("https://evil.example", False)):
            answer = client.get("/api/health", headers={"Origin": origin})
            assert ("access-control-allow-origin" in answer.headers) is allowed


def test_only_the_hosts_that_are_set_are_answered(build_services: Callable[..., Services], services: Services) -> None:
    other = build_services(services.settings.model_copy(update={"allowed_hosts": ("nichewise.example",)}))
    with TestClient(api.create_app(other)) as client:
        assert client.get("/api/health", headers={"Host": "nichewise.example"}).status_code == 200
        assert client.get("/api/health", headers={"Host": "evil.example"}).status_code == 400
