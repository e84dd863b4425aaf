"""Google's Gemini over the google-genai client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.entities import Usage
from core.errors import NichewiseError, ProviderFailed, ProviderUnavailable
from core.settings import Settings
from rag.providers.base import ASK_SECONDS, READ_SECONDS, Ending, http_client
from rag.providers.params import Params
from rag.providers.vendor_errors import NO_KEY, by_status, by_transport

if TYPE_CHECKING:
    from google.genai import Client
    from llama_index.core.llms import LLM

_URL = "https://generativelanguage.googleapis.com"
_VERSION = "v1beta"  # the one that knows system instructions and thinking for every model
_PREFIX = "models/"
_CONTEXT_WINDOW = 32_768  # tokens; where nobody asked and the server was not asked either
_OPTIONS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_tokens": "max_output_tokens",
    "seed": "seed",
    "stop": "stop_sequences",
}


class Gemini:
    name = "gemini"
    label = "Gemini"
    accepts = frozenset({*_OPTIONS, "context_window", "timeout"})

    def default_model(self, settings: Settings) -> str:
        return settings.gemini_model

    def configured(self, settings: Settings) -> bool:
        return settings.gemini_api_key is not None

    def address(self, settings: Settings) -> str:
        return settings.gemini_base_url or _URL

    def applied(self, model: str) -> frozenset[str]:
        return self.accepts

    def llm(self, settings: Settings, model: str, params: Params) -> LLM:
        from rag.providers.gemini_llm import GeminiLLM

        options = {_OPTIONS[name]: value for name, value in params.given().items() if name in _OPTIONS}
        client = self._client(settings, params.timeout or READ_SECONDS)
        return GeminiLLM.over(client, model, options, params.context_window or _CONTEXT_WINDOW)

    async def models(self, settings: Settings) -> tuple[str, ...]:
        client = self._client(settings, ASK_SECONDS)
        listed = [model async for model in await client.aio.models.list()]
        return tuple(
            (model.name or "").removeprefix(_PREFIX)
            for model in listed
            if "generateContent" in (model.supported_actions or ())
        )

    async def window(self, settings: Settings, model: str) -> int | None:
        """What it reads; what it may write comes on top, so this is on the safe side."""
        found = await self._client(settings, ASK_SECONDS).aio.models.get(model=model)
        return found.input_token_limit

    def explain(self, error: Exception) -> NichewiseError | None:
        from google.genai import errors

        if isinstance(error, errors.APIError):
            return by_status(self.label, error.code)
        if isinstance(error, errors.ContinuationInterruptedError):
            return ProviderFailed(provider=self.label)
        return by_transport(self.label, error)  # the client's other errors are ValueErrors

    def ending(self, raw: Any) -> Ending:
        """`raw` is made by `GeminiLLM`: the reason of the end and the last count, from whichever piece had them."""
        counted = raw.get("usage")
        usage = None
        if counted is not None and counted.prompt_token_count is not None:
            written = (counted.candidates_token_count or 0) + (counted.thoughts_token_count or 0)
            usage = Usage(counted.prompt_token_count, written, estimated=False)
        return Ending(finished=bool(raw.get("finish_reason")), usage=usage)

    def _client(self, settings: Settings, seconds: float) -> Client:
        from google.genai import Client
        from google.genai.types import HttpOptions

        if settings.gemini_api_key is None:
            raise ProviderUnavailable(NO_KEY, provider=self.label)
        url = self.address(settings)
        options = HttpOptions(
            base_url=url,
            api_version=_VERSION,
            timeout=round(seconds * 1000),
            httpx_async_client=http_client(url, seconds),
        )
        return Client(api_key=settings.gemini_api_key.get_secret_value(), vertexai=False, http_options=options)


PROVIDER = Gemini()
