"""Asking model servers so that a bad one harms nobody else: queues, circuit breakers, retries and timeouts.

One `Servers` belongs to one event loop. A server is known by its address: providers that share one share its queue.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pybreaker import CircuitBreaker, CircuitBreakerError
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from core.errors import ModelMissing, ProviderBusy, ProviderTimeout, ProviderUnavailable
from core.settings import Settings
from rag.providers.base import READ_SECONDS, Provider, close, translated
from rag.providers.line import Line
from rag.providers.params import Params

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse

ATTEMPTS = 3
ANSWER_SECONDS = 900.0  # for a whole answer, however slowly its pieces come
_FAILURES_TO_OPEN = 5
_OPEN_SECONDS = 15.0
_WINDOWS_KEPT_SECONDS = 600.0
_UNKNOWN_WINDOW = 8_192  # tokens
_FEW = 4  # answers at once, whose pieces are shown one by one
_REST_SECONDS, _MOST_REST_SECONDS = 0.005, 0.25  # for each answer beyond those
_AT_ONCE_SECONDS = 0.001  # what took longer was waited for

Position = Callable[[int], None]
Compose = Callable[[int], "tuple[ChatMessage, ...]"]


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of which model. `compose` makes the messages once the model's window is known, in tokens;
    `position` is told the place in the server's queue, 0 when it is this one's turn."""

    provider: Provider
    settings: Settings
    model: str
    params: Params
    compose: Compose
    position: Position = lambda place: None


@dataclass
class Servers:
    parallel: int = 8
    queue: int = 64
    _lines: dict[str, Line] = field(default_factory=dict)
    _breakers: dict[str, CircuitBreaker] = field(default_factory=dict)
    _windows: dict[tuple[str, str], tuple[float, int | None]] = field(default_factory=dict)

    async def stream(self, call: Call) -> AsyncGenerator[ChatResponse, None]:
        """The pieces of an answer. Raises `ProviderBusy` when too many wait, `ProviderUnavailable` at once while the
        server is known to be down, and the provider's own errors in our words."""
        address = call.provider.address(call.settings)
        line = self._lines.setdefault(address, Line(self.parallel, self.queue))
        async with line.turn(call.provider.label, call.position), _in_time(call.provider, ANSWER_SECONDS):
            opened = await self._first(address, call)
            async with aclosing(opened):
                with translated(call.provider):
                    async for response in _in_handfuls(opened, line):
                        yield response

    def state(self, address: str) -> dict[str, Any]:
        """For administrators: how many answers run and wait, and whether the breaker keeps callers away."""
        line, breaker = self._lines.get(address), self._breakers.get(address)
        return {
            "running": line.running if line else 0,
            "waiting": line.waiting if line else 0,
            "open": breaker is not None and breaker.current_state == "open",
        }

    async def window(self, provider: Provider, settings: Settings, model: str) -> int | None:
        """The model's real window, asked of the server once in ten minutes."""
        key = (provider.address(settings), model)
        at, known = self._windows.get(key, (float("-inf"), None))
        if time.monotonic() - at > _WINDOWS_KEPT_SECONDS:
            with translated(provider):
                known = await provider.window(settings, model)
            self._windows[key] = (time.monotonic(), known)
        return known

    # --- until the first piece: only so long may anything be tried again --------------------------------------------

    async def _first(self, address: str, call: Call) -> AsyncGenerator[ChatResponse, None]:
        breaker = self._breakers.setdefault(address, _breaker(address))
        try:
            with breaker.calling():
                async for attempt in _attempts():
                    with attempt:
                        return await self._open(call)
        except CircuitBreakerError as error:
            raise ProviderUnavailable(provider=call.provider.label) from error
        raise AssertionError("tenacity ends with a result or an error")

    async def _open(self, call: Call) -> AsyncGenerator[ChatResponse, None]:
        """The stream, whose first piece has come."""
        provider, params = call.provider, call.params
        pieces = None
        async with _in_time(provider, params.timeout or READ_SECONDS):
            real = await self.window(provider, call.settings, call.model)
            pieces = _pieces(call, replace(params, context_window=_fitting(provider, params, real)))
            try:
                with translated(provider):
                    first = await anext(pieces, None)
            except BaseException:
                await pieces.aclose()
                raise
        return _with(first, pieces)


async def _pieces(call: Call, params: Params) -> AsyncGenerator[ChatResponse, None]:
    llm = call.provider.llm(call.settings, call.model, params)
    try:
        messages = list(call.compose(llm.metadata.context_window))
        async with aclosing(await llm.astream_chat(messages)) as responses:
            async for response in responses:
                yield response
    finally:
        await close(llm)


async def _with(
    first: ChatResponse | None, pieces: AsyncGenerator[ChatResponse, None]
) -> AsyncGenerator[ChatResponse, None]:
    async with aclosing(pieces):
        if first is not None:
            yield first
        async for response in pieces:
            yield response


async def _in_handfuls(pieces: AsyncGenerator[ChatResponse, None], line: Line) -> AsyncGenerator[ChatResponse, None]:
    """The pieces as they come. While many answers are written at once each is looked at less often: to wait for a piece
    costs more than to take one that is there, and so does all that is done with it."""
    loop = asyncio.get_running_loop()
    asked_at = loop.time()
    async for piece in pieces:
        waited = loop.time() - asked_at > _AT_ONCE_SECONDS
        yield piece
        rest = min(_REST_SECONDS * (line.running - _FEW), _MOST_REST_SECONDS)
        if waited and rest > 0:
            await asyncio.sleep(rest)
        asked_at = loop.time()


@asynccontextmanager
async def _in_time(provider: Provider, seconds: float) -> AsyncGenerator[None, None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise ProviderTimeout(provider=provider.label) from error


def _fitting(provider: Provider, params: Params, real: int | None) -> int:
    """What was asked for, as far as the model has it."""
    wanted = params.context_window or provider.usual_window or real or _UNKNOWN_WINDOW
    return min(wanted, real or wanted)


def _attempts() -> AsyncRetrying:
    return AsyncRetrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.2, max=2),
        retry=retry_if_exception(_passing),
        reraise=True,
    )


def _passing(error: BaseException) -> bool:
    """What may be over in a moment: a refused connection, a busy server. What a model does wrong it does again."""
    return isinstance(error, ProviderUnavailable | ProviderBusy) and not isinstance(error, ModelMissing)


def _breaker(address: str) -> CircuitBreaker:
    return CircuitBreaker(
        fail_max=_FAILURES_TO_OPEN,
        reset_timeout=_OPEN_SECONDS,
        exclude=[_not_the_servers_fault],
        name=address,
        throw_new_error_on_trip=False,
    )


def _not_the_servers_fault(error: BaseException) -> bool:
    down = isinstance(error, ProviderUnavailable | ProviderTimeout)
    return isinstance(error, ModelMissing) or not down
