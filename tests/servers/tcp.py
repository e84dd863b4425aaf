"""A TCP door to the tests' PostgreSQL, which itself listens on a socket file alone."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import make_url


class _Door(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    socket_file = ""


class _Visit(socketserver.BaseRequestHandler):
    server: _Door

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as inner:
            inner.connect(self.server.socket_file)
            back = threading.Thread(target=_carry, args=(inner, self.request), daemon=True)
            back.start()
            _carry(self.request, inner)
            back.join()


def _carry(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one of them has hung up


@contextmanager
def reachable(url: str) -> Iterator[str]:
    """The address of the same database by TCP, while the block lasts."""
    parsed = make_url(url)
    if parsed.host:
        yield url
        return
    with _Door(("127.0.0.1", 0), _Visit) as door:
        door.socket_file = f"{parsed.query['host']}/.s.PGSQL.5432"
        thread = threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        by_tcp = parsed.set(host="127.0.0.1", port=door.server_address[1], query={})
        yield by_tcp.render_as_string(hide_password=False)
        door.shutdown()
        thread.join()
