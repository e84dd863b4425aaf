"""The last route of the API: what no endpoint takes is answered as JSON, not by the page that is mounted behind it."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Router
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from api import shape

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class UnknownAddress(BaseRoute):
    """Matches everything under /api and /auth; stands behind the endpoints of `router`."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] not in ("http", "websocket"):
            return Match.NONE, {}
        ours = scope["path"].partition("/")[2].partition("/")[0] in ("api", "auth")
        return (Match.FULL if ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises HTTPException 405 with the methods that the address does take, else 404; a handshake is denied."""
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(shape.http_answer(404, Headers(scope=scope)))
            return
        taken = [method for method in _METHODS if self._takes({**scope, "method": method})]
        taken += ["HEAD"] * ("GET" in taken)
        raise HTTPException(405, headers={"Allow": ", ".join(taken)}) if taken else HTTPException(404)

    def _takes(self, scope: Scope) -> bool:
        earlier = self._router.routes[: self._router.routes.index(self)]
        return any(route.matches(scope)[0] is Match.FULL for route in earlier)
