"""A body that comes too slowly ends its request and holds nothing; one that is only long and slow gets through."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send

import api
from api.pace import Pace, SteadyBodies
from core.entities.people import User
from core.roles import Role
from services.container import Services
from tests.servers.asgi import listening

QUICK = Pace(silence=0.3, window=0.2, floor=1000)
BOUNDARY = "edge"
HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'.encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


@contextmanager
def line(app: Any, pace: Pace = QUICK) -> Iterator[socket.socket]:
    """A connection to `app` behind the middleware."""
    with (
        listening(SteadyBodies(app, pace)) as url,
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=20) as connection,
    ):
        yield connection


def asks(path: str, length: int, *more: str, method: str = "POST") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {length}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def upload(length: int, *more: str) -> bytes:
    """The beginning of a form with a file of `length` bytes."""
    form = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    return asks("/api/documents", len(HEAD) + length + len(TAIL), form, *more) + HEAD


def answered(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what the server says until it closes the connection."""
    said = b""
    while piece := connection.recv(65536):
        said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    status, *headers = head.decode().split("\r\n")
    return int(status.split()[1]), dict(one.lower().split(": ", 1) for one in headers), body


def trickle(connection: socket.socket, seconds: float) -> None:
    """A byte each `seconds` until the server says something."""
    connection.settimeout(seconds)
    while True:
        connection.sendall(b".")
        try:
            connection.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            continue
        connection.settimeout(20)
        return


def temporary_files() -> set[str]:
    """Files without a name that this process holds open, which is what a large part of a form is kept in."""
    gc.collect()
    kept = set()
    for one in Path("/proc/self/fd").iterdir():
        try:
            kept.add(str(one.readlink()))
        except OSError:
            continue  # it was closed meanwhile
    return {one for one in kept if one.startswith("/") and one.endswith("(deleted)")}


def test_an_upload_that_falls_silent_is_ended_and_its_temporary_file_is_gone(services: Services) -> None:
    before = temporary_files()
    with line(api.create_app(services)) as connection:
        connection.sendall(upload(2**30) + b"x" * (4 * 2**20))  # more than is kept in memory
        status, headers, body = answered(connection)
        assert (status, headers["connection"]) == (408, "close")
        assert json.loads(body)["error"]["code"] == "too_slow"
        assert temporary_files() <= before


def test_the_temporary_file_was_there(services: Services) -> None:
    """What the test above looks at does see it."""
    before = temporary_files()
    with line(api.create_app(services), Pace(silence=20)) as connection:
        connection.sendall(upload(2**30) + b"x" * (4 * 2**20))
        connection.settimeout(0.02)
        while temporary_files() <= before:
            with pytest.raises(TimeoutError):
                connection.recv(1)


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/api/chat", "application/json"), ("/api/auth/token", "application/x-www-form-urlencoded")],
)
def test_a_trickle_below_the_floor_is_ended(services: Services, path: str, kind: str) -> None:
    with line(api.create_app(services)) as connection:
        connection.sendall(asks(path, 10_000, f"Content-Type: {kind}"))
        trickle(connection, 0.02)
        assert answered(connection)[0] == 408


def test_a_slow_body_above_the_floor_gets_through(
    services: Services, model: None, person: Callable[..., User], bearer: Callable[[User], dict[str, str]]
) -> None:
    services.collections.ensure_defaults()
    pieces, piece = 30, b"words of a document " * 10  # one each 0.02 s, for three windows
    credentials = bearer(person(Role.ADMIN))["Authorization"]
    with line(api.create_app(services), Pace(silence=10, window=0.2, floor=100)) as connection:
        length = pieces * len(piece)
        connection.sendall(upload(length, f"Authorization: {credentials}", "Connection: close"))
        connection.settimeout(0.02)
        for _ in range(pieces):
            connection.sendall(piece)
            with pytest.raises(TimeoutError):
                connection.recv(1)
        connection.settimeout(20)
        connection.sendall(TAIL)
        assert answered(connection)[0] == 202


def test_what_comes_after_the_body_is_not_timed() -> None:
    async def slow_answer(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"  # the server's own question about a lifespan is refused with it
        await receive()
        gone = asyncio.ensure_future(receive())
        done, _ = await asyncio.wait([gone], timeout=2 * QUICK.silence)
        gone.cancel()
        await send({"type": "http.response.start", "status": 500 if done else 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with line(slow_answer) as connection:
        connection.sendall(asks("/", 1, "Connection: close") + b"x")
        assert answered(connection)[0] == 200


def test_the_time_of_a_reader_who_is_busy_is_not_counted() -> None:
    read, begun = [], threading.Event()

    async def busy(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"  # the server's own question about a lifespan is refused with it
        read.append(await receive())
        begun.set()
        await asyncio.sleep(2 * QUICK.silence)  # it works on the first part, while the rest is there already
        while read[-1].get("more_body"):
            read.append(await receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with line(busy) as connection:
        connection.sendall(asks("/", 2, "Connection: close") + b"x")
        assert begun.wait(20)
        connection.sendall(b"y")
        assert answered(connection)[0] == 200
    assert b"".join(one["body"] for one in read) == b"xy"


def test_an_answer_that_has_begun_ends_with_the_body_it_waits_for() -> None:
    ended = threading.Event()

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"  # the server's own question about a lifespan is refused with it
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        message = await receive()
        while message.get("more_body"):
            await send({"type": "http.response.body", "body": message["body"], "more_body": True})
            message = await receive()
        ended.set()

    with line(echo) as connection:
        connection.sendall(asks("/", 100) + b"half")
        status, _, body = answered(connection)
        assert (status, body) == (200, b"half")
    assert ended.wait(20)
