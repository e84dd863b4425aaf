"""LlamaIndex's class for chat completions, made to send exactly the parameters that were chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import LLMMetadata
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.llms.openai import OpenAI

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class ChatCompletions(OpenAI):
    """The class it comes from always sends a temperature, and knows only the vendor's own models and windows."""

    _window: int = PrivateAttr()

    @classmethod
    def over(cls, client: AsyncOpenAI, model: str, options: dict[str, Any], window: int) -> ChatCompletions:
        made = cls(
            model=model,
            additional_kwargs=options,
            api_key=client.api_key,
            api_base=str(client.base_url),
            max_retries=0,
            async_openai_client=client,
        )
        made._window = window
        return made

    async def aclose(self) -> None:
        if self._aclient is not None:
            await self._aclient.close()

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(
            context_window=self._window,
            is_chat_model=True,
            is_function_calling_model=True,
            model_name=self.model,
        )

    def _get_model_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        counted = {"stream_options": {"include_usage": True}} if kwargs.get("stream") else {}
        return {"model": self.model, **counted, **self.additional_kwargs, **kwargs}
