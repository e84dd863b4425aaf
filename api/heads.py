"""How long and how large the head of a request may be: uvicorn waits for the rest of one, and keeps it, without end."""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class BoundedHeads(HttpToolsProtocol):
    """One connection. While nothing is being answered on it, the whole head of the next request has to come within
    `seconds` and `size` bytes, else the connection is closed; what still comes of a body whose answer was given already
    counts as waiting. WebSockets leave this class with their first request."""

    seconds: ClassVar[float] = 60.0
    size: ClassVar[int] = 64 * 1024

    _closing: TimerHandle | None = None
    _head: int | None = None  # bytes of a head that has begun

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return  # it has ended, or is a WebSocket now
        if self._head is not None:
            self._head += len(data)
            if self._head > self.size:
                self.send_400_response("The head of the request is too large.")
        if self._closing is None and (self.cycle is None or self.cycle.response_complete):
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._go_on()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head = None
        self._go_on()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._closing = self.loop.call_later(self.seconds, self.transport.close)

    def _go_on(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
