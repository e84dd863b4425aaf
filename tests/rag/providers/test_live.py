"""The contract against real servers, where the environment names some: `pytest -m live`."""

from __future__ import annotations

import asyncio

import pytest
from llama_index.core.base.llms.types import ChatMessage

from core.settings import Settings
from rag.providers import Params, close, get, translated

pytestmark = [pytest.mark.live, pytest.mark.enable_socket]


@pytest.mark.parametrize("name", ["ollama", "openai", "gemini", "openai_compatible"])
def test_a_real_model_answers_counts_and_tells_its_window(name: str) -> None:
    provider, settings = get(name), Settings()
    if not provider.configured(settings):
        pytest.skip("it is not configured")

    async def ask() -> tuple[str, object, int | None]:
        model, text, raw = provider.default_model(settings), "", None
        llm = provider.llm(settings, model, Params(max_tokens=16, temperature=0.0))
        with translated(provider):
            async for response in await llm.astream_chat([ChatMessage("Reply with the word OK.")]):
                text, raw = text + (response.delta or ""), response.raw
            window = await provider.window(settings, model)
        await close(llm)
        return text, provider.ending(raw), window

    text, ending, window = asyncio.run(ask())
    assert text.strip()
    assert ending.finished  # type: ignore[attr-defined]
    assert window is None or window > 1000
