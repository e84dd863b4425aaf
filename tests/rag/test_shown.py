"""What a reader sees while the model pauses."""

from __future__ import annotations

import asyncio
import threading

import pytest

from core.settings import Settings
from rag.answering import Draft
from rag.guardrails import OutputFilter, shipped
from rag.prompting import Brief
from rag.providers import Params, get
from rag.providers.choice import Choice
from rag.shown import Delta, Shown
from tests.servers.ollama import OllamaServer


def drafted(settings: Settings, ollama: OllamaServer, later: list[Delta]) -> Draft:
    own, rules = settings.model_copy(update={"ollama_url": ollama.url}), shipped()
    choice = Choice(get("ollama"), "llama3.1:8b", auto=False)
    return Draft(Brief("", "Hello?", "en"), choice, Params(), own, None, lambda: OutputFilter(rules), later.append)


def test_what_only_might_begin_something_forbidden_is_shown_when_the_model_pauses(
    ollama: OllamaServer, settings: Settings
) -> None:
    gate, later = threading.Event(), list[Delta]()
    ollama.script.reply("It is a", " good day.", gate=gate)
    draft = drafted(settings, ollama, later)

    async def read() -> str:
        shown = ""
        async for delta in draft.write():
            shown += delta.text
            while not later:  # the server waits for the gate, so this is what the pause brings
                await asyncio.sleep(0.01)
            gate.set()
        return shown

    assert asyncio.run(read()) == "It is  good day."
    assert later == [Delta("a")]
    assert draft.text == "It is a good day."


def test_nothing_that_waited_is_shown_twice(ollama: OllamaServer, settings: Settings) -> None:
    ollama.script.reply("It is a", " good d", "ay in a")
    draft = drafted(settings, ollama, seen := [])

    async def read() -> None:
        async for delta in draft.write():
            seen.append(delta)

    asyncio.run(read())
    assert "".join(delta.text for delta in seen) == draft.text == "It is a good day in a"


@pytest.mark.parametrize("end", ["close", "start_over", "replaced"])
def test_nothing_is_shown_late_of_an_answer_that_has_ended(end: str) -> None:
    async def write() -> tuple[bool, bool]:
        shown = Shown("", lambda: OutputFilter(shipped()), lambda delta: None)
        shown.follow("It is a")
        waits = shown.waiting
        getattr(shown, end)(*{"close": ["It is a"], "replaced": ["Stopped."]}.get(end, []))
        return waits, shown.waiting

    assert asyncio.run(write()) == (True, False)
