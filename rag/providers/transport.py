"""What comes in of a model server's answer: as much as an answer can have, as it is, and from where it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

LONGEST_ANSWER = 32 * 2**20  # bytes: a hundred thousand pieces of a token each, thoughts included
LONGEST_FACTS = 4 * 2**20  # bytes: what a server says of its models
_LONGEST_LINE = 4 * 2**20  # bytes: the vendors' clients put a line together piece by piece
_MOST_LINES = 400_000  # and look at each one, on the loop that all answers share


class TooMuch(httpx.RemoteProtocolError):
    """The answer does not end where any answer would have."""


class Moved(httpx.RemoteProtocolError):
    """The server sends on to another address, which would be told questions and keys."""


class BoundedTransport(httpx.AsyncHTTPTransport):
    """Compressed answers are not asked for and not read: nobody knows how long they become."""

    def __init__(self, longest: int, **options: object) -> None:
        super().__init__(trust_env=False, **options)  # type: ignore[arg-type]
        self._longest = longest

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Accept-Encoding"] = "identity"
        response = await super().handle_async_request(request)
        encoded = response.headers.get("Content-Encoding", "identity")
        if response.has_redirect_location or encoded != "identity":
            await response.aclose()
            raise Moved("it redirects") if response.has_redirect_location else httpx.DecodingError(encoded)
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - the transport makes no other
        response.stream = _Bounded(response.stream, self._longest)
        return response


class _Bounded(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, longest: int) -> None:
        self._stream, self._left, self._line, self._lines = stream, longest, 0, _MOST_LINES

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._left -= len(piece)
            self._lines -= piece.count(b"\n")
            end = piece.rfind(b"\n")
            self._line = len(piece) - end - 1 if end >= 0 else self._line + len(piece)
            if min(self._left, self._lines) < 0 or self._line > _LONGEST_LINE:
                raise TooMuch("it is longer than the limit")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
