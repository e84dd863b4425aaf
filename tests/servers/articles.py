"""An HTTP server on loopback whose answers each test writes: pages of records, redirects, slow and huge ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Ask = Mapping[str, str]  # the parameters of a request


@dataclass
class Answer:
    """`pieces` are sent one by one; `gate` holds the answer back until it is set."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: Iterable[bytes] = ()
    gate: threading.Event | None = None


def page(text: str, title: str = "Notes", extra: str = "") -> Answer:
    html = f"<html><head><title>{title}</title>{extra}</head><body><p>{text}</p></body></html>"
    return Answer(html.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def data(value: Any, **headers: str) -> Answer:
    return Answer(json.dumps(value).encode(), headers={"Content-Type": "application/json", **headers})


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": to})


class ArticleServer(ThreadingHTTPServer):
    """`routes` maps a path to an answer or a function of the parameters; `asked` are (path, parameters, headers)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.routes: dict[str, Answer | Callable[[Ask], Answer]] = {}
        self.asked: list[tuple[str, Ask, Mapping[str, str]]] = []
        self.closing = threading.Event()

    @property
    def port(self) -> int:
        return self.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]


class _Handler(BaseHTTPRequestHandler):
    server: ArticleServer

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.server.asked.append((address.path, asked, {name.lower(): value for name, value in self.headers.items()}))
        route = self.server.routes.get(address.path, Answer(status=404))
        answer = route(asked) if callable(route) else route
        if answer.gate is not None:
            answer.gate.wait(30)
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        try:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if not answer.pieces:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            for piece in answer.pieces:
                self.wfile.write(piece)
                if self.server.closing.is_set():
                    return
        except (BrokenPipeError, ConnectionResetError):
            pass  # the reader had enough

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[ArticleServer]:
    server = ArticleServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
