"""Google's Gemini over the google-genai client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from core.errors import NichewiseError, ProviderFailed, ProviderUnavailable
from core.settings import Settings
from rag.providers.base import ASK_SECONDS, READ_SECONDS, Ending, counted, http_client, named, secure, tokens
from rag.providers.params import Params
from rag.providers.transport import LONGEST_ANSWER
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
    usual_window: int | None = None
    accepts = frozenset({*_OPTIONS, "context_window", "timeout"})

    def default_model(self, settings: Settings) -> str:
        return settings.gemini_model

    def configured(self, settings: Settings) -> bool:
        return settings.gemini_api_key is not None

    def address(self, settings: Settings) -> str:
        return settings.gemini_base_url or _URL

    def applied(self, model: str) -> frozenset[str]:
        return self.accepts

    def load(self) -> None:

        import rag.providers.gemini_llm  # noqa: F401 - LlamaIndex, and the client above it

    def llm(self, settings: Settings, model: str, params: Params) -> LLM:
        from rag.providers.gemini_llm import GeminiLLM

        options = {_OPTIONS[name]: value for name, value in params.given().items() if name in _OPTIONS}
        key = self._key(settings)
        http = http_client(self.address(settings), params.timeout or READ_SECONDS, LONGEST_ANSWER)
        client = self._client(key, settings, http)
        return GeminiLLM.over(client, http, model, options, params.context_window or _CONTEXT_WINDOW)

    async def models(self, settings: Settings) -> tuple[str, ...]:
        key = self._key(settings)
        async with http_client(self.address(settings), ASK_SECONDS) as http:
            listed = [model async for model in await self._client(key, settings, http).aio.models.list()]
        return named(
            (model.name or "").removeprefix(_PREFIX)
            for model in listed
            if "generateContent" in (model.supported_actions or ())
        )

    async def window(self, settings: Settings, model: str) -> int | None:
        """What it reads; what it may write comes on top, so this is on the safe side."""
        key = self._key(settings)
        async with http_client(self.address(settings), ASK_SECONDS) as http:
            found = await self._client(key, settings, http).aio.models.get(model=model)
        return tokens(found.input_token_limit)

    def explain(self, error: Exception) -> NichewiseError | None:
        from google.genai import errors

        if isinstance(error, errors.APIError):
            return by_status(self.label, error.code)
        if isinstance(error, errors.ContinuationInterruptedError):
            return ProviderFailed(provider=self.label)
        return by_transport(self.label, error)  # the client's other errors are ValueErrors

    def ending(self, raw: Any) -> Ending:
        """`raw` is made by `GeminiLLM`: the reason of the end and the last count, from whichever piece had them."""
        said, usage = raw.get("usage"), None
        if said is not None:
            written = (said.candidates_token_count or 0) + (said.thoughts_token_count or 0)
            usage = counted(said.prompt_token_count, written)
        return Ending(finished=bool(raw.get("finish_reason")), usage=usage)

    def _key(self, settings: Settings) -> str:
        if settings.gemini_api_key is None:
            raise ProviderUnavailable(NO_KEY, provider=self.label)
        return settings.gemini_api_key.get_secret_value()

    def _client(self, key: str, settings: Settings, http: httpx.AsyncClient) -> Client:
        from google.genai import Client
        from google.genai.types import HttpOptions

        seconds = http.timeout.read or READ_SECONDS
        options = HttpOptions(
            base_url=self.address(settings),
            api_version=_VERSION,
            timeout=round(seconds * 1000),
            httpx_async_client=http,
            httpx_client=httpx.Client(trust_env=False, verify=secure(self.address(settings))),
        )
        return Client(api_key=key, vertexai=False, http_options=options)


PROVIDER = Gemini()
