"""An Ollama server on loopback that keeps to the protocol; each test scripts its replies, delays and faults."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NOW = "2025-01-01T00:00:00.000000Z"


@dataclass
class Reply:
    """What the next request for text gets.

    `pieces` are streamed one by one, `pause` seconds before each; `gate`, when given, holds the stream after `hold_at`
    pieces until the test sets it. `status` other than 200 answers with an error. `fault`: "hang" never answers, "cut"
    breaks the connection after the pieces, "short" ends without the last object, "garbage" sends what is not JSON,
    "error" sends an error object in the middle of the stream, as the real server does when a model crashes.
    """

    pieces: tuple[str, ...] = ("Hello", ", world", ".")
    pause: float = 0.0
    status: int = 200
    error: str = "something broke"
    fault: str = ""
    gate: threading.Event | None = None
    hold_at: int = 1
    prompt_tokens: int = 11
    completion_tokens: int = 7


@dataclass
class Script:
    """What the server knows and what it has been asked."""

    models: list[str] = field(default_factory=lambda: ["llama3.1:8b"])
    replies: deque[Reply] = field(default_factory=deque)
    default: Reply = field(default_factory=Reply)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)  # a client hung up before its answer ended
    closing: threading.Event = field(default_factory=threading.Event)

    def reply(self, *pieces: str, **options: Any) -> Reply:
        """Appends a scripted reply; when none is left the default one is given."""
        self.replies.append(Reply(pieces, **options) if pieces else Reply(**options))
        return self.replies[-1]

    def asked(self, path: str) -> list[dict[str, Any]]:
        """The bodies of the requests to `path`, oldest first."""
        return [body for at, body in self.requests if at == path]

    def reset(self) -> None:
        self.models = ["llama3.1:8b"]
        self.replies.clear()
        self.default = Reply()
        self.requests.clear()
        self.gone.clear()


class OllamaServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = Script()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the script."""
        self.script.gone.set()


@contextmanager
def serving() -> Iterator[OllamaServer]:
    server = OllamaServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.script.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: OllamaServer

    def log_message(self, format: str, *args: Any) -> None:
        """The test says what it needs to know."""

    def do_GET(self) -> None:
        self.server.script.requests.append((self.path, {}))
        if self.path == "/api/tags":
            self._json({"models": [_model(name) for name in self.server.script.models]})
        elif self.path == "/api/version":
            self._json({"version": "0.12.0"})
        elif self.path == "/":
            self._send(200, b"Ollama is running", "text/plain")
        else:
            self._send(404, b"404 page not found", "text/plain")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.script.requests.append((self.path, body))
        if self.path not in ("/api/chat", "/api/generate", "/api/show", "/api/embed"):
            self._send(404, b"404 page not found", "text/plain")
        elif body["model"] not in self.server.script.models:
            self._json({"error": f"model '{body['model']}' not found"}, 404)
        elif self.path == "/api/show":
            self._json(_shown(body["model"]))
        elif self.path == "/api/embed":
            self._json(_embedded(body))
        else:
            self._text(body, "message" if self.path == "/api/chat" else "response")

    # --- text -------------------------------------------------------------------------------------------------------

    def _text(self, body: dict[str, Any], kind: str) -> None:
        script = self.server.script
        reply = script.replies.popleft() if script.replies else script.default
        if reply.fault == "hang":
            script.closing.wait(30)
        elif reply.status != 200:
            self._json({"error": reply.error}, reply.status)
        elif body.get("stream", True):
            self._stream(body, reply, kind)
        elif reply.fault == "garbage":
            self._send(200, b"<html>not what you asked for</html>", "text/html")
        elif reply.fault in ("cut", "short"):
            self.close_connection = True
        else:
            time.sleep(reply.pause)
            self._json(_piece(body, kind, "".join(reply.pieces)) | _last(reply))

    def _stream(self, body: dict[str, Any], reply: Reply, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, piece in enumerate(reply.pieces):
            if reply.gate is not None and number == reply.hold_at:
                self._hold(reply.gate)
            time.sleep(reply.pause)
            self._chunk(_piece(body, kind, piece))
        if reply.fault == "cut":
            self.close_connection = True
            return
        if reply.fault == "garbage":
            self._raw_chunk(b"<html>not what you asked for</html>\n")
        elif reply.fault == "error":
            self._chunk({"error": reply.error})
        elif reply.fault != "short":
            self._chunk(_piece(body, kind, "") | _last(reply))
        self.wfile.write(b"0\r\n\r\n")

    def _hold(self, gate: threading.Event) -> None:
        """Until the test opens the gate; a client that hangs up meanwhile is noticed."""
        self.connection.settimeout(0.02)
        while not gate.is_set() and not self.server.script.closing.is_set():
            try:
                if not self.connection.recv(1):
                    raise ConnectionAbortedError
            except TimeoutError:
                continue
        self.connection.settimeout(None)

    def _chunk(self, value: dict[str, Any]) -> None:
        self._raw_chunk(json.dumps(value).encode() + b"\n")

    def _raw_chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    # --- plumbing ---------------------------------------------------------------------------------------------------

    def _json(self, value: dict[str, Any], status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), "application/json; charset=utf-8")

    def _send(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _piece(body: dict[str, Any], kind: str, text: str) -> dict[str, Any]:
    said = {"role": "assistant", "content": text} if kind == "message" else text
    return {"model": body["model"], "created_at": NOW, kind: said, "done": False}


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
        "model_info": {"general.architecture": "llama", "llama.context_length": 131_072},
        "capabilities": ["completion", "tools"],
    }


def _embedded(body: dict[str, Any]) -> dict[str, Any]:
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    vectors = [[byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:8]] for text in texts]
    return {"model": body["model"], "embeddings": vectors, "total_duration": 1_000_000, "prompt_eval_count": len(texts)}
