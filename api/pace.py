"""How slowly the body of a request may arrive. The server itself waits for the next byte as long as the line stands."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import shape

log = logging.getLogger(__name__)
_GONE: Message = {"type": "http.disconnect"}


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `silence` seconds without a byte, and at least `floor` bytes a second over each `window` of seconds that
    were spent waiting. A gigabyte over a line of 56 kbit/s, the slowest that is in use, is seven times as fast."""

    silence: float = 30.0
    window: float = 60.0
    floor: float = 1024.0


class SteadyBodies:
    """The outermost middleware: a request whose body comes too slowly is answered 408 and its connection closed.

    Whoever reads the body is told that the client is gone, so it gives back what it holds. Time that the reader takes
    is not counted, nor what comes after the body: streams of answers and WebSockets are not concerned.
    """

    def __init__(self, app: ASGIApp, pace: Pace | None = None) -> None:
        self._app, self._pace = app, pace or Pace()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        body, started = _Body(receive, self._pace), False

        async def unless_late(message: Message) -> None:
            nonlocal started
            if started or not body.late:  # what is made of half a body is no answer
                started = True
                await send(message)

        try:
            await self._app(scope, body.receive, unless_late)
        except Exception:
            if not body.late:
                raise
        if body.late:
            log.warning("%s %s was ended: its body came too slowly", scope["method"], scope["path"])
            if not started:
                answer = shape.http_answer(408, Headers(scope=scope), {"Connection": "close"})
                await answer(scope, receive, send)


class _Body:
    """`receive` of one request, until its body is complete."""

    def __init__(self, receive: Receive, pace: Pace) -> None:
        self._receive, self._pace = receive, pace
        self._ended = False
        self._bytes, self._waited = 0, 0.0  # in this window
        self.late = False

    async def receive(self) -> Message:
        if self._ended:
            return await self._receive()
        if self.late:
            return _GONE
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._pace.silence):
                message = await self._receive()
        except TimeoutError:
            return self._too_late()
        self._ended = not message.get("more_body", False)
        self._bytes += len(message.get("body", b""))
        self._waited += time.monotonic() - began
        if self._ended or self._waited < self._pace.window:
            return message
        if self._bytes < self._pace.floor * self._waited:
            return self._too_late()
        self._bytes, self._waited = 0, 0.0
        return message

    def _too_late(self) -> Message:
        self.late = True
        return _GONE


def _has_body(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0 ")):
            return True
    return False
