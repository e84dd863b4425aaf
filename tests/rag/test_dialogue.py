"""The rounds with a model: what it is told, when it is stopped, and what is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from core.entities.messages import Action, Message, MessageStatus, Usage
from core.errors import ProviderFailed
from core.settings import Settings
from rag.answering import Draft
from rag.prompting import Brief
from rag.providers import Params, get
from rag.providers.choice import Choice
from tests.rag.drafting import LEAVE, QUESTION, Read, as_reader, found, passage
from tests.servers.ollama import OllamaServer


@pytest.mark.parametrize("fault", ["cut", "short", "garbage", "error"])
def test_an_answer_that_breaks_off_keeps_what_was_shown(ollama: OllamaServer, settings: Settings, fault: str) -> None:
    ollama.script.reply("It is 28 days [1].", " More", fault=fault)
    own = settings.model_copy(update={"ollama_url": ollama.url})
    brief = Brief("", QUESTION, "en", retrieval=found(LEAVE), searched="Documents")
    draft = Draft(brief, Choice(get("ollama"), "llama3.1:8b", auto=False), Params(), own)
    with pytest.raises(ProviderFailed):
        asyncio.run(as_reader(draft))
    assert draft.text == "It is 28 days [1]. More"
    assert [citation.n for citation in draft.citations] == [1]
    assert draft.usage.estimated


def test_what_failed_before_its_first_piece_was_counted_by_nobody(ollama: OllamaServer, settings: Settings) -> None:
    ollama.script.reply(status=400, error="no")
    own = settings.model_copy(update={"ollama_url": ollama.url})
    brief = Brief("", QUESTION, "en", retrieval=found(LEAVE), searched="Documents")
    draft = Draft(brief, Choice(get("ollama"), "llama3.1:8b", auto=False), Params(), own)
    with pytest.raises(ProviderFailed):
        asyncio.run(as_reader(draft))
    assert draft.prompt is not None
    assert draft.usage == Usage(0, 0, estimated=False)


def test_a_model_that_never_stops_is_stopped(ollama: OllamaServer, write: Callable[..., Read]) -> None:
    ollama.script.reply(*["and so on [1] " * 500] * 20)
    with pytest.raises(ProviderFailed, match="did not end"):
        write(found(LEAVE))


def test_what_does_not_fit_the_window_is_dropped_and_counted(
    ollama: OllamaServer, settings: Settings, write: Callable[..., Read]
) -> None:
    ollama.script.reply("28 [1]. And [9].")
    many = [LEAVE, *(passage(f"{n} " + "filler words here " * 60) for n in range(12))]
    read = write(found(*many), params=Params(context_window=2048, max_tokens=256))
    prompt = read.draft.prompt
    assert prompt is not None
    assert prompt.dropped_passages == 13 - len(prompt.passages) > 0
    assert prompt.tokens < 2048 - 256
    assert read.shown == "28 [1]. And." if len(prompt.passages) < 9 else "28 [1]. And [9]."


def test_old_numbers_of_the_conversation_are_not_shown_to_the_model(ollama: OllamaServer, settings: Settings) -> None:
    ollama.script.reply("28 [1].")
    own = settings.model_copy(update={"ollama_url": ollama.url})
    brief = Brief("", QUESTION, "en", (_said("user", "Parking?"), _said("assistant", "40 euros [5].")), found(LEAVE))
    asyncio.run(as_reader(Draft(brief, Choice(get("ollama"), "llama3.1:8b", auto=False), Params(), own)))
    assert [m["content"] for m in ollama.script.asked("/api/chat")[0]["messages"][1:3]] == ["Parking?", "40 euros."]


def _said(author: Any, text: str) -> Message:
    return Message(
        uuid4(), uuid4(), author, text, MessageStatus.COMPLETE, Action.ANSWER, "", "", "", "", {}, Usage(), 0, "", None,
        datetime.now(UTC),
    )  # fmt: skip


def test_a_piece_without_measure_is_no_answer(ollama: OllamaServer, settings: Settings) -> None:
    ollama.script.reply("It is 28 days [1]. ", "word " * 400_000)
    own = settings.model_copy(update={"ollama_url": ollama.url})
    brief = Brief("", QUESTION, "en", retrieval=found(LEAVE), searched="Documents")
    draft = Draft(brief, Choice(get("ollama"), "llama3.1:8b", auto=False), Params(), own)
    with pytest.raises(ProviderFailed, match="did not end"):
        asyncio.run(as_reader(draft))
    assert draft.text == "It is 28 days [1]."
