"""Ollama over its native API."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import httpx

from core.errors import ModelMissing, NichewiseError, ProviderFailed
from core.settings import Settings
from rag.providers.base import (
    ASK_SECONDS,
    CONNECT_SECONDS,
    READ_SECONDS,
    Ending,
    counted,
    http_client,
    named,
    tokens,
    transport,
)
from rag.providers.params import Params
from rag.providers.transport import LONGEST_ANSWER
from rag.providers.vendor_errors import by_status, by_transport

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

# Tokens. Without num_ctx Ollama cuts the prompt to its own default and says nothing; a larger one costs memory.
CONTEXT_WINDOW = 8192
HEALTH_SECONDS, HEALTH_CONNECT_SECONDS = 1.0, 0.3  # a server that is only busy lists its models at once
_LONGEST_STEP = 200  # characters of what it says while it fetches a model
_NOT_PULLED = "The model server %(provider)s could not fetch the model %(model)s. Check its name."
_OPTIONS = {"top_p": "top_p", "top_k": "top_k", "max_tokens": "num_predict", "seed": "seed", "stop": "stop"}


class Ollama:
    name = "ollama"
    label = "Ollama"
    usual_window: int | None = CONTEXT_WINDOW
    accepts = frozenset(
        {"temperature", "top_p", "top_k", "max_tokens", "seed", "stop", "context_window", "timeout"},
    )

    def default_model(self, settings: Settings) -> str:
        return settings.ollama_model

    def configured(self, settings: Settings) -> bool:
        return True

    def address(self, settings: Settings) -> str:
        return settings.ollama_url

    def applied(self, model: str) -> frozenset[str]:
        return self.accepts

    def load(self) -> None:
        import rag.providers.ollama_llm  # noqa: F401 - LlamaIndex and the vendor's client, which take seconds

    def llm(self, settings: Settings, model: str, params: Params) -> LLM:
        # Imported here: LlamaIndex takes more than a second, and start-up must not wait for it.
        from ollama import AsyncClient

        from rag.providers.ollama_llm import OllamaLLM

        seconds = params.timeout or READ_SECONDS
        client = AsyncClient(
            settings.ollama_url,
            timeout=httpx.Timeout(seconds, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
            transport=transport(settings.ollama_url, LONGEST_ANSWER),
        )
        options = {_OPTIONS[name]: value for name, value in params.given().items() if name in _OPTIONS}
        return OllamaLLM(
            model=model,
            base_url=settings.ollama_url,
            temperature=params.temperature,
            context_window=params.context_window or CONTEXT_WINDOW,
            additional_kwargs=options,
            request_timeout=seconds,
            async_client=client,
        )

    async def models(self, settings: Settings) -> tuple[str, ...]:
        url = settings.ollama_url
        async with http_client(url, HEALTH_SECONDS, connect_seconds=HEALTH_CONNECT_SECONDS) as client:
            answer = await client.get(f"{url.rstrip('/')}/api/tags")
            answer.raise_for_status()
            return named(model["name"] for model in answer.json()["models"])

    async def window(self, settings: Settings, model: str) -> int | None:
        async with http_client(settings.ollama_url, ASK_SECONDS) as client:
            answer = await client.post(f"{settings.ollama_url.rstrip('/')}/api/show", json={"model": model})
            answer.raise_for_status()
            facts = answer.json().get("model_info", {})
            return tokens(facts.get(f"{facts.get('general.architecture')}.context_length"))

    async def pull(self, settings: Settings, model: str) -> AsyncGenerator[tuple[str, int, int], None]:
        """Fetches a model into the server: what it does now, and bytes done of the layer's total (0 while unknown)."""
        async with http_client(settings.ollama_url, READ_SECONDS, LONGEST_ANSWER) as client:
            url = f"{settings.ollama_url.rstrip('/')}/api/pull"
            async with client.stream("POST", url, json={"model": model}) as answer:
                answer.raise_for_status()
                async for line in answer.aiter_lines():
                    step = json.loads(line)
                    if "error" in step:
                        raise ModelMissing(_NOT_PULLED, provider=self.label, model=model)
                    done, total = int(step.get("completed") or 0), int(step.get("total") or 0)
                    yield str(step["status"])[:_LONGEST_STEP], done, total

    def explain(self, error: Exception) -> NichewiseError | None:
        from ollama import RequestError, ResponseError

        if isinstance(error, ResponseError):
            missing = error.status_code == 404
            return ModelMissing(provider=self.label) if missing else by_status(self.label, error.status_code)
        if isinstance(error, RequestError):
            return ProviderFailed(provider=self.label)
        return by_transport(self.label, error)

    def ending(self, raw: Any) -> Ending:
        usage = counted(raw.get("prompt_eval_count"), raw.get("eval_count"))
        return Ending(finished=bool(raw.get("done")), usage=usage)


PROVIDER = Ollama()
