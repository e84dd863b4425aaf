"""A connection on which no whole request comes is closed; one that is used stays."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from websockets.sync.client import connect

from api.heads import BoundedHeads
from tests.servers.asgi import listening

SECONDS = 0.3
REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
UPLOAD = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999\r\n\r\n"
PATIENT = {"timeout_keep_alive": 20}  # what closes is not uvicorn's own limit


class Quick(BoundedHeads):
    seconds = SECONDS
    size = 8 * 1024


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers before it reads a body; sends back what comes through a WebSocket."""
    assert scope["type"] in ("http", "websocket")
    if scope["type"] == "websocket":
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text)
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@contextmanager
def line(**options: Any) -> Iterator[socket.socket]:
    with (
        listening(app, http=Quick, **{**PATIENT, **options}) as url,
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=20) as connection,
    ):
        yield connection


def trickled(connection: socket.socket, pieces: Iterator[bytes] | list[bytes]) -> bool:
    """Sends a piece now and then; whether the server closed before they came to an end."""
    connection.settimeout(0.02)
    for piece in pieces:
        try:
            connection.sendall(piece)
            if not connection.recv(65536):
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"", b""),
        (b"", b"\r\n"),
        (REQUEST, b"a"),
        (UPLOAD, b"a"),
    ],
    ids=["nothing", "empty lines", "half a head", "a body after its answer"],
)
def test_a_connection_that_brings_no_request_is_closed(first: bytes, then: bytes) -> None:
    with line() as connection:
        assert trickled(connection, [first, *[then] * 900])


def test_a_head_without_end_is_refused_at_once() -> None:
    with line() as connection:
        connection.sendall(REQUEST + b"X-Long: " + b"a" * 9000)
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
        assert connection.recv(65536) == b""


def test_requests_one_after_another_stay_on_one_connection() -> None:
    with line() as connection:
        for _ in range(40):  # longer than the limit, all together
            connection.settimeout(20)
            connection.sendall(REQUEST + b"\r\n")
            assert connection.recv(65536).endswith(b"ok")
            connection.settimeout(0.02)
            with pytest.raises(TimeoutError):
                connection.recv(1)


def test_a_websocket_stays() -> None:
    with listening(app, http=Quick, **PATIENT) as url, connect(url.replace("http", "ws", 1), proxy=None) as websocket:
        with pytest.raises(TimeoutError):
            websocket.recv(timeout=3 * SECONDS)
        websocket.send("still here")
        assert websocket.recv(timeout=20) == "still here"
