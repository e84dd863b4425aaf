"""Ollama over its native API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from core.entities import Usage
from core.errors import ModelMissing, NichewiseError, ProviderFailed, ProviderTimeout, ProviderUnavailable
from core.settings import Settings
from rag.providers.base import CONNECT_SECONDS, READ_SECONDS, Ending
from rag.providers.params import Params

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

CONTEXT_WINDOW = 8192  # tokens; without num_ctx Ollama cuts the prompt to its own default and says nothing
HEALTH = httpx.Timeout(1.0, connect=0.3)  # seconds; a server that is only busy lists its models at once
_OPTIONS = {"top_p": "top_p", "top_k": "top_k", "max_tokens": "num_predict", "seed": "seed", "stop": "stop"}


class Ollama:
    name = "ollama"
    label = "Ollama"
    accepts = frozenset(
        {"temperature", "top_p", "top_k", "max_tokens", "seed", "stop", "context_window", "timeout"},
    )

    def default_model(self, settings: Settings) -> str:
        return settings.ollama_model

    def llm(self, settings: Settings, model: str, params: Params) -> LLM:
        # Imported here: LlamaIndex takes more than a second, and start-up must not wait for it.
        from llama_index.llms.ollama import Ollama as OllamaLLM
        from ollama import AsyncClient

        client = AsyncClient(
            settings.ollama_url,
            timeout=httpx.Timeout(params.timeout or READ_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_keepalive_connections=0),  # nothing is left open when an answer ends
            trust_env=False,
            verify=_secure(settings),
        )
        options = {_OPTIONS[name]: value for name, value in params.given().items() if name in _OPTIONS}
        return OllamaLLM(
            model=model,
            base_url=settings.ollama_url,
            temperature=params.temperature,
            context_window=params.context_window or CONTEXT_WINDOW,
            additional_kwargs=options,
            request_timeout=params.timeout or READ_SECONDS,
            async_client=client,
        )

    async def models(self, settings: Settings) -> tuple[str, ...]:
        async with httpx.AsyncClient(timeout=HEALTH, trust_env=False, verify=_secure(settings)) as client:
            answer = await client.get(f"{settings.ollama_url.rstrip('/')}/api/tags")
            answer.raise_for_status()
            return tuple(model["name"] for model in answer.json()["models"])

    def explain(self, error: Exception) -> NichewiseError | None:
        from ollama import RequestError, ResponseError

        if isinstance(error, ResponseError):
            return _explain_status(error)
        if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
            return ProviderTimeout(provider=self.label)
        if isinstance(error, ConnectionError | httpx.ConnectError | httpx.ConnectTimeout):
            return ProviderUnavailable(provider=self.label)
        vendors = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, RequestError, json.JSONDecodeError)
        # A reply that is JSON but not what the API promises breaks in the client as one of the last four.
        if isinstance(error, (*vendors, KeyError, TypeError, ValueError, AttributeError)):
            return ProviderFailed(provider=self.label)
        return None

    def ending(self, raw: Any) -> Ending:
        counted = raw.get("prompt_eval_count") is not None and raw.get("eval_count") is not None
        usage = Usage(raw["prompt_eval_count"], raw["eval_count"], estimated=False) if counted else None
        return Ending(finished=bool(raw.get("done")), usage=usage)


def _secure(settings: Settings) -> bool:
    # A plain-http server needs no certificates, whose loading takes 20 ms for each client.
    return not settings.ollama_url.startswith("http://")


def _explain_status(error: Any) -> NichewiseError:
    if error.status_code == 404:
        return ModelMissing(provider=Ollama.label)
    if error.status_code in (401, 403):
        return ProviderFailed(
            "The model server %(provider)s refused the access key. An administrator must correct it.",
            provider=Ollama.label,
        )
    if error.status_code == 429:
        return ProviderFailed(
            "The model server %(provider)s is busy. Try again in a minute, or choose another provider.",
            provider=Ollama.label,
        )
    if error.status_code == 503:
        return ProviderUnavailable(provider=Ollama.label)
    return ProviderFailed(provider=Ollama.label)


PROVIDER = Ollama()
