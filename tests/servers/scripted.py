"""What the model servers on loopback share: a script of replies, delays and faults, and the plumbing of HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar


@dataclass
class Reply:
    """What the next request for text gets.

    `pieces` are streamed one by one, `pause` seconds before each; `gate`, when given, holds the stream after `hold_at`
    pieces until the test sets it. `status` other than 200 answers with an error. `fault`: "hang" never answers, "cut"
    breaks the connection after the pieces, "short" ends without the last object, "garbage" sends what is not JSON,
    "error" sends an error object in the middle of the stream, as the real server does when a model crashes. `stamped`
    puts the time of sending before the first piece, as `T1700000000000 ` (milliseconds since 1970). `wild` writes the
    whole answer itself.
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
    stamped: bool = False
    wild: Callable[[Handler, dict[str, Any]], None] | None = None


@dataclass
class Script:
    """What the server knows and what it has been asked."""

    known: tuple[str, ...] = ()  # the models it has after a reset
    models: list[str] = field(default_factory=list)
    replies: deque[Reply] = field(default_factory=deque)
    default: Reply = field(default_factory=Reply)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)  # the access keys that came, in any of the vendors' headers
    gone: threading.Event = field(default_factory=threading.Event)  # a client hung up before its answer ended
    closing: threading.Event = field(default_factory=threading.Event)
    pull_seconds: float = 0.0  # how long a model takes to arrive
    wild: Callable[[Handler, dict[str, Any]], None] | None = None  # writes what the server says of its models
    sent: int = 0  # bytes of streams

    def reply(self, *pieces: str, **options: Any) -> Reply:
        """Appends a scripted reply; when none is left the default one is given."""
        self.replies.append(Reply(pieces, **options) if pieces else Reply(**options))
        return self.replies[-1]

    def asked(self, path: str) -> list[dict[str, Any]]:
        """The bodies of the requests to `path`, oldest first."""
        return [body for at, body in self.requests if at == path]

    def reset(self) -> None:
        self.models = list(self.known)
        self.replies.clear()
        self.default = Reply()
        self.requests.clear()
        self.keys.clear()
        self.gone.clear()
        self.pull_seconds, self.wild, self.sent = 0.0, None, 0


class ScriptedServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, handler: type[Handler], *models: str) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.script = Script(models, list(models))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the script."""
        self.script.gone.set()


_S = TypeVar("_S", bound=ScriptedServer)


@contextmanager
def running(server: _S) -> Iterator[_S]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.script.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """A server says what its pieces look like; the script says which of them come, and when."""

    protocol_version = "HTTP/1.1"
    stream_type = "text/event-stream"
    server: ScriptedServer

    def log_message(self, format: str, *args: Any) -> None:
        """The test says what it needs to know."""

    def piece(self, body: dict[str, Any], text: str) -> bytes:
        """One piece of a stream as it goes over the wire."""
        raise NotImplementedError

    def ending(self, body: dict[str, Any], reply: Reply) -> list[bytes]:
        """What a stream ends with."""
        raise NotImplementedError

    def whole(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        """The answer to a request that asks for no stream."""
        raise NotImplementedError

    def wrong(self, message: str, status: int) -> dict[str, Any]:
        """An error as this vendor words it."""
        raise NotImplementedError

    def wrong_piece(self, message: str) -> bytes:
        """An error in the middle of a stream."""
        raise NotImplementedError

    def garbage(self) -> bytes:
        return b"data: <html>not what you asked for</html>\n\n"

    def note(self, body: dict[str, Any]) -> None:
        script = self.server.script
        script.requests.append((self.path.partition("?")[0], body))
        script.keys.append(self.headers.get("Authorization", "") or self.headers.get("x-goog-api-key", ""))

    def read(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.note(body)
        return body

    # --- text -------------------------------------------------------------------------------------------------------

    def text(self, body: dict[str, Any], *, streamed: bool) -> None:
        script = self.server.script
        reply = script.replies.popleft() if script.replies else script.default
        if reply.wild is not None:
            reply.wild(self, body)
        elif reply.fault == "hang":
            script.closing.wait(30)
        elif reply.status != 200:
            self.json(self.wrong(reply.error, reply.status), reply.status)
        elif streamed:
            self._stream(body, reply)
        elif reply.fault == "garbage":
            self.send(200, b"<html>not what you asked for</html>", "text/html")
        elif reply.fault in ("cut", "short"):
            self.close_connection = True
        else:
            time.sleep(reply.pause)
            self.json(self.whole(body, reply))

    def _stream(self, body: dict[str, Any], reply: Reply) -> None:
        self.start_stream()
        for number, piece in enumerate(reply.pieces):
            if reply.gate is not None and number == reply.hold_at:
                self._hold(reply.gate)
            time.sleep(reply.pause)
            stamp = f"T{time.time() * 1000:.0f} " if reply.stamped and number == 0 else ""
            self.chunk(self.piece(body, stamp + piece))
        if reply.fault == "cut":
            self.close_connection = True
            return
        if reply.fault == "garbage":
            self.chunk(self.garbage())
        elif reply.fault == "error":
            self.chunk(self.wrong_piece(reply.error))
        elif reply.fault != "short":
            for last in self.ending(body, reply):
                self.chunk(last)
        self.end_stream()

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

    # --- plumbing ---------------------------------------------------------------------------------------------------

    def start_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", self.stream_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()
        self.server.script.sent += len(data)

    def end_stream(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def json(self, value: Any, status: int = 200) -> None:
        if self.server.script.wild is not None:
            self.server.script.wild(self, value)
            return
        self.send(status, json.dumps(value).encode(), "application/json; charset=utf-8")

    def send(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def event(value: Any) -> bytes:
    """A server-sent event."""
    return f"data: {json.dumps(value)}\n\n".encode()
