"""An OpenAI server on loopback that keeps to the protocol: models, chat completions with server-sent events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.servers.scripted import Handler, Reply, ScriptedServer, event, running

CREATED = 1_735_689_600


class OpenAIServer(ScriptedServer):
    """`windows` are what a server such as vLLM tells of its models."""

    def __init__(self) -> None:
        super().__init__(_Handler, "gpt-4o-mini")
        self.windows: dict[str, int] = {}

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"


@contextmanager
def serving() -> Iterator[OpenAIServer]:
    with running(OpenAIServer()) as server:
        yield server


class _Handler(Handler):
    server: OpenAIServer

    def do_GET(self) -> None:
        self.note({})
        if self.path == "/v1/models":
            self.json({"object": "list", "data": [self._listed(name) for name in self.server.script.models]})
        else:
            self.json(self.wrong(f"Invalid URL (GET {self.path})", 404), 404)

    def do_POST(self) -> None:
        body = self.read()
        if self.path not in ("/v1/chat/completions", "/v1/embeddings"):
            self.json(self.wrong(f"Invalid URL (POST {self.path})", 404), 404)
        elif body["model"] not in self.server.script.models:
            self.json(self.wrong(f"The model `{body['model']}` does not exist", 404), 404)
        elif self.path == "/v1/embeddings":
            self.json(_embedded(body))
        else:
            self.text(body, streamed=body.get("stream", False))

    def piece(self, body: dict[str, Any], text: str) -> bytes:
        return event(_chunk(body, [_delta({"role": "assistant", "content": text})]))

    def ending(self, body: dict[str, Any], reply: Reply) -> list[bytes]:
        last = [event(_chunk(body, [_delta({}, "stop")]))]
        if (body.get("stream_options") or {}).get("include_usage"):
            last.append(event(_chunk(body, []) | {"usage": _usage(reply)}))
        return [*last, b"data: [DONE]\n\n"]

    def whole(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        said = {"role": "assistant", "content": "".join(reply.pieces), "refusal": None}
        choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": "stop"}
        return _head(body, "chat.completion") | {"choices": [choice], "usage": _usage(reply)}

    def wrong(self, message: str, status: int) -> dict[str, Any]:
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}

    def wrong_piece(self, message: str) -> bytes:
        return event(self.wrong(message, 500))

    def _listed(self, name: str) -> dict[str, Any]:
        window = self.server.windows.get(name)
        told = {"max_model_len": window} if window else {}
        return {"id": name, "object": "model", "created": CREATED, "owned_by": "system", **told}


def _head(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": CREATED, "model": body["model"]}


def _chunk(body: dict[str, Any], choices: list[dict[str, Any]]) -> dict[str, Any]:
    return _head(body, "chat.completion.chunk") | {"choices": choices}


def _delta(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}


def _usage(reply: Reply) -> dict[str, Any]:
    total = reply.prompt_tokens + reply.completion_tokens
    return {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "total_tokens": total,
    }


def _embedded(body: dict[str, Any]) -> dict[str, Any]:
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    vectors = [[byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:8]] for text in texts]
    data = [{"object": "embedding", "index": n, "embedding": vector} for n, vector in enumerate(vectors)]
    used = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return {"object": "list", "data": data, "model": body["model"], "usage": used}
