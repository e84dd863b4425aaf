"""What a broken or hostile model server sends with status 200, whatever it was asked: each writes one whole answer."""

from __future__ import annotations

import gzip
from functools import cache
from typing import Any

from tests.servers.scripted import Handler

MEGABYTE = 2**20


def page(handler: Handler, body: dict[str, Any]) -> None:
    handler.send(200, b"<!doctype html><title>Sign in</title>", "text/html")


def nothing(handler: Handler, body: dict[str, Any]) -> None:
    handler.send(200, b"", "application/json")


def no_text(handler: Handler, body: dict[str, Any]) -> None:
    _piece(handler, b'{"a": "\xff\xfe\xc3("}')


def half(handler: Handler, body: dict[str, Any]) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'data: {"models": [{"na')
    handler.close_connection = True


def nested(handler: Handler, body: dict[str, Any]) -> None:
    _piece(handler, b"[" * 200_000)


def another_shape(handler: Handler, body: dict[str, Any]) -> None:
    _piece(handler, b'{"models": 5, "data": {"x": 1}, "choices": "no", "candidates": 7, "message": [], "done": 3}')


def packed(handler: Handler, body: dict[str, Any]) -> None:
    """A kilobyte that becomes a hundred megabytes."""
    small = _hundred_megabytes()
    handler.send_response(200)
    handler.send_header("Content-Type", handler.stream_type)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(small)))
    handler.end_headers()
    handler.wfile.write(small)


@cache
def _hundred_megabytes() -> bytes:
    return gzip.compress(b" " * (100 * MEGABYTE), 9)


def one_line_without_end(handler: Handler, body: dict[str, Any]) -> None:
    handler.start_stream()
    while True:
        handler.chunk(b"data: " + b"x" * 65_536)


def lines_without_end(handler: Handler, body: dict[str, Any]) -> None:
    handler.start_stream()
    while True:
        handler.chunk(b":\n\n" * 20_000)


def ten_megabytes(handler: Handler, body: dict[str, Any]) -> None:
    handler.start_stream()
    handler.chunk(handler.piece({"model": "m"}, "word " * (2 * MEGABYTE)))
    handler.end_stream()


def _piece(handler: Handler, data: bytes) -> None:
    """`data` as one piece of a stream, which where the answer is no stream is the answer."""
    streamed = handler.command == "POST" and handler.stream_type == "text/event-stream"
    framed = b"data: " + data + b"\n\n" if streamed else data + b"\n"
    handler.send(200, framed, handler.stream_type if streamed else "application/json")


ALL = (
    page, nothing, no_text, half, nested, another_shape, packed, one_line_without_end, lines_without_end, ten_megabytes,
)  # fmt: skip
