"""A bad model server harms nobody else: queues, breakers, retries before the first piece, timeouts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage

from core.errors import ModelMissing, ProviderBusy, ProviderFailed, ProviderTimeout, ProviderUnavailable
from core.settings import Settings
from rag.providers import Params, get
from rag.providers import servers as module
from rag.providers.line import Line
from rag.providers.servers import Call, Servers, _in_handfuls
from tests.servers.ollama import OllamaServer

Ask = Callable[..., Call]


@pytest.fixture
def call(ollama: OllamaServer, settings: Settings) -> Call:
    own = settings.model_copy(update={"ollama_url": ollama.url})
    return Call(get("ollama"), own, "llama3.1:8b", Params(), lambda window: (ChatMessage("Hi"),))


async def read(servers: Servers, call: Call) -> str:
    text = ""
    async with aclosing(servers.stream(call)) as responses:
        async for response in responses:
            text += response.delta or ""
    return text


async def outcome(servers: Servers, call: Call) -> Any:
    try:
        return await read(servers, call)
    except Exception as error:
        return type(error)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("status", [429, 503])
def test_what_passes_in_a_moment_is_tried_again(ollama: OllamaServer, call: Call, status: int) -> None:
    ollama.script.reply(status=status)
    assert asyncio.run(read(Servers(), call)) == "Hello, world."
    assert len(ollama.script.asked("/api/chat")) == 2


def test_it_is_tried_three_times_at_most(ollama: OllamaServer, call: Call) -> None:
    ollama.script.default.status = 429
    with pytest.raises(ProviderBusy):
        asyncio.run(read(Servers(), call))
    assert len(ollama.script.asked("/api/chat")) == module.ATTEMPTS


@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_what_would_only_go_wrong_again_is_not_tried_again(ollama: OllamaServer, call: Call, status: int) -> None:
    ollama.script.reply(status=status)
    with pytest.raises((ProviderFailed, ModelMissing)):
        asyncio.run(read(Servers(), call))
    assert len(ollama.script.asked("/api/chat")) == 1


def test_nothing_is_tried_again_after_the_first_piece(ollama: OllamaServer, call: Call) -> None:
    ollama.script.reply("Twenty", fault="cut")
    with pytest.raises(ProviderFailed):
        asyncio.run(read(Servers(), call))
    assert len(ollama.script.asked("/api/chat")) == 1


def test_no_first_piece_in_time_is_a_timeout(ollama: OllamaServer, call: Call) -> None:
    ollama.script.reply(fault="hang")
    with pytest.raises(ProviderTimeout):
        asyncio.run(read(Servers(), replace(call, params=Params(timeout=1))))


def test_an_answer_without_end_is_ended(ollama: OllamaServer, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.3)
    ollama.script.reply(*["again "] * 500, pause=0.01)
    with pytest.raises(ProviderTimeout):
        asyncio.run(read(Servers(), call))


def test_a_server_that_is_down_is_left_alone_for_a_while(ollama: OllamaServer, call: Call) -> None:
    ollama.script.default.status = 503
    servers = Servers()

    async def ask() -> list[Any]:
        return [await outcome(servers, call) for _ in range(7)]

    assert asyncio.run(ask()) == [ProviderUnavailable] * 7
    assert servers.state(ollama.url)["open"]
    assert len(ollama.script.asked("/api/chat")) == 5 * module.ATTEMPTS


def test_a_server_that_is_back_is_found_again(
    ollama: OllamaServer, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_OPEN_SECONDS", 0.05)
    ollama.script.default.status = 503
    servers = Servers()

    async def ask() -> str:
        for _ in range(5):
            await outcome(servers, call)
        ollama.script.default.status = 200
        await asyncio.sleep(0.06)
        return await read(servers, call)

    assert asyncio.run(ask()) == "Hello, world."
    assert not servers.state(ollama.url)["open"]


def test_wrong_models_and_requests_do_not_open_the_breaker(ollama: OllamaServer, call: Call) -> None:
    servers = Servers()

    async def ask() -> str:
        for status in (400, 404, 500) * 3:
            ollama.script.reply(status=status)
            await outcome(servers, call)
        return await read(servers, call)

    assert asyncio.run(ask()) == "Hello, world."


def test_who_waits_sees_the_place_and_may_leave(ollama: OllamaServer, call: Call) -> None:
    gate = threading.Event()
    ollama.script.reply("One", " two", gate=gate)
    servers = Servers(parallel=1, queue=2)
    places: dict[str, list[int]] = {"second": [], "third": []}

    async def ask() -> tuple[Any, str, str]:
        first = asyncio.create_task(read(servers, call))
        await until(lambda: ollama.script.asked("/api/chat"))
        second, third = (
            asyncio.create_task(read(servers, replace(call, position=places[name].append))) for name in places
        )
        await until(lambda: servers.state(ollama.url)["waiting"] == 2)
        full = await outcome(servers, call)
        second.cancel()
        await until(lambda: places["third"][-1] == 1)
        gate.set()
        return full, await first, await third

    assert asyncio.run(ask()) == (ProviderBusy, "One two", "Hello, world.")
    assert places == {"second": [1], "third": [2, 1, 0]}
    assert servers.state(ollama.url) == {"running": 0, "waiting": 0, "open": False}


def test_one_server_that_hangs_holds_up_no_other(ollama: OllamaServer, call: Call, served_settings: Settings) -> None:
    ollama.script.default.fault = "hang"
    servers = Servers(parallel=1, queue=5)
    other = replace(call, provider=get("openai"), settings=served_settings, model="gpt-4o-mini")

    async def ask() -> str:
        stuck = [asyncio.create_task(read(servers, call)) for _ in range(3)]
        await until(lambda: servers.state(ollama.url)["waiting"] == 2)
        answer = await read(servers, other)
        for task in stuck:
            task.cancel()
        await asyncio.wait(stuck)
        return answer

    assert asyncio.run(ask()) == "Hello, world."


@pytest.mark.parametrize(("asked", "given"), [(None, 8192), (4096, 4096), (1_000_000, 131_072)])
def test_the_window_that_was_asked_for_is_used_as_far_as_the_model_has_it(
    ollama: OllamaServer, call: Call, asked: int | None, given: int
) -> None:
    windows: list[int] = []

    def compose(window: int) -> tuple[ChatMessage, ...]:
        windows.append(window)
        return (ChatMessage("Hi"),)

    servers = Servers()

    async def twice() -> None:
        for _ in range(2):
            await read(servers, replace(call, params=Params(context_window=asked), compose=compose))

    asyncio.run(twice())
    assert windows == [given, given]
    assert [body["options"]["num_ctx"] for body in ollama.script.asked("/api/chat")] == [given, given]
    assert len(ollama.script.asked("/api/show")) == 1


def test_many_answers_at_once_are_looked_at_in_handfuls_and_few_piece_by_piece() -> None:
    async def taken(running: int) -> list[float]:
        """When each piece was taken; the second and third are there as soon as the first was."""
        line, coming = Line(parallel=64, longest=0, running=running), asyncio.Queue[Any]()
        loop = asyncio.get_running_loop()

        async def pieces() -> AsyncGenerator[Any, None]:
            for _ in range(3):
                yield await coming.get()

        loop.call_later(0.01, coming.put_nowait, "first")
        at = []
        async for _ in _in_handfuls(pieces(), line):
            at.append(loop.time())
            if len(at) == 1:
                coming.put_nowait("second")
                coming.put_nowait("third")
        return at

    first, second, third = asyncio.run(taken(64))
    assert second - first >= 0.25 > third - second
    first, second, third = asyncio.run(taken(1))
    assert third - first < 0.25
