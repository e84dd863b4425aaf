"""The embedding model that turns passages and questions into vectors."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from core.errors import Unavailable
from core.settings import Settings
from rag.embedding.spec import BUILTIN, EmbeddingSpec, describe, known, offered

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from tokenizers import Tokenizer

__all__ = ["BUILTIN", "EmbeddingSpec", "choose", "close_hub", "describe", "known", "load", "offered", "tokenizer"]

UNKNOWN = "There is no embedding model called %(model)s."


def choose(settings: Settings, name: str) -> Settings:
    """The same settings with the embedding that a fingerprint or a setting calls `name`; `Unavailable` where no
    embedding has that name."""
    spec = known(name)
    if spec is None:
        raise Unavailable(UNKNOWN, model=name)
    named = (*settings.embeddings, settings.embedding)
    return settings.model_copy(update={"embedding": spec.setting, "embeddings": named})


def close_hub(settings: Settings) -> None:
    """Keep Hugging Face's libraries from calling home; they read this when they are first imported."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if not any(spec.name.startswith("huggingface:") for spec in offered(settings)):
        os.environ["HF_HUB_OFFLINE"] = "1"


def load(settings: Settings, threads: int | None = None) -> BaseEmbedding:
    """The embedding that the settings name, in memory.

    Takes 2.5 s for the built-in one, of which 1.5 s are the first import of LlamaIndex. `threads` (None: one per core)
    bounds the built-in one. Unavailable if the model is not exported, or its server does not answer.
    """
    close_hub(settings)
    # Importing LlamaIndex takes 1.5 s, which the sign-in page must not wait for.
    from rag.embedding import adapters

    spec = describe(settings)
    if spec == BUILTIN:
        return adapters.builtin(settings, threads)
    if spec.name.startswith("huggingface:"):
        return adapters.huggingface(spec)
    return adapters.ollama(spec, settings.ollama_url)


def tokenizer(settings: Settings) -> Tokenizer | None:
    """The tokenizer of the built-in embedding; None for others, whose texts are measured in words."""
    if describe(settings) != BUILTIN:
        return None
    from rag.embedding.builtin import open_tokenizer

    return open_tokenizer(settings)
