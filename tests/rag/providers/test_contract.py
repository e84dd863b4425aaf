"""Every provider keeps the same contract, whatever its server does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import ollama as vendor
import pytest
from llama_index.core.base.llms.types import ChatMessage

from core.entities import Passage, Usage
from core.errors import BadInput, ModelMissing, NichewiseError, ProviderFailed, ProviderTimeout, ProviderUnavailable
from core.settings import Settings
from rag.providers import REGISTRY, Ending, Params, Provider, get, ignored, translated
from tests.servers.ollama import OllamaServer, Reply

SERVED = ("ollama",)
PASSAGE = Passage(uuid4(), uuid4(), 1, "Holidays", "", None, "Every person has 28 days of leave.", "en", 1.0)
QUESTION = ChatMessage(
    "How many days of leave?",
    additional_kwargs={"question": "How many days of leave?", "passages": (PASSAGE,)},
)


@dataclass
class Served:
    """One provider with the server that it talks to."""

    provider: Provider
    settings: Settings
    model: str
    reply: Callable[..., Reply]
    server: OllamaServer

    async def stream(self, params: Params | None = None) -> tuple[str, Ending]:
        text, raw = "", None
        with translated(self.provider):
            llm = self.provider.llm(self.settings, self.model, params or Params())
            async for response in await llm.astream_chat([QUESTION]):
                text, raw = text + (response.delta or ""), response.raw
        return text, self.provider.ending(raw)

    async def chat(self) -> tuple[str, Ending]:
        with translated(self.provider):
            response = await self.provider.llm(self.settings, self.model, Params()).achat([QUESTION])
        return response.message.content or "", self.provider.ending(response.raw)


@pytest.fixture(params=SERVED)
def served(request: pytest.FixtureRequest, ollama: OllamaServer, settings: Settings) -> Served:
    own = settings.model_copy(update={"ollama_url": ollama.url})
    return Served(get(request.param), own, own.ollama_model, ollama.script.reply, ollama)


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


def test_chat_returns_the_text_and_what_the_server_counted(served: Served) -> None:
    served.reply("Twenty-eight", " days.", prompt_tokens=42, completion_tokens=5)
    assert run(served.chat()) == ("Twenty-eight days.", Ending(True, Usage(42, 5, estimated=False)))


def test_a_stream_comes_in_pieces_with_usage_at_its_end(served: Served) -> None:
    served.reply("Двадцать", " восемь", " дней.", prompt_tokens=42, completion_tokens=5)
    assert run(served.stream()) == ("Двадцать восемь дней.", Ending(True, Usage(42, 5, estimated=False)))


def test_a_server_that_is_silent_for_too_long_is_a_timeout(served: Served) -> None:
    served.reply(fault="hang")
    with pytest.raises(ProviderTimeout):
        run(served.stream(Params(timeout=0.2)))


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, ProviderFailed, "access key"),
        (403, ProviderFailed, "access key"),
        (404, ModelMissing, "does not have this model"),
        (429, ProviderFailed, "busy"),
        (500, ProviderFailed, "answered with an error"),
        (503, ProviderUnavailable, "does not answer"),
    ],
)
def test_a_refusal_of_the_server_becomes_a_sentence(
    served: Served, status: int, error: type[NichewiseError], words: str
) -> None:
    served.reply(status=status, error="secret detail sk-123")
    with pytest.raises(error) as raised:
        run(served.stream())
    assert words in raised.value.message
    assert "sk-123" not in raised.value.message


@pytest.mark.parametrize("fault", ["cut", "garbage", "error"])
def test_a_stream_that_breaks_is_a_failure_of_the_provider(served: Served, fault: str) -> None:
    served.reply("Twenty", fault=fault)
    with pytest.raises(ProviderFailed):
        run(served.stream())


def test_a_stream_that_just_ends_is_seen_to_be_unfinished(served: Served) -> None:
    served.reply("Twenty", fault="short")
    text, ending = run(served.stream())
    assert (text, ending.finished) == ("Twenty", False)


@pytest.mark.parametrize("fault", ["cut", "garbage"])
def test_a_whole_reply_that_is_broken_is_a_failure_of_the_provider(served: Served, fault: str) -> None:
    served.reply("Twenty", fault=fault)
    with pytest.raises(ProviderFailed):
        run(served.chat())


def test_no_server_at_all_is_unavailable(served: Served) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        served.settings = served.settings.model_copy(update={"ollama_url": f"http://127.0.0.1:{free.getsockname()[1]}"})
        with pytest.raises(ProviderUnavailable):
            run(served.stream())


def test_models_are_what_the_server_lists(served: Served) -> None:
    served.server.script.models = ["llama3.1:8b", "qwen3:4b"]
    assert run(served.provider.models(served.settings)) == ("llama3.1:8b", "qwen3:4b")


def test_ollama_always_gets_the_window_and_every_parameter_in_its_own_name(
    ollama: OllamaServer, served: Served
) -> None:
    run(served.stream())
    given = Params(temperature=0.3, top_p=0.8, top_k=20, max_tokens=99, seed=7, stop=("END",), context_window=4096)
    run(served.stream(given))
    plain, full = (body["options"] for body in ollama.script.asked("/api/chat"))
    assert {name: value for name, value in plain.items() if value is not None} == {"num_ctx": 8192}
    assert full == {
        "temperature": 0.3, "top_p": 0.8, "top_k": 20, "num_predict": 99, "seed": 7, "stop": ["END"], "num_ctx": 4096,
    }  # fmt: skip


def test_passages_travel_beside_the_message_and_not_to_the_server(ollama: OllamaServer, served: Served) -> None:
    run(served.stream())
    assert ollama.script.asked("/api/chat")[0]["messages"] == [{"role": "user", "content": "How many days of leave?"}]


def test_every_error_class_of_the_ollama_client_is_translated() -> None:
    provider = get("ollama")
    for name in ("RequestError", "ResponseError"):
        assert isinstance(provider.explain(getattr(vendor, name)("broken")), ProviderFailed)
    request = httpx.Request("POST", "http://127.0.0.1/api/chat")
    for error in _exceptions(httpx):
        made = error("x", request=request, response=httpx.Response(500)) if error is httpx.HTTPStatusError else None
        assert isinstance(provider.explain(made or error("x")), NichewiseError), error


def _exceptions(module: Any) -> list[type[Exception]]:
    named = (getattr(module, name) for name in module.__all__)
    own = [one for one in named if isinstance(one, type) and issubclass(one, Exception)]
    without_message = (module.StreamConsumed, module.StreamClosed, module.ResponseNotRead, module.RequestNotRead)
    return [one for one in own if one not in (*without_message, module.CookieConflict)]


def test_the_extractive_provider_quotes_and_counts_nothing(settings: Settings) -> None:
    extractive = get("extractive")
    served = Served(extractive, settings, "extractive", lambda: Reply(), None)  # type: ignore[arg-type]
    expected = ("Every person has 28 days of leave. [1]", Ending(True, Usage(0, 0, estimated=False)))
    assert run(served.chat()) == expected
    assert run(served.stream()) == expected
    assert run(extractive.models(settings)) == ("extractive",)


def test_a_parameter_that_a_provider_cannot_apply_is_reported() -> None:
    params = Params(temperature=0.1, seed=3)
    assert ignored(get("extractive"), params) == ("temperature", "seed")
    assert ignored(get("ollama"), params) == ()


def test_every_registered_provider_has_a_name_a_label_and_a_default_model(settings: Settings) -> None:
    for name in REGISTRY:
        assert get(name).name == name
        assert get(name).label
        assert get(name).default_model(settings)


def test_an_unknown_provider_is_answered_with_the_choices() -> None:
    with pytest.raises(BadInput, match="auto, ollama, extractive"):
        get("bard")


@pytest.mark.parametrize(
    "values",
    [
        {"temperature": 9},
        {"top_p": -1},
        {"max_tokens": 0},
        {"seed": True},
        {"temperature": "hot"},
        {"nope": 1},
        {"top_k": 1.5},
        {"stop": 9},
        {"stop": [""]},
        {"stop": ["a\x00"]},
        {"max_tokens": float("nan")},
    ],
)
def test_parameters_out_of_range_are_refused_with_a_sentence(values: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=next(iter(values))):
        Params.read(values)
