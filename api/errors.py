"""Errors as programs read them: `{"error": {"code", "message", "reference"}}` with the right status."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import NichewiseError, TooMany
from core.i18n import translate, translate_error

logger = logging.getLogger(__name__)

_SENTENCES = {
    404: "There is no such address in the API. See /api/docs.",
    405: "This address does not take this method. See /api/docs.",
    413: "The request is larger than the limit.",
}
_UNREADABLE = "The request cannot be read. See /api/docs."
_NOT_JSON = "The body is not valid JSON."
_MISSING = "The field %(field)s is missing."
_WRONG = "The field %(field)s cannot be used: %(reason)s."


def install(app: FastAPI) -> None:
    """Translates every error of the API; what is not under /api or /auth keeps its own pages."""
    app.add_exception_handler(NichewiseError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(Unexpected)


def language(headers: Mapping[str, str]) -> str:
    """Programs are answered in English unless they ask for Russian first."""
    return "ru" if headers.get("accept-language", "").lower().startswith("ru") else "en"


def answer(
    status: int, code: str, message: str, *, reference: str = "", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    content = {"error": {"code": code, "message": message, "reference": reference}}
    return JSONResponse(content, status, dict(headers or {}))


def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, NichewiseError)  # noqa: S101 - what the handler is registered for
    reference = ""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        reference = _reference()
        logger.warning("[%s] %s %s: %s", reference, request.method, request.url.path, error.message)
    return answer(
        error.status,
        error.code,
        translate_error(language(request.headers), error),
        reference=reference,
        headers=_headers(error),
    )


def _headers(error: NichewiseError) -> dict[str, str]:
    if isinstance(error, TooMany) and "seconds" in error.values:
        return {"Retry-After": str(error.values["seconds"])}
    if error.status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    return {}


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what the handler is registered for
    sentence, values = _what_is_wrong(error.errors()[0])
    return answer(422, "invalid_input", translate(language(request.headers), sentence, **values))


def _what_is_wrong(problem: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The sentence for the first problem; the field is named as the caller wrote it, without "body" or "query"."""
    if problem["type"] == "json_invalid":
        return _NOT_JSON, {}
    field = ".".join(str(part) for part in problem["loc"][1:])
    if not field:
        return _UNREADABLE, {}
    if problem["type"] == "missing":
        return _MISSING, {"field": field}
    reason = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    return _WRONG, {"field": field, "reason": reason[:1].lower() + reason[1:]}


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
    status = HTTPStatus(error.status_code)
    sentence = _SENTENCES.get(status.value, _UNREADABLE)
    message = translate(language(request.headers), sentence)
    return answer(status.value, status.name.lower(), message, headers=error.headers)


def _reference() -> str:
    """What people quote to an administrator, who finds it in the log."""
    return secrets.token_hex(4)


class Unexpected:
    """Answers 500 with a reference for what no handler knows, and logs the traceback once under that reference."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/api", "/auth")):
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            reference = _reference()
            logger.exception("[%s] %s %s failed", reference, scope["method"], scope["path"])
            if started:
                raise
            accepted = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            message = translate(language(accepted), NichewiseError.sentence)
            await answer(500, "internal_error", message, reference=reference)(scope, receive, send)
