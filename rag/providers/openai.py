"""OpenAI over its chat completions, through LlamaIndex's own class and the vendor's client."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.errors import NichewiseError, ProviderFailed, ProviderTimeout, ProviderUnavailable
from core.settings import Settings
from rag.providers.base import ASK_SECONDS, READ_SECONDS, Ending, counted, http_client, named
from rag.providers.params import Params
from rag.providers.transport import LONGEST_ANSWER, LONGEST_FACTS
from rag.providers.vendor_errors import NO_KEY, by_status, by_transport

if TYPE_CHECKING:
    from llama_index.core.llms import LLM
    from openai import AsyncOpenAI

_URL = "https://api.openai.com/v1"
_OPTIONS = {"temperature": "temperature", "top_p": "top_p", "seed": "seed", "stop": "stop"}
_REASONING = re.compile(r"(o\d|gpt-5)(?!.*chat)")
_REASONING_IGNORES = frozenset({"temperature", "top_p", "stop"})  # the API refuses them for these models
_CHATS = re.compile(r"(gpt|o\d|chatgpt|ft:)")
_NO_CHAT = re.compile(r"instruct|audio|realtime|transcribe|tts|image|search|embedding")
# Tokens by the beginning of a model's name, longest first; platform.openai.com/docs/models.
_WINDOWS = {
    "gpt-4.1": 1_047_576, "gpt-5": 400_000, "o1-mini": 128_000, "o1": 200_000, "o3": 200_000, "o4": 200_000,
    "gpt-4o": 128_000, "chatgpt-4o": 128_000, "gpt-4-turbo": 128_000, "gpt-4": 8_192, "gpt-3.5": 16_385,
}  # fmt: skip
_UNKNOWN_WINDOW = 8_192


class OpenAI:
    name = "openai"
    label = "OpenAI"
    usual_window: int | None = None
    accepts = frozenset({"temperature", "top_p", "max_tokens", "seed", "stop", "context_window", "timeout"})
    max_tokens_as = "max_completion_tokens"

    def default_model(self, settings: Settings) -> str:
        return settings.openai_model

    def configured(self, settings: Settings) -> bool:
        return settings.openai_api_key is not None

    def address(self, settings: Settings) -> str:
        return settings.openai_base_url or _URL

    def applied(self, model: str) -> frozenset[str]:
        return self.accepts - _REASONING_IGNORES if _REASONING.match(model) else self.accepts

    def key(self, settings: Settings) -> str:
        if settings.openai_api_key is None:
            raise ProviderUnavailable(NO_KEY, provider=self.label)
        return settings.openai_api_key.get_secret_value()

    def load(self) -> None:
        import rag.providers.chat_completions  # noqa: F401 - brings the vendor's client with it

    def llm(self, settings: Settings, model: str, params: Params) -> LLM:
        from rag.providers.chat_completions import ChatCompletions

        applied = self.applied(model)
        given = {name: value for name, value in params.given().items() if name in applied}
        options = {_OPTIONS[name]: value for name, value in given.items() if name in _OPTIONS}
        if params.max_tokens:
            options[self.max_tokens_as] = params.max_tokens
        return ChatCompletions.over(
            self._client(settings, params.timeout or READ_SECONDS, LONGEST_ANSWER),
            model,
            options,
            params.context_window or _known_window(model) or _UNKNOWN_WINDOW,
        )

    async def models(self, settings: Settings) -> tuple[str, ...]:
        async with self._client(settings, ASK_SECONDS) as client:
            return named([model.id async for model in client.models.list() if self.chats(model.id)])

    async def window(self, settings: Settings, model: str) -> int | None:
        return _known_window(model)

    def chats(self, model: str) -> bool:
        """Whether a model of the list answers questions; it also names those for speech, pictures and vectors."""
        return bool(_CHATS.match(model)) and not _NO_CHAT.search(model)

    def explain(self, error: Exception) -> NichewiseError | None:
        import openai

        if isinstance(error, openai.APITimeoutError):
            unreachable = type(error.__cause__).__name__ == "ConnectTimeout"
            return (ProviderUnavailable if unreachable else ProviderTimeout)(provider=self.label)
        if isinstance(error, openai.APIConnectionError):
            cause = error.__cause__
            explained = by_transport(self.label, cause) if isinstance(cause, Exception) else None
            return explained or ProviderUnavailable(provider=self.label)
        if isinstance(error, openai.APIStatusError):
            return by_status(self.label, error.status_code)
        if isinstance(error, openai.OpenAIError):
            return ProviderFailed(provider=self.label)
        return by_transport(self.label, error)

    def ending(self, raw: Any) -> Ending:
        choices = getattr(raw, "choices", None) or ()
        said = getattr(raw, "usage", None)
        usage = counted(said.prompt_tokens, said.completion_tokens) if said else None
        # The piece that counts comes after the last choice; servers that do not count end with the choice.
        return Ending(finished=said is not None or any(one.finish_reason for one in choices), usage=usage)

    def _client(self, settings: Settings, seconds: float, longest: int = LONGEST_FACTS) -> AsyncOpenAI:
        from openai import AsyncOpenAI

        url = self.address(settings)
        return AsyncOpenAI(
            api_key=self.key(settings), base_url=url, max_retries=0, http_client=http_client(url, seconds, longest)
        )


def _known_window(model: str) -> int | None:
    name = model.removeprefix("ft:")
    fitting = [known for known in _WINDOWS if name.startswith(known)]
    return _WINDOWS[max(fitting, key=len)] if fitting else None


PROVIDER = OpenAI()
