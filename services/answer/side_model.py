"""Short questions to the model on the side: which scenario, which wording. No answer ever depends on one."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from core.errors import NichewiseError
from rag.providers import Params
from rag.providers.choice import Choice
from rag.providers.servers import Call
from services.engine import Engine

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

SECONDS = 6.0  # a person waits: what takes longer is done without
_PARAMS = Params(temperature=0.0, max_tokens=160, timeout=SECONDS)
_LONGEST = 1_000  # characters


async def ask(engine: Engine, choice: Choice, prompt: str) -> str:
    """What the model says; "" where it does not answer in time, or at all."""
    call = Call(choice.provider, engine.settings, choice.model, _PARAMS, lambda window: _message(prompt))
    text = ""
    try:
        async with asyncio.timeout(SECONDS), aclosing(engine.servers.stream(call)) as pieces:
            async for piece in pieces:
                text += piece.delta or ""
                if len(text) > _LONGEST:
                    break
    except (NichewiseError, TimeoutError):
        return ""
    return text.strip()


def _message(prompt: str) -> tuple[ChatMessage, ...]:
    from llama_index.core.base.llms.types import ChatMessage, MessageRole

    return (ChatMessage(prompt, role=MessageRole.USER),)
