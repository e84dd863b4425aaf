"""Who comes to the screen: without a session to the sign-in, with one in the person's own language."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.i18n import LOCALES
from voice import PATH
from voice.talk import VoiceTalk

# Gradio speaks the browser's language, and takes no other; the account's is told to it as the browser's.
_SPEAK = "<script>Object.defineProperty(navigator, 'language', {{get: () => {language}}})</script>"


class Doorway:
    """Gradio itself would show a line of JSON to who is not signed in."""

    def __init__(self, app: ASGIApp, talk: VoiceTalk) -> None:
        self._app, self._talk = app, talk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not (scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == f"{PATH}/"):
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        if await run_in_threadpool(self._talk.person, request) is None:
            await RedirectResponse("/talk")(scope, receive, send)
            return
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("lang", [""])[0]
        language = asked if asked in LOCALES else await run_in_threadpool(self._talk.language, request)
        plain = {**scope, "headers": [one for one in scope["headers"] if one[0] != b"accept-encoding"]}
        await self._app(
            plain, receive, _Inserting(send, _SPEAK.format(language=json.dumps(language))) if language else send
        )


class _Inserting:
    """Puts a script at the beginning of the page's head; the page comes as one body."""

    def __init__(self, send: Send, script: str) -> None:
        self._send, self._script = send, script.encode()
        self._start: Message | None = None
        self._page = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._page += message.get("body", b"")
        if message.get("more_body") or self._start is None:
            return
        page = self._page.replace(b"<head>", b"<head>" + self._script, 1)
        MutableHeaders(scope=self._start)["Content-Length"] = str(len(page))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": page})
