"""The registry of model providers: one file each, one line each."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from threading import Lock
from typing import cast

from core.errors import BadInput
from rag.providers.base import Ending, Provider, close, ended, estimate_tokens, ignored, readable, translated
from rag.providers.params import Params

# Name -> module whose PROVIDER it is. Modules, not objects: LlamaIndex is imported when a model is first used.
REGISTRY: dict[str, str] = {
    "ollama": "rag.providers.ollama",
    "openai": "rag.providers.openai",
    "gemini": "rag.providers.gemini",
    "openai_compatible": "rag.providers.openai_compatible",
    "extractive": "rag.providers.extractive",
}
AUTO = "auto"
_LOADED: set[str] = set()
_LOADING = Lock()  # LlamaIndex imports itself in circles: two threads at once would block each other


@cache
def get(name: str) -> Provider:
    """The provider called `name`; raises `BadInput` that lists the choices."""
    if name not in REGISTRY:
        raise BadInput(
            "There is no model provider %(name)s. Choose one of: %(choices)s.",
            name=name,
            choices=", ".join((AUTO, *REGISTRY)),
        )
    return cast(Provider, import_module(REGISTRY[name]).PROVIDER)


def loaded(name: str) -> Provider:
    """The provider with everything that it needs to answer: for a thread, it may take seconds."""
    provider = get(name)
    with _LOADING:
        provider.load()
    _LOADED.add(name)
    return provider


def at_hand(name: str) -> Provider | None:
    """The provider, if it is loaded already."""
    return get(name) if name in _LOADED else None


__all__ = [
    "AUTO",
    "REGISTRY",
    "Ending",
    "Params",
    "Provider",
    "at_hand",
    "close",
    "ended",
    "estimate_tokens",
    "get",
    "ignored",
    "loaded",
    "readable",
    "translated",
]
