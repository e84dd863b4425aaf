"""Errors as programs read them: `{"error": {"code", "message", "reference"}}` with the right status."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api import shape
from api.boundary import Boundary
from core.errors import NichewiseError, TooMany
from core.i18n import translate, translate_error

logger = logging.getLogger(__name__)

_NOT_JSON = "The body is not valid JSON."
_MISSING = "The field %(field)s is missing."
_WRONG = "The field %(field)s cannot be used: %(reason)s."


def install(app: FastAPI) -> None:
    """Translates every error of the API; what is not under /api or /auth keeps its own pages."""
    app.add_exception_handler(NichewiseError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(Boundary)


def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, NichewiseError)  # noqa: S101 - what the handler is registered for
    reference = ""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        reference = shape.new_reference()
        logger.warning("[%s] %s %s: %s", reference, request.method, request.url.path, error.message)
    return shape.answer(
        error.status,
        error.code,
        translate_error(shape.language(request.headers), error),
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
    return shape.answer(422, "invalid_input", translate(shape.language(request.headers), sentence, **values))


def _what_is_wrong(problem: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The sentence for the first problem; the field is named as the caller wrote it, without "body" or "query"."""
    if problem["type"] == "json_invalid":
        return _NOT_JSON, {}
    field = ".".join(str(part) for part in problem["loc"][1:])
    if not field:
        return shape.UNREADABLE, {}
    if problem["type"] == "missing":
        return _MISSING, {"field": field}
    reason = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    return _WRONG, {"field": field, "reason": reason[:1].lower() + reason[1:]}


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
    return shape.http_answer(error.status_code, request.headers, error.headers)
