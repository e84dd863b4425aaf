"""Whatever a model server sends, it ends in a sentence, soon, and little of it comes in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage

from core.entities.messages import Usage
from core.errors import NichewiseError, ProviderFailed, ProviderTimeout
from core.settings import Settings
from rag.answering import Draft
from rag.prompting import Brief
from rag.providers import Params, get, translated
from rag.providers.base import counted, named, tokens
from rag.providers.choice import Choice, Choices
from rag.providers.servers import Call, Servers
from rag.providers.transport import LONGEST_ANSWER, LONGEST_FACTS
from tests.rag.providers.test_contract import SERVED, Served, _serve
from tests.servers import wild
from tests.servers.ollama import OllamaServer
from tests.servers.scripted import Handler

BUFFERS = 8 * 2**20  # bytes on the way between the two
SECONDS = 20.0  # on a busy machine; alone each takes less than one


@pytest.fixture(params=SERVED)
def served(request: pytest.FixtureRequest, served_settings: Settings) -> Served:
    return _serve(request, request.param, served_settings)


async def streamed(served: Served, params: Params | None = None) -> str:
    """What the model writes, asked as the product asks."""
    call = Call(served.provider, served.settings, served.model, params or Params(), lambda window: (ChatMessage("Hi"),))
    async with asyncio.timeout(SECONDS), aclosing(Servers().stream(call)) as pieces:
        return "".join([piece.delta or "" async for piece in pieces])


async def drafted(served: Served) -> str:
    """The same as an answer."""
    choice = Choice(served.provider, served.model, auto=False)
    draft = Draft(Brief("", "Hi", "en"), choice, Params(), served.settings)
    async with asyncio.timeout(SECONDS), aclosing(draft.write()) as deltas:
        return "".join([delta.text async for delta in deltas])


async def listed(served: Served) -> tuple[str, ...]:
    with translated(served.provider):
        async with asyncio.timeout(SECONDS):
            return await served.provider.models(served.settings)


@pytest.mark.parametrize("answer", wild.ALL, ids=lambda answer: str(answer.__name__))
def test_an_answer_that_is_none_ends_in_a_sentence(served: Served, answer: Callable[..., None]) -> None:
    served.reply(wild=answer)
    with pytest.raises(NichewiseError) as raised:
        asyncio.run(drafted(served))
    assert raised.value.message
    assert served.server.script.sent < LONGEST_ANSWER + BUFFERS


@pytest.mark.parametrize("answer", wild.ALL, ids=lambda answer: str(answer.__name__))
def test_a_list_of_models_that_is_none_ends_in_a_sentence_or_is_empty(
    served: Served, answer: Callable[..., None]
) -> None:
    served.server.script.wild = answer
    try:
        said: object = asyncio.run(listed(served))
    except NichewiseError as error:
        said = error.message
    assert said == () or isinstance(said, str)
    assert served.server.script.sent < LONGEST_FACTS + BUFFERS


@pytest.mark.parametrize("what", ["answer", "models"])
def test_a_server_that_sends_on_to_another_is_not_followed(served: Served, what: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.setblocking(False)
        address = f"http://127.0.0.1:{other.getsockname()[1]}/"

        def elsewhere(handler: Handler, body: dict[str, Any]) -> None:
            handler.send_response(307)
            handler.send_header("Location", address)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        served.reply(wild=elsewhere)
        served.server.script.wild = elsewhere if what == "models" else None
        with pytest.raises(ProviderFailed, match="sends on to another address"):
            asyncio.run(listed(served) if what == "models" else streamed(served))
        with pytest.raises(BlockingIOError):
            other.accept()


def test_halves_of_characters_are_put_together_or_end_in_a_sentence(served: Served) -> None:
    served.reply("A smile: \ud83d", "\ude00, half of one: \ud83d and \x00 nothing.")
    try:
        assert asyncio.run(drafted(served)) == "A smile: \U0001f600, half of one: \ufffd and  nothing."
    except ProviderFailed:
        assert served.provider.name in ("ollama", "gemini")  # whose clients check every text themselves


def test_a_piece_of_a_megabyte_comes_in(served: Served) -> None:
    served.reply("word " * 200_000)
    assert len(asyncio.run(streamed(served))) == 1_000_000


def test_a_server_that_only_keeps_the_line_busy_is_a_timeout(served: Served) -> None:
    def busy(handler: Handler, body: dict[str, Any]) -> None:
        handler.start_stream()
        while not handler.server.script.closing.wait(0.02):
            handler.chunk(b"\n\n" if handler.stream_type == "text/event-stream" else b" ")

    served.reply(wild=busy)
    with pytest.raises(ProviderTimeout):
        asyncio.run(streamed(served, Params(timeout=0.5)))


def test_a_check_of_a_server_that_only_keeps_the_line_busy_ends(ollama: OllamaServer, settings: Settings) -> None:
    def busy(handler: Handler, body: dict[str, Any]) -> None:
        handler.start_stream()
        while not handler.server.script.closing.wait(0.1):
            handler.chunk(b" ")

    ollama.script.wild = busy
    own = settings.model_copy(update={"ollama_url": ollama.url})
    assert asyncio.run(Choices(own).choose()).provider.name == "extractive"


def test_counts_and_names_that_cannot_be_are_left_out() -> None:
    assert counted(10, 5) == Usage(10, 5, estimated=False)
    assert [counted(*said) for said in ((None, 5), (-1, 5), (10**30, 5), ("10", 5), (1.5, 5), (True, 5))] == [None] * 6
    assert (tokens(8192), tokens("8192"), tokens(-1)) == (8192, None, None)
    assert named(["a:1b", "", 5, None, "b\n", "c" * 201]) == ("a:1b",)
    assert len(named(f"m{n}" for n in range(5000))) == 1000


def test_every_provider_is_tried() -> None:
    assert {get(name).name for name in SERVED} == set(SERVED)
