"""The one shape of an error: `{"error": {"code", "message", "reference"}}`; events carry what is inside."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse

from core.errors import NichewiseError
from core.i18n import translate, translate_error

_log = logging.getLogger(__name__)

NO_ADDRESS = "There is no such address in the API. See /api/docs."
NO_METHOD = "This address does not take this method. See /api/docs."
TOO_LARGE = "The request is larger than the limit."
TOO_SLOW = "The request came too slowly and was ended. Send it again."
UNREADABLE = "The request cannot be read. See /api/docs."

_KNOWN = {
    404: ("not_found", NO_ADDRESS),
    405: ("method_not_allowed", NO_METHOD),
    408: ("too_slow", TOO_SLOW),
    413: ("too_large", TOO_LARGE),
}


def language(headers: Mapping[str, str]) -> str:
    """Programs are answered in English unless they ask for Russian first."""
    return "ru" if headers.get("accept-language", "").lower().startswith("ru") else "en"


def new_reference() -> str:
    """What people quote to an administrator, who finds it in the log."""
    return secrets.token_hex(4)


def answer(
    status: int, code: str, message: str, *, reference: str = "", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    readable = message.encode("utf-8", "replace").decode()  # it may quote half a character
    content = {"error": {"code": code, "message": readable, "reference": reference}}
    return JSONResponse(content, status, dict(headers or {}))


def http_answer(status: int, asked: Mapping[str, str], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An answer of HTTP itself, without one of our errors behind it; `asked` are the request's headers."""
    code, sentence = _KNOWN.get(status, ("bad_request", UNREADABLE))
    return answer(status, code, translate(language(asked), sentence), headers=headers)


def error_data(error: NichewiseError, request: HTTPConnection) -> dict[str, str]:
    """An error as events carry it."""
    reference = error.values.get("reference", "")
    if error.status >= 500 and not reference:
        reference = new_reference()
        _log.warning("[%s] %s: %s", reference, request.url.path, error.message)
    message = translate_error(language(request.headers), error)
    return {"code": error.code, "message": message, "reference": reference}
