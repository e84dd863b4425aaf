"""Any server that speaks OpenAI's protocol at an address of your own: vLLM, llama.cpp, LM Studio."""

from __future__ import annotations

from core.errors import ProviderUnavailable
from core.settings import Settings
from rag.providers.base import ASK_SECONDS, http_client, tokens
from rag.providers.openai import OpenAI
from rag.providers.vendor_errors import NO_ADDRESS

_NO_KEY = "none"  # most of these servers ask for none, and the client wants some


class OpenAICompatible(OpenAI):
    name = "openai_compatible"
    label = "OpenAI-compatible"
    max_tokens_as = "max_tokens"  # the older name, which all of them know

    def default_model(self, settings: Settings) -> str:
        return settings.compatible_model

    def configured(self, settings: Settings) -> bool:
        return bool(settings.compatible_url)

    def address(self, settings: Settings) -> str:
        return settings.compatible_url or ""

    def applied(self, model: str) -> frozenset[str]:
        return self.accepts

    def key(self, settings: Settings) -> str:
        if not settings.compatible_url:
            raise ProviderUnavailable(NO_ADDRESS, provider=self.label)
        return settings.compatible_api_key.get_secret_value() if settings.compatible_api_key else _NO_KEY

    def chats(self, model: str) -> bool:
        return True

    async def window(self, settings: Settings, model: str) -> int | None:
        """vLLM says `max_model_len` and llama.cpp `meta.n_ctx_train` in the list of models."""
        headers = {"Authorization": f"Bearer {self.key(settings)}"}
        async with http_client(self.address(settings), ASK_SECONDS) as client:
            answer = await client.get(f"{self.address(settings).rstrip('/')}/models", headers=headers)
            answer.raise_for_status()
            for listed in answer.json()["data"]:
                if listed["id"] == model:
                    return tokens(listed.get("max_model_len") or (listed.get("meta") or {}).get("n_ctx_train"))
        return None


PROVIDER = OpenAICompatible()
