"""The embedding model that turns passages and questions into vectors."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from core.settings import Settings
from rag.embedding.spec import BUILTIN, EmbeddingSpec, describe

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from tokenizers import Tokenizer

__all__ = ["BUILTIN", "EmbeddingSpec", "close_hub", "describe", "load", "measured", "tokenizer"]


def close_hub(settings: Settings) -> None:
    """Keep Hugging Face's libraries from calling home; they read this when they are first imported."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if not settings.embedding.startswith("huggingface:"):
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


def measured(spec: EmbeddingSpec, model: BaseEmbedding) -> EmbeddingSpec:
    """`spec` with the dimension that the loaded model really has."""
    return spec if spec.dimension else replace(spec, dimension=len(model.get_query_embedding("dimension")))


def tokenizer(settings: Settings) -> Tokenizer | None:
    """The tokenizer of the built-in embedding; None for others, whose texts are measured in words."""
    if describe(settings) != BUILTIN:
        return None
    from rag.embedding.builtin import open_tokenizer

    return open_tokenizer(settings)
