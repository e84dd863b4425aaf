"""Ollama as a LlamaIndex `LLM` over the vendor's client (see decision 20)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LLMMetadata
from llama_index.core.bridge.pydantic import PrivateAttr
from ollama import AsyncClient

from rag.providers.async_llm import AsyncLLM, Growing, response


class OllamaLLM(AsyncLLM):
    """`raw` of its responses is the vendor's own piece. `options` are Ollama's, `num_ctx` among them."""

    model: str
    options: dict[str, Any]
    _client: AsyncClient = PrivateAttr()

    @classmethod
    def over(cls, client: AsyncClient, model: str, options: dict[str, Any]) -> OllamaLLM:
        made = cls(model=model, options=options)
        made._client = client
        return made

    async def aclose(self) -> None:
        await self._client.close()  # type: ignore[no-untyped-call]

    @classmethod
    def class_name(cls) -> str:
        return "ollama"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name=self.model, is_chat_model=True, context_window=self.options["num_ctx"])

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Any:
        stream: Any = await self._client.chat(self.model, _turns(messages), stream=True, options=self.options)

        async def pieces() -> AsyncIterator[ChatResponse]:
            growing = Growing()
            async with aclosing(stream):
                async for piece in stream:
                    yield growing.next(piece.message.content or "", piece)  # none while a model thinks

        return pieces()

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        answer = await self._client.chat(self.model, _turns(messages), options=self.options)
        return response(answer.message.content or "", answer)


def _turns(messages: Sequence[ChatMessage]) -> list[dict[str, str]]:
    return [{"role": message.role.value, "content": message.content or ""} for message in messages]
