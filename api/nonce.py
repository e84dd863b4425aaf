"""Gives every browser a nonce, to which the tickets of its sign-ins are bound."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.security import new_token
from services.identity.sessions import NONCE_COOKIE

_LASTS = 365 * 24 * 3600  # seconds


class NonceCookie:
    """Sets `nichewise_nonce` (HttpOnly) with a page for a browser that has none."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or _nonce(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return

        async def with_nonce(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", self._cookie())
            await send(message)

        await self._app(scope, receive, with_nonce)

    def _cookie(self) -> str:
        parts = [f"{NONCE_COOKIE}={new_token()}", "Path=/", f"Max-Age={_LASTS}", "HttpOnly", "SameSite=Lax"]
        return "; ".join([*parts, "Secure"] if self._secure else parts)


def _nonce(headers: Headers) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[NONCE_COOKIE].value if NONCE_COOKIE in cookies else ""
