"""An Ollama server on loopback that keeps to the protocol; each test scripts its replies, delays and faults."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.servers.scripted import Handler, Reply, ScriptedServer, running

NOW = "2025-01-01T00:00:00.000000Z"
WINDOW = 131_072
DIMENSION = 96  # of every embedding

__all__ = ["OllamaServer", "Reply", "serving"]


class OllamaServer(ScriptedServer):
    def __init__(self) -> None:
        super().__init__(_Handler, "llama3.1:8b")


@contextmanager
def serving() -> Iterator[OllamaServer]:
    with running(OllamaServer()) as server:
        yield server


class _Handler(Handler):
    stream_type = "application/x-ndjson"

    def do_GET(self) -> None:
        self.note({})
        if self.path == "/api/tags":
            self.json({"models": [_model(name) for name in self.server.script.models]})
        elif self.path == "/api/version":
            self.json({"version": "0.12.0"})
        elif self.path == "/":
            self.send(200, b"Ollama is running", "text/plain")
        else:
            self.send(404, b"404 page not found", "text/plain")

    def do_POST(self) -> None:
        body = self.read()
        if self.path == "/api/pull":
            self._pull(body["model"])
        elif self.path not in ("/api/chat", "/api/generate", "/api/show", "/api/embed"):
            self.send(404, b"404 page not found", "text/plain")
        elif body["model"] not in self.server.script.models:
            self.json({"error": f"model '{body['model']}' not found"}, 404)
        elif self.path == "/api/show":
            self.json(_shown(body["model"]))
        elif self.path == "/api/embed":
            self.json(_embedded(body))
        else:
            self.text(body, streamed=body.get("stream", True))

    def _pull(self, model: str) -> None:
        """Fetches any model in four steps, but those whose name starts with "no"."""
        self.start_stream()
        self.chunk(_line({"status": "pulling manifest"}))
        if model.startswith("no"):
            self.chunk(_line({"error": "pull model manifest: file does not exist"}))
        else:
            for done in (250, 500, 1000):
                self.chunk(_line({"status": "pulling 8eeb52dfb3bb", "total": 1000, "completed": done}))
                self.server.script.closing.wait(self.server.script.pull_seconds / 3)
            self.server.script.models.append(model)
            self.chunk(_line({"status": "success"}))
        self.end_stream()

    def piece(self, body: dict[str, Any], text: str) -> bytes:
        return _line(self._piece(body, text))

    def ending(self, body: dict[str, Any], reply: Reply) -> list[bytes]:
        return [_line(self._piece(body, "") | _last(reply))]

    def whole(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        return self._piece(body, "".join(reply.pieces)) | _last(reply)

    def wrong(self, message: str, status: int) -> dict[str, Any]:
        return {"error": message}

    def wrong_piece(self, message: str) -> bytes:
        return _line({"error": message})

    def garbage(self) -> bytes:
        return b"<html>not what you asked for</html>\n"

    def _piece(self, body: dict[str, Any], text: str) -> dict[str, Any]:
        chats = self.path == "/api/chat"
        said = {"message": {"role": "assistant", "content": text}} if chats else {"response": text}
        return {"model": body["model"], "created_at": NOW, **said, "done": False}


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _last(reply: Reply) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": "stop",
        "total_duration": 5_000_000,
        "load_duration": 1_000_000,
        "prompt_eval_count": reply.prompt_tokens,
        "prompt_eval_duration": 1_000_000,
        "eval_count": reply.completion_tokens,
        "eval_duration": 2_000_000,
    }


def _model(name: str) -> dict[str, Any]:
    details = {"format": "gguf", "family": "llama", "parameter_size": "8.0B", "quantization_level": "Q4_K_M"}
    digest = hashlib.sha256(name.encode()).hexdigest()
    return {
        "name": name,
        "model": name,
        "modified_at": NOW,
        "size": 4_920_753_328,
        "digest": digest,
        "details": details,
    }


def _shown(name: str) -> dict[str, Any]:
    return {
        "modelfile": f"FROM {name}",
        "parameters": "",
        "template": "{{ .Prompt }}",
        "details": _model(name)["details"],
        "model_info": {"general.architecture": "llama", "llama.context_length": WINDOW},
        "capabilities": ["completion", "tools"],
    }


def _bag_of_words(text: str) -> list[float]:
    """Texts with words in common are near each other; 96 numbers."""
    sums = [0.001] * DIMENSION
    for word in re.findall(r"\w+", text.lower()):
        for byte in hashlib.sha256(word.encode()).digest()[:4]:
            sums[byte % DIMENSION] += 1.0 if byte < 128 else -1.0
    return sums


def _embedded(body: dict[str, Any]) -> dict[str, Any]:
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    vectors = [_bag_of_words(text) for text in texts]
    return {"model": body["model"], "embeddings": vectors, "total_duration": 1_000_000, "prompt_eval_count": len(texts)}
