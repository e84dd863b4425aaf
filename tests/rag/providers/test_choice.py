"""`auto` is Ollama when it answers, else the extractive provider; nobody waits for a server that is away."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from core.errors import BadInput
from core.settings import Settings
from rag.providers.choice import Choices
from tests.servers.ollama import OllamaServer

AWAY = "http://127.0.0.1:9"


def test_auto_is_ollama_when_it_answers(ollama: OllamaServer, settings: Settings) -> None:
    choice = asyncio.run(Choices(settings.model_copy(update={"ollama_url": ollama.url})).choose())
    assert (choice.provider.name, choice.model, choice.auto) == ("ollama", "llama3.1:8b", True)


def test_auto_is_extractive_when_ollama_is_away(settings: Settings) -> None:
    choice = asyncio.run(Choices(settings.model_copy(update={"ollama_url": AWAY})).choose())
    assert (choice.provider.name, choice.auto) == ("extractive", True)


def test_people_who_ask_at_once_share_one_check(ollama: OllamaServer, settings: Settings) -> None:
    choices = Choices(settings.model_copy(update={"ollama_url": ollama.url}))

    async def ask() -> None:
        await asyncio.gather(*(choices.choose() for _ in range(20)))
        await choices.choose()

    asyncio.run(ask())
    assert [path for path, _ in ollama.script.requests] == ["/api/tags"]


def test_a_server_that_accepts_and_never_answers_delays_nobody_for_long(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        away = settings.model_copy(update={"ollama_url": f"http://127.0.0.1:{silent.getsockname()[1]}"})
        began = time.monotonic()
        assert asyncio.run(Choices(away).choose()).provider.name == "extractive"
        assert time.monotonic() - began < 3


def test_a_provider_asked_for_by_name_is_not_replaced(settings: Settings) -> None:
    choice = asyncio.run(Choices(settings.model_copy(update={"ollama_url": AWAY})).choose("ollama", "qwen3:4b"))
    assert (choice.provider.name, choice.model, choice.auto) == ("ollama", "qwen3:4b", False)


def test_a_model_without_a_server_for_it_is_refused(settings: Settings) -> None:
    with pytest.raises(BadInput, match="does not answer"):
        asyncio.run(Choices(settings.model_copy(update={"ollama_url": AWAY})).choose(model="qwen3:4b"))
