"""LlamaIndex's `Ollama`, whose streams cost less (see decision 20)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.llms.ollama import Ollama

from rag.providers.async_llm import Growing


class OllamaLLM(Ollama):
    """`raw` of a streamed response is the vendor's own piece."""

    async def aclose(self) -> None:
        await self.async_client.close()  # type: ignore[no-untyped-call]

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Any:
        client: Any = self.async_client
        stream = await client.chat(
            model=self.model,
            messages=self._convert_to_ollama_messages(messages),
            stream=True,
            options=self._model_kwargs,
            keep_alive=self.keep_alive,
        )

        async def pieces() -> AsyncIterator[ChatResponse]:
            growing = Growing()
            async with aclosing(stream):
                async for piece in stream:
                    yield growing.next(piece.message.content or "", piece)  # none while a model thinks

        return pieces()
