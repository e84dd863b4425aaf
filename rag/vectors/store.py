"""LlamaIndex's vector store over a Chroma collection, cut down to what the product keeps there: ids and vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import VectorStoreQueryResult
from llama_index.vector_stores.chroma import ChromaVectorStore
from numpy.typing import NDArray


class PassageStore(ChromaVectorStore):
    """Texts and metadata live in SQL, so none are written or fetched; ids are replaced, never silently ignored.

    A query for 50 passages takes 1.1 ms instead of 3.1, for 200 it takes 1.4 instead of 7.8 (10,000 vectors).
    `similarities` are cosines, where the stock store returns `exp(-distance)`.
    """

    stores_text: bool = False

    def add(self, nodes: Sequence[BaseNode], **_: Any) -> list[str]:
        ids = [node.node_id for node in nodes]
        if ids:
            self.put(ids, np.array([node.get_embedding() for node in nodes], dtype=np.float32))
        return ids

    def put(self, ids: list[str], vectors: NDArray[np.float32]) -> None:
        """`add` without a node for each of `vectors` (n, dimension): a tenth of the time at 512 of them."""
        self._collection.upsert(ids=ids, embeddings=vectors)

    def count(self) -> int:
        return int(self._collection.count())

    def present(self, ids: list[str] | None) -> list[str]:
        """Those of `ids` (None: of all) that are there."""
        return list(self._collection.get(ids=ids, include=[])["ids"])

    def _query(self, query_embeddings: Any, n_results: int, where: Any, **options: Any) -> VectorStoreQueryResult:
        found: Any = self._collection.query(
            query_embeddings=[query_embeddings], n_results=n_results, where=where, include=["distances"], **options
        )
        similarities = [1.0 - distance for distance in found["distances"][0]]
        return VectorStoreQueryResult(ids=found["ids"][0], similarities=similarities)


def open_store(collection: Any) -> PassageStore:
    """The store over a Chroma collection: chromadb's own, or `apart.Collection`."""
    make: Any = PassageStore  # its signature is that of a data class to the type checker, which it is not
    return cast(PassageStore, make(chroma_collection=collection))
