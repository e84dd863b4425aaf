"""A Gemini server on loopback that keeps to the REST protocol: models, generateContent, streamGenerateContent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from tests.servers.scripted import Handler, Reply, ScriptedServer, event, running

WINDOW = 1_048_576


class GeminiServer(ScriptedServer):
    def __init__(self) -> None:
        super().__init__(_Handler, "gemini-2.5-flash")


@contextmanager
def serving() -> Iterator[GeminiServer]:
    with running(GeminiServer()) as server:
        yield server


class _Handler(Handler):
    def do_GET(self) -> None:
        self.note({})
        path = self.path.partition("?")[0]
        name = path.removeprefix("/v1beta/models").removeprefix("/")
        if not path.startswith("/v1beta/models"):
            self.send(404, b"", "text/html")
        elif not name:
            self.json({"models": [_model(one) for one in self.server.script.models]})
        elif name in self.server.script.models:
            self.json(_model(name))
        else:
            self.json(self.wrong(f"models/{name} is not found", 404), 404)

    def do_POST(self) -> None:
        body = self.read()
        name, _, method = self.path.partition("?")[0].removeprefix("/v1beta/models/").partition(":")
        if method not in ("generateContent", "streamGenerateContent"):
            self.send(404, b"", "text/html")
        elif name not in self.server.script.models:
            self.json(self.wrong(f"models/{name} is not found for API version v1beta", 404), 404)
        else:
            self.text(body | {"model": name}, streamed=method == "streamGenerateContent")

    def piece(self, body: dict[str, Any], text: str) -> bytes:
        return event(_answer(body, text))

    def ending(self, body: dict[str, Any], reply: Reply) -> list[bytes]:
        return [event(_answer(body, "", "STOP") | {"usageMetadata": _usage(reply)})]

    def whole(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        return _answer(body, "".join(reply.pieces), "STOP") | {"usageMetadata": _usage(reply)}

    def wrong(self, message: str, status: int) -> dict[str, Any]:
        name = HTTPStatus(status).name
        return {"error": {"code": status, "message": message, "status": name}}

    def wrong_piece(self, message: str) -> bytes:
        return event(self.wrong(message, 500))


def _answer(body: dict[str, Any], text: str, reason: str | None = None) -> dict[str, Any]:
    ended = {"finishReason": reason} if reason else {}
    content = {"parts": [{"text": text}], "role": "model"}
    candidate = {"content": content, "index": 0, **ended}
    return {"candidates": [candidate], "modelVersion": body["model"], "responseId": "r1"}


def _usage(reply: Reply) -> dict[str, Any]:
    total = reply.prompt_tokens + reply.completion_tokens
    return {
        "promptTokenCount": reply.prompt_tokens,
        "candidatesTokenCount": reply.completion_tokens,
        "totalTokenCount": total,
    }


def _model(name: str) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name,
        "inputTokenLimit": WINDOW,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }
