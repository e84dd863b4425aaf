"""Embeddings behind LlamaIndex's interface. Importing this module imports LlamaIndex (1.5 s)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from llama_index.core.base.embeddings.base import BaseEmbedding, Embedding
from llama_index.core.bridge.pydantic import PrivateAttr

from core.errors import Unavailable
from core.settings import Settings
from rag.embedding import builtin as onnx
from rag.embedding.presence import NO_SERVER, NOT_PULLED
from rag.embedding.spec import BUILTIN, EmbeddingSpec


class _InThread(BaseEmbedding):
    """An embedding whose work is synchronous; its asynchronous calls run in a thread, off the event loop."""

    async def _aget_query_embedding(self, query: str) -> Embedding:
        return await asyncio.to_thread(self._get_query_embedding, query)

    async def _aget_text_embedding(self, text: str) -> Embedding:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)


class BuiltinEmbedding(_InThread):
    """The exported model; safe to call from several threads."""

    _model: Any = PrivateAttr()

    def __init__(self, settings: Settings, threads: int | None) -> None:
        super().__init__(model_name=BUILTIN.name, embed_batch_size=1024)
        self._model = onnx.open_model(settings, threads)

    def _get_query_embedding(self, query: str) -> Embedding:
        return self._get_text_embeddings([query])[0]

    def _get_text_embedding(self, text: str) -> Embedding:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        vectors: list[Embedding] = onnx.embed(self._model, texts).tolist()
        return vectors


class OllamaEmbedding(_InThread):
    """A model of an Ollama server; its vectors are brought to unit length."""

    _client: Any = PrivateAttr()
    _spec: EmbeddingSpec = PrivateAttr()
    _url: str = PrivateAttr()

    def __init__(self, spec: EmbeddingSpec, url: str) -> None:
        super().__init__(model_name=spec.name.removeprefix("ollama:"), embed_batch_size=64)
        from ollama import Client

        # No connection is kept: a new one costs nothing beside the model's work, and none is left for nobody to close.
        alone = httpx.Limits(max_keepalive_connections=0)
        self._client = Client(host=url, timeout=httpx.Timeout(120, connect=5), limits=alone)
        self._spec, self._url = spec, url

    def _get_query_embedding(self, query: str) -> Embedding:
        return self._embed([self._spec.query + query])[0]

    def _get_text_embedding(self, text: str) -> Embedding:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        return self._embed([self._spec.passage + text for text in texts])

    def _embed(self, texts: list[str]) -> list[Embedding]:
        with _ollama_errors(self.model_name, self._url):
            answer = self._client.embed(model=self.model_name, input=texts)
        return [_unit(vector) for vector in answer.embeddings]


@contextmanager
def _ollama_errors(model: str, url: str) -> Iterator[None]:
    from ollama import ResponseError

    try:
        yield
    except ResponseError as error:
        if error.status_code == 404:
            raise Unavailable(NOT_PULLED, model=model) from error
        raise Unavailable("Ollama could not embed the text: %(reason)s.", reason=error.error) from error
    except (httpx.HTTPError, ConnectionError) as error:
        raise Unavailable(NO_SERVER, url=url) from error


def _unit(vector: Any) -> Embedding:
    norm = sum(x * x for x in vector) ** 0.5
    return [x / norm for x in vector] if norm else list(vector)


def builtin(settings: Settings, threads: int | None) -> BaseEmbedding:
    return BuiltinEmbedding(settings, threads)


def ollama(spec: EmbeddingSpec, url: str) -> BaseEmbedding:
    """A model of the Ollama server at `url`, tried once so that a server that is down shows here."""
    embedding = OllamaEmbedding(spec, url)
    embedding.get_query_embedding("ready?")
    return embedding


def huggingface(spec: EmbeddingSpec) -> BaseEmbedding:
    """A sentence-transformers model, downloaded on first use; this alone brings torch into the serving process."""
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    name = spec.name.removeprefix("huggingface:")
    try:
        model: BaseEmbedding = HuggingFaceEmbedding(
            model_name=name,
            query_instruction=spec.query,
            text_instruction=spec.passage,
            normalize=True,
            embed_batch_size=16,
        )
    except (OSError, ValueError) as error:
        raise Unavailable(
            "The embedding model %(model)s could not be loaded. Check its name and the connection, then run: "
            "hf download %(model)s.",
            model=name,
        ) from error
    return model
