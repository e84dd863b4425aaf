"""A LlamaIndex `LLM` over a vendor's asynchronous client, without the wrappers that LlamaIndex puts around every piece.

LlamaIndex's own decorators and message objects took a third of what a process computes for fifty answers at once (see
decision 20).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    CompletionResponseGen,
    MessageRole,
    TextBlock,
)
from llama_index.core.llms import CustomLLM


class AsyncLLM(CustomLLM):
    """A vendor's class has `metadata`, `achat` and `astream_chat`; the rest follows from them."""

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        answer: ChatResponse = asyncio.run(self.achat(messages, **kwargs))
        return answer

    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        answer = await self.achat([ChatMessage(prompt)], **kwargs)
        return CompletionResponse(text=answer.message.content or "", raw=answer.raw)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        answer: CompletionResponse = asyncio.run(self.acomplete(prompt, formatted, **kwargs))
        return answer

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        whole = self.complete(prompt, formatted, **kwargs)
        yield CompletionResponse(text=whole.text, delta=whole.text, raw=whole.raw)


def response(text: str, raw: Any, delta: str | None = None) -> ChatResponse:
    """What a model has written up to now, and the piece of it that is new."""
    return ChatResponse(message=ChatMessage(text, role=MessageRole.ASSISTANT), delta=delta, raw=raw)


class Growing:
    """The responses of a stream, one a piece. They share a message that grows: to make and check a message of each
    piece costs as much as to receive it."""

    def __init__(self) -> None:
        self._block = TextBlock(text="")
        self._message = ChatMessage(role=MessageRole.ASSISTANT, blocks=[self._block])

    def next(self, delta: str, raw: Any) -> ChatResponse:
        self._block.text += delta
        return ChatResponse(message=self._message, delta=delta, raw=raw)
