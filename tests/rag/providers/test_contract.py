"""Every provider keeps the same contract, whatever its server does."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import ollama as vendor
import openai as openai_vendor
import pytest
from google.genai import errors as gemini_vendor
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import LLM
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel

from core.entities.messages import Usage
from core.entities.retrieval import Passage
from core.errors import BadInput, ModelMissing, NichewiseError, ProviderFailed, ProviderTimeout, ProviderUnavailable
from core.settings import Settings
from rag.providers import REGISTRY, Ending, Params, Provider, close, get, ignored, translated
from rag.providers.ollama import PROVIDER as ollama_provider
from tests.conftest import KEY
from tests.servers.gemini import GeminiServer
from tests.servers.ollama import OllamaServer
from tests.servers.openai import OpenAIServer
from tests.servers.scripted import Reply, ScriptedServer

SERVED = ("ollama", "openai", "gemini", "openai_compatible")
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
    server: ScriptedServer

    @asynccontextmanager
    async def llm(self, params: Params) -> AsyncIterator[LLM]:
        llm = self.provider.llm(self.settings, self.model, params)
        try:
            yield llm
        finally:
            await close(llm)

    async def stream(self, params: Params | None = None) -> tuple[str, Ending]:
        text, raw = "", None
        with translated(self.provider):
            async with self.llm(params or Params()) as llm:
                async for response in await llm.astream_chat([QUESTION]):
                    text, raw = text + (response.delta or ""), response.raw
        return text, self.provider.ending(raw)

    async def chat(self) -> tuple[str, Ending]:
        with translated(self.provider):
            async with self.llm(Params()) as llm:
                response = await llm.achat([QUESTION])
        return response.message.content or "", self.provider.ending(response.raw)


@pytest.fixture(params=SERVED)
def served(request: pytest.FixtureRequest, served_settings: Settings) -> Served:
    return _serve(request, request.param, served_settings)


@pytest.fixture
def served_by_ollama(request: pytest.FixtureRequest, served_settings: Settings) -> Served:
    return _serve(request, "ollama", served_settings)


def _serve(request: pytest.FixtureRequest, name: str, settings: Settings) -> Served:
    provider, server = get(name), request.getfixturevalue({"openai_compatible": "openai"}.get(name, name))
    return Served(provider, settings, provider.default_model(settings), server.script.reply, server)


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
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
        addresses = ("ollama_url", "openai_base_url", "gemini_base_url", "compatible_url")
        served.settings = served.settings.model_copy(update=dict.fromkeys(addresses, nowhere))
        with pytest.raises(ProviderUnavailable):
            run(served.stream())


def test_models_are_what_the_server_lists(served: Served) -> None:
    served.server.script.models = ["gpt-4o", "gpt-5-mini"]
    assert run(served.provider.models(served.settings)) == ("gpt-4o", "gpt-5-mini")


def test_ollama_always_gets_the_window_and_every_parameter_in_its_own_name(
    ollama: OllamaServer, served_by_ollama: Served
) -> None:
    served = served_by_ollama
    run(served.stream())
    given = Params(temperature=0.3, top_p=0.8, top_k=20, max_tokens=99, seed=7, stop=("END",), context_window=4096)
    run(served.stream(given))
    plain, full = (body["options"] for body in ollama.script.asked("/api/chat"))
    assert {name: value for name, value in plain.items() if value is not None} == {"num_ctx": 8192}
    assert full == {
        "temperature": 0.3, "top_p": 0.8, "top_k": 20, "num_predict": 99, "seed": 7, "stop": ["END"], "num_ctx": 4096,
    }  # fmt: skip


def test_passages_travel_beside_the_message_and_not_to_the_server(served: Served) -> None:
    run(served.stream())
    sent = json.dumps(served.server.script.requests[-1][1])
    assert "How many days of leave?" in sent
    assert PASSAGE.text not in sent


def test_every_error_class_of_the_ollama_client_is_translated() -> None:
    provider = get("ollama")
    for name in ("RequestError", "ResponseError"):
        assert isinstance(provider.explain(getattr(vendor, name)("broken")), ProviderFailed)
    request = httpx.Request("POST", "http://127.0.0.1/api/chat")
    for error in _exceptions(httpx):
        made = error("x", request=request, response=httpx.Response(500)) if error is httpx.HTTPStatusError else None
        assert isinstance(provider.explain(made or error("x")), NichewiseError), error


def test_every_error_class_of_the_openai_client_is_translated() -> None:
    request = httpx.Request("POST", "http://127.0.0.1/v1/chat/completions")
    for error in _classes(openai_vendor, openai_vendor.OpenAIError):
        for name in ("openai", "openai_compatible"):
            assert isinstance(get(name).explain(_openai_error(error, request)), NichewiseError), error


def _openai_error(error: type[Exception], request: httpx.Request) -> Exception:
    made = error.__new__(error)
    made.request, made.status_code = request, 400  # type: ignore[attr-defined]
    return made


def test_every_error_class_of_the_gemini_client_is_translated() -> None:
    for error in _classes(gemini_vendor, Exception):
        if issubclass(error, Warning):
            continue
        made = error(500, {}) if issubclass(error, gemini_vendor.APIError) else error.__new__(error)
        assert isinstance(get("gemini").explain(made), NichewiseError), error


def _classes(module: Any, base: type[Exception]) -> list[type[Exception]]:
    found = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, base)]
    assert found
    return found


def _exceptions(module: Any) -> list[type[Exception]]:
    named = (getattr(module, name) for name in module.__all__)
    own = [one for one in named if isinstance(one, type) and issubclass(one, Exception)]
    without_message = (module.StreamConsumed, module.StreamClosed, module.ResponseNotRead, module.RequestNotRead)
    return [one for one in own if one not in (*without_message, module.CookieConflict)]


def test_openai_gets_only_what_was_chosen(served_settings: Settings, openai: OpenAIServer) -> None:
    served = Served(get("openai"), served_settings, "gpt-4o-mini", openai.script.reply, openai)
    run(served.stream())
    run(served.stream(Params(temperature=0.3, top_p=0.8, max_tokens=99, seed=7, stop=("END",))))
    plain, full = openai.script.asked("/v1/chat/completions")
    always = {"model": "gpt-4o-mini", "stream": True, "stream_options": {"include_usage": True}}
    assert {name: value for name, value in plain.items() if name != "messages"} == always
    assert {name: value for name, value in full.items() if name != "messages"} == always | {
        "temperature": 0.3, "top_p": 0.8, "max_completion_tokens": 99, "seed": 7, "stop": ["END"],
    }  # fmt: skip


def test_a_reasoning_model_is_not_sent_what_it_refuses_and_that_is_reported(
    served_settings: Settings, openai: OpenAIServer
) -> None:
    openai.script.models = ["o3-mini"]
    served = Served(get("openai"), served_settings, "o3-mini", openai.script.reply, openai)
    given = Params(temperature=0.3, seed=7)
    run(served.stream(given))
    assert "temperature" not in openai.script.asked("/v1/chat/completions")[0]
    assert ignored(served.provider, given, "o3-mini") == ("temperature",)


def test_gemini_gets_the_system_text_apart_and_every_parameter_in_its_own_name(
    served_settings: Settings, gemini: GeminiServer
) -> None:
    served = Served(get("gemini"), served_settings, "gemini-2.5-flash", gemini.script.reply, gemini)
    given = Params(temperature=0.3, top_p=0.8, top_k=20, max_tokens=99, seed=7, stop=("END",))
    turns = [
        ChatMessage("Be brief.", role="system"),
        ChatMessage("Hi"),
        ChatMessage("Yes?", role="assistant"),
        QUESTION,
    ]

    async def ask() -> None:
        async with served.llm(given) as llm:
            await llm.achat(turns)

    run(ask())
    (sent,) = gemini.script.asked("/v1beta/models/gemini-2.5-flash:generateContent")
    assert sent["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    assert [turn["role"] for turn in sent["contents"]] == ["user", "model", "user"]
    assert sent["generationConfig"] == {
        "temperature": 0.3, "topP": 0.8, "topK": 20, "maxOutputTokens": 99, "seed": 7, "stopSequences": ["END"],
    }  # fmt: skip


def test_the_window_is_the_real_one(served_settings: Settings, openai: OpenAIServer) -> None:
    openai.windows["gpt-4o-mini"] = 16_000
    windows = {name: get(name).window(served_settings, get(name).default_model(served_settings)) for name in REGISTRY}
    assert {name: run(window) for name, window in windows.items()} == {
        "ollama": 131_072,
        "openai": 128_000,
        "gemini": 1_048_576,
        "openai_compatible": 16_000,
        "extractive": 1_000_000,
    }


def test_structured_output_is_what_was_asked_for(served: Served) -> None:
    served.reply('{"days": 28}')

    async def ask() -> Leave:
        async with served.llm(Params()) as llm:
            found: Leave = await llm.astructured_predict(Leave, PromptTemplate("How many days of leave?"))
        return found

    assert run(ask()) == Leave(days=28)


class Leave(BaseModel):
    days: int


def test_the_key_goes_to_the_server_and_into_no_error(served: Served) -> None:
    served.reply(status=401, error=f"Incorrect API key provided: {KEY}")
    with pytest.raises(ProviderFailed) as raised:
        run(served.stream())
    assert KEY not in raised.value.message
    if served.provider.name != "ollama":
        assert served.server.script.keys[-1].endswith(KEY)


@pytest.mark.parametrize("name", ["openai", "gemini", "openai_compatible"])
def test_without_a_key_or_an_address_a_sentence_says_who_can_add_it(settings: Settings, name: str) -> None:
    assert not get(name).configured(settings)
    with pytest.raises(ProviderUnavailable, match="Providers page"):
        get(name).llm(settings, "m", Params())


def test_a_model_is_pulled_with_progress_and_a_wrong_name_is_said(served_by_ollama: Served) -> None:
    async def pull(name: str) -> list[tuple[str, int, int]]:
        with translated(served_by_ollama.provider):
            return [step async for step in ollama_provider.pull(served_by_ollama.settings, name)]

    steps = run(pull("qwen3:4b"))
    assert [done for _, done, _ in steps] == [0, 250, 500, 1000, 0]
    assert steps[-1][0] == "success"
    with pytest.raises(ModelMissing, match="nothing:1b"):
        run(pull("nothing:1b"))


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
    with pytest.raises(BadInput, match="auto, ollama, openai, gemini, openai_compatible, extractive"):
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
