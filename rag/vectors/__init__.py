"""The vector leg: one Chroma collection of ids and vectors per collection version; the only home of chromadb."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from core.errors import Unavailable
from core.settings import Settings
from rag.vectors import folders
from rag.vectors.client import Client

if TYPE_CHECKING:
    from rag.vectors.store import PassageStore

# Recall@50 at 100,000 seeded vectors is .999 with 32 neighbours in 1.8 ms, 1,500 writes/s; with Chroma's 16 it is .968
# already at 10,000. Each sync writes the whole index to disk, and what came after the last one is replayed at start.
_NEIGHBOURS = 32
_HNSW = {
    "space": "cosine",
    "max_neighbors": _NEIGHBOURS,
    "ef_construction": 128,
    "ef_search": 128,
    "sync_threshold": 5_000,
}
_BOOKKEEPING = 8  # numbers of 4 bytes per vector: its label, its level, its place
_BATCH = 1_000
SILENT = "The vector index does not answer. Try again in a minute."
_T = TypeVar("_T")

Vector = NDArray[np.float32] | Sequence[float]


class Vectors:
    """Vectors by chunk id; a cache of `chunk_vectors` in SQL that can be built again at any time.

    A name that was never written to is empty. Reads may run beside one another; writers take turns. In a folder of
    its own (no `chroma_url`) one process owns it: two corrupt it silently, so a second one gets `StartupError`.
    """

    def __init__(self, settings: Settings) -> None:
        self._client = Client(settings)
        self._writing = threading.Lock()
        self._stores: dict[str, PassageStore] = {}

    def ping(self) -> None:
        """Raises Unavailable where a Chroma server is named and does not answer."""
        if not self._client.answers():
            raise Unavailable(SILENT)

    def upsert(self, name: str, vectors: Mapping[UUID, Vector]) -> None:
        """Writes or replaces `vectors`, each of the version's dimension, by their ids."""
        if not vectors:
            return
        with self._writing, self._reachable(name):
            store = self._made(name)
            for ids in _batches(list(vectors)):
                store.put([str(chunk) for chunk in ids], np.array([vectors[chunk] for chunk in ids], dtype=np.float32))

    def delete(self, name: str, ids: Collection[UUID]) -> int:
        """Removes `ids` and returns how many of them were there."""
        removed = 0
        with self._writing, self._reachable(name):
            store = self._store(name)
            if store is None:
                return 0
            for batch in _batches(list(ids)):
                present = store.present([str(chunk) for chunk in batch])
                if present:
                    store.delete_nodes(present)
                removed += len(present)
        return removed

    def query(self, name: str, vector: Sequence[float], k: int) -> list[tuple[UUID, float]]:
        """The `k` nearest chunks and their cosines, nearest first."""
        from llama_index.core.vector_stores import VectorStoreQuery

        with self._reachable(name):
            store = self._store(name)
            if store is None or k < 1:
                return []
            found = store.query(VectorStoreQuery(query_embedding=list(vector), similarity_top_k=k))
        return [(UUID(key), cosine) for key, cosine in zip(found.ids or (), found.similarities or (), strict=True)]

    def count(self, name: str) -> int:
        with self._reachable(name):
            store = self._store(name)
            return store.count() if store else 0

    def ids(self, name: str) -> set[UUID]:
        with self._reachable(name):
            store = self._store(name)
            return {UUID(key) for key in store.present(None)} if store else set()

    def present(self, name: str, ids: Collection[UUID]) -> set[UUID]:
        """Those of `ids` that are there."""
        with self._reachable(name):
            store = self._store(name)
            if store is None:
                return set()
            batches = _batches([str(chunk) for chunk in ids])
            return {UUID(key) for batch in batches for key in store.present(list(batch))}

    def drop(self, name: str) -> None:
        """Removes the vectors of `name`, and in a folder of our own the files that Chroma would leave there."""
        from chromadb.errors import NotFoundError

        with self._writing, self._reachable(name):
            self._stores.pop(name, None)
            client = self._client.connected()
            left = self._segment(name)
            try:
                client.delete_collection(name)
            except NotFoundError:
                return
            if left is not None:
                folders.remove(left)

    def names(self) -> set[str]:
        """Everything that was ever written to and not dropped."""
        with self._reachable(""):
            return {found.name for found in self._client.connected().list_collections()}

    def remove_loose(self) -> list[str]:
        """Removes folders that belong to no name any more, as a crash may leave them; returns what they were called."""
        with self._writing, self._reachable(""):
            self._client.connected()
            folder = self._client.folder
            left = folders.loose(folder) if folder else []
            for one in left:
                folders.remove(one)
        return [one.name for one in left]

    def disk(self, name: str) -> int:
        """Bytes that the vectors of `name` take up on this machine's disk; 0 where a server keeps them."""
        with self._reachable(name):
            self._client.connected()
            folder = self._segment(name)
        return folders.size(folder) if folder else 0

    def memory(self, count: int, dimension: int) -> int:
        """About how many bytes `count` vectors hold in memory while they are searched: the numbers themselves, and per
        vector twice as many links as neighbours on the lowest level, with their bookkeeping."""
        return count * (4 * dimension + 4 * (2 * _NEIGHBOURS + _BOOKKEEPING))

    def close(self) -> None:
        """Lets go of the folder; the next call opens it again."""
        self._stores.clear()
        self._client.close()

    def _segment(self, name: str) -> Path | None:
        """The folder of the vectors of `name`, None where a server keeps them."""
        folder = self._client.folder
        return folders.segments(folder).get(name) if folder else None

    def _store(self, name: str) -> PassageStore | None:
        """The store of `name`, None if there is none yet."""
        from chromadb.errors import NotFoundError

        if name not in self._stores:
            try:
                found = self._client.connected().get_collection(name, embedding_function=None)
            except NotFoundError:
                return None
            self._opened(name, found)
        return self._stores[name]

    def _made(self, name: str) -> PassageStore:
        """The store of `name`, made if there is none yet."""
        found = self._store(name)
        if found is not None:
            return found
        configuration = {"hnsw": _HNSW}
        client = self._client.connected()
        made = client.get_or_create_collection(name, configuration=configuration, embedding_function=None)
        return self._opened(name, made)

    def _opened(self, name: str, collection: Any) -> PassageStore:
        from rag.vectors.store import open_store

        self._stores[name] = open_store(collection)
        return self._stores[name]

    @contextmanager
    def _reachable(self, name: str) -> Iterator[None]:
        from chromadb.errors import ChromaError, NotFoundError
        from httpx import TransportError

        try:
            yield
        except NotFoundError as error:  # dropped by another process: look it up again next time
            self._stores.pop(name, None)
            raise Unavailable from error
        except (ChromaError, TransportError, ConnectionError, ValueError) as error:
            raise Unavailable(SILENT) from error


def _batches(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
