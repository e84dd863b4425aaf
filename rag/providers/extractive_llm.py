"""The built-in answerer as a LlamaIndex `LLM`: it quotes the passages that travel beside the question."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback

from rag.quotes import quote
from rag.several import quoted

_PIECE = re.compile(r"\S+\s*")


class ExtractiveLLM(CustomLLM):
    """Reads `question` and `passages` from the `additional_kwargs` of the last message that carries them; its answer is
    empty where no sentence answers. It knows nothing of its own, so a prompt without passages gets no answer."""

    model: str
    window: int  # tokens

    @classmethod
    def class_name(cls) -> str:
        return "extractive"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name=self.model, is_chat_model=True, context_window=self.window, num_output=2_000)

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return _response(_answer(messages))

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Any:
        return _stream(_answer(messages))

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return _response(await asyncio.to_thread(_answer, messages))

    @llm_chat_callback()
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Any:
        # In a thread: other answers stream on this loop meanwhile.
        answer = await asyncio.to_thread(_answer, messages)

        async def pieces() -> AsyncIterator[ChatResponse]:
            for response in _stream(answer):
                yield response
                await asyncio.sleep(0)

        return pieces()

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text="", raw={"done": True})

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        yield CompletionResponse(text="", delta="", raw={"done": True})


def _answer(messages: Sequence[ChatMessage]) -> str:
    for message in reversed(messages):
        given = message.additional_kwargs
        if given.get("parts"):
            return quoted(given["parts"], given["passages"], given["language"])
        if "passages" in given:
            return quote(given["question"], given["passages"])
    return ""


def _response(text: str, delta: str | None = None, *, done: bool = True) -> ChatResponse:
    message = ChatMessage(text, role=MessageRole.ASSISTANT)
    return ChatResponse(message=message, delta=delta, raw={"done": done})


def _stream(answer: str) -> Iterator[ChatResponse]:
    text = ""
    for piece in _PIECE.findall(answer):
        text += piece
        yield _response(text, piece, done=False)
    yield _response(text, "")
