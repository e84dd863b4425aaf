"""Gemini as a LlamaIndex `LLM`: messages into contents, pieces out of a stream (see decision 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

import httpx
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LLMMetadata, MessageRole
from llama_index.core.bridge.pydantic import PrivateAttr

from rag.providers.async_llm import AsyncLLM, Growing, response

if TYPE_CHECKING:
    from google.genai import Client
    from google.genai.types import GenerateContentResponse


class GeminiLLM(AsyncLLM):
    """`raw` of its responses is {"finish_reason", "usage"} as last seen: the two may come in different pieces."""

    model: str
    options: dict[str, Any]
    window: int
    _client: Any = PrivateAttr()
    _http: httpx.AsyncClient = PrivateAttr()

    @classmethod
    def over(
        cls, client: Client, http: httpx.AsyncClient, model: str, options: dict[str, Any], window: int
    ) -> GeminiLLM:
        made = cls(model=model, options=options, window=window)
        made._client, made._http = client, http
        return made

    async def aclose(self) -> None:
        await self._http.aclose()

    @classmethod
    def class_name(cls) -> str:
        return "gemini"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name=self.model, is_chat_model=True, context_window=self.window)

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Any:
        stream = await self._client.aio.models.generate_content_stream(**self._request(messages))

        async def pieces() -> AsyncIterator[ChatResponse]:
            growing, raw = Growing(), {"finish_reason": None, "usage": None}
            async for piece in stream:
                raw = _seen(raw, piece)
                yield growing.next(_text(piece), raw)

        return pieces()

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        answer = await self._client.aio.models.generate_content(**self._request(messages))
        return response(_text(answer), _seen({}, answer))

    def _request(self, messages: Sequence[ChatMessage]) -> dict[str, Any]:
        system = [message.content or "" for message in messages if message.role == MessageRole.SYSTEM]
        turns = [message for message in messages if message.role != MessageRole.SYSTEM]
        config = {**self.options, "system_instruction": "\n\n".join(system) or None}
        return {"model": self.model, "contents": [_content(turn) for turn in turns], "config": config}


def _content(turn: ChatMessage) -> dict[str, Any]:
    role = "model" if turn.role == MessageRole.ASSISTANT else "user"
    return {"role": role, "parts": [{"text": turn.content or ""}]}


def _text(piece: GenerateContentResponse) -> str:
    """Without the model's thoughts, which are no answer."""
    content = piece.candidates[0].content if piece.candidates else None
    parts = (content.parts if content else None) or ()
    return "".join(part.text for part in parts if part.text and not part.thought)


def _seen(raw: dict[str, Any], piece: GenerateContentResponse) -> dict[str, Any]:
    reason = piece.candidates[0].finish_reason if piece.candidates else None
    blocked = piece.prompt_feedback.block_reason if piece.prompt_feedback else None
    return {
        "finish_reason": reason or blocked or raw.get("finish_reason"),
        "usage": piece.usage_metadata or raw.get("usage"),
    }
