"""The door at /voice: sends requests to Gradio once it is imported, and asks for patience until then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from voice import PATH

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from services.container import Services

_STARTING = """<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Nichewise</title>
<body style="font:16px system-ui;margin:4rem;color-scheme:light dark">Voice is starting… · Голос запускается…</body>"""


class VoiceDoor:
    """Holds the Gradio app. `middleware` goes around the outer app, `open` imports and starts Gradio."""

    def __init__(self) -> None:
        self._voice: ASGIApp | None = None

    def middleware(self, app: ASGIApp) -> ASGIApp:
        async def route(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            if scope["type"] not in ("http", "websocket") or not (path == PATH or path.startswith(f"{PATH}/")):
                await app(scope, receive, send)
            elif path == PATH:
                await RedirectResponse(f"{PATH}/")(scope, receive, send)
            elif self._voice is None:
                await HTMLResponse(_STARTING, status_code=503, headers={"Retry-After": "2"})(scope, receive, send)
            else:
                await self._voice(scope, receive, send)

        return route

    @asynccontextmanager
    async def open(self, services: Services) -> AsyncIterator[None]:
        voice = await asyncio.to_thread(_made, services)
        async with voice.router.lifespan_context(voice):
            self._voice = voice
            services.health.report("voice")
            yield
            self._voice = None


def _made(services: Services) -> Starlette:
    # Gradio takes four seconds to import and half a second to build: not on the event loop, where pages wait.
    from voice.blocks import mounted

    return mounted(services)
