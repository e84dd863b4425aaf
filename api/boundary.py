"""The innermost middleware: what no handler of the API can answer is answered here, in the same shape."""

from __future__ import annotations

import logging

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import shape
from core.errors import NichewiseError
from core.i18n import translate

logger = logging.getLogger(__name__)


class Boundary:
    """Answers 500 with a reference for the unexpected and logs its traceback once; says in JSON that a body is too
    large, which the limit itself says in plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/api", "/auth")):
            await self._app(scope, receive, send)
            return
        watch = _Watch(send)
        if scope["method"] == "HEAD" and scope["path"].startswith("/api"):
            scope = {**scope, "method": "GET"}  # the server itself leaves the body out
        try:
            await self._app(scope, receive, watch)
        except Exception:
            replacement = _unexpected(scope)
            if watch.started:
                raise
            await replacement(scope, receive, send)
            return
        if watch.too_large:
            await shape.http_answer(413, Headers(scope=scope))(scope, receive, send)


class _Watch:
    """Passes messages on, but holds back a 413 in plain text."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False
        self.too_large = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            self.too_large = message["status"] == 413 and kind.startswith("text/plain")
        if not self.too_large:
            self.started = True
            await self._send(message)


def _unexpected(scope: Scope) -> JSONResponse:
    reference = shape.new_reference()
    logger.exception("[%s] %s %s failed", reference, scope["method"], scope["path"])
    message = translate(shape.language(Headers(scope=scope)), NichewiseError.sentence)
    return shape.answer(500, "internal_error", message, reference=reference)
