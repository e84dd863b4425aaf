"""Short questions to the model on the side: which scenario, which wording. No answer ever depends on one."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.entities.messages import Usage
from core.errors import NichewiseError
from rag.providers import Params, ended, estimate_tokens, readable
from rag.providers.choice import Choice
from rag.providers.servers import Call
from services.models.engine import Engine

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

SECONDS = 6.0  # a person waits: what takes longer is done without
_PARAMS = Params(temperature=0.0, max_tokens=160, timeout=SECONDS)
_LONGEST = 1_000  # characters


@dataclass(frozen=True, slots=True)
class Aside:
    """What a question on the side was about, and what it cost whom."""

    about: str
    provider: str
    model: str
    usage: Usage


async def ask(engine: Engine, choice: Choice, prompt: str, about: str = "", asides: list[Aside] | None = None) -> str:
    """What the model says; "" where it does not answer in time, or at all. Its cost goes to `asides`."""
    call = Call(choice.provider, engine.settings, choice.model, _PARAMS, lambda window: _message(prompt))
    text, raw = "", None
    try:
        async with asyncio.timeout(SECONDS), aclosing(engine.servers.stream(call)) as pieces:
            async for piece in pieces:
                raw = piece.raw
                text += piece.delta or ""
                if len(text) > _LONGEST:
                    break
    except (NichewiseError, TimeoutError):
        return ""
    finally:
        if raw is not None and asides is not None:  # it has begun to answer, which is paid for however it ends
            counted = ended(choice.provider, raw).usage
            usage = counted or Usage(estimate_tokens(prompt), estimate_tokens(text), estimated=True)
            asides.append(Aside(about, choice.provider.name, choice.model, usage))
    return readable(text).strip()


def _message(prompt: str) -> tuple[ChatMessage, ...]:
    from llama_index.core.base.llms.types import ChatMessage, MessageRole

    return (ChatMessage(prompt, role=MessageRole.USER),)
