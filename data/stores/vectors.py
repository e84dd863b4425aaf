"""The vectors of chunks as they were computed: the vector index can be made of them again without embedding."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.corpora import Chunk
from data.stores.chunks import chunk_of
from data.stores.membership import among
from data.tables.corpora import chunk_vectors, chunks

Vector = NDArray[np.float32]
"""One number per dimension of the model."""
_DTYPE = np.dtype("<f4")


def vector_of(stored: bytes) -> Vector:
    return np.frombuffer(stored, _DTYPE)


class ChunkVectors:
    """A chunk in a language that the version's model does not speak has none."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, vectors: Mapping[UUID, Sequence[float] | Vector]) -> None:
        """Keeps or replaces the vector of each chunk."""
        rows = [
            {"chunk_id": key, "vector": np.asarray(vector, dtype=_DTYPE).tobytes()} for key, vector in vectors.items()
        ]
        if rows:
            statement = upsert(chunk_vectors)
            replaced = {"vector": statement.excluded.vector}
            self._connection.execute(statement.on_conflict_do_update(index_elements=["chunk_id"], set_=replaced), rows)

    def of_chunks(self, ids: Collection[UUID]) -> dict[UUID, Vector]:
        """Of those of `ids` that have one."""
        return self._found(select(chunk_vectors).where(among(chunk_vectors.c.chunk_id, ids)))

    def of_documents(self, version_id: UUID, document_ids: Collection[UUID]) -> dict[UUID, Vector]:
        """By chunk."""
        return self._found(_of_version(version_id).where(among(chunks.c.document_id, document_ids)))

    def page(self, version_id: UUID, after: UUID | None, limit: int) -> dict[UUID, Vector]:
        """The next `limit` vectors of the version in the order of chunk ids."""
        query = _of_version(version_id)
        if after is not None:
            query = query.where(chunks.c.id > after)
        return self._found(query.order_by(chunks.c.id).limit(limit))

    def missing(
        self, version_id: UUID, document_ids: Collection[UUID], languages: Iterable[str], limit: int
    ) -> list[tuple[UUID, Chunk]]:
        """Chunks of the documents in one of `languages` that are still to be embedded, in reading order."""
        query = (
            select(chunks)
            .select_from(chunks.outerjoin(chunk_vectors, chunk_vectors.c.chunk_id == chunks.c.id))
            .where(
                chunks.c.version_id == version_id,
                among(chunks.c.document_id, document_ids),
                chunks.c.language.in_(list(languages)),
                chunk_vectors.c.chunk_id.is_(None),
            )
            .order_by(chunks.c.document_id, chunks.c.position)
            .limit(limit)
        )
        return [(row.id, chunk_of(row)) for row in self._connection.execute(query)]

    def _found(self, query: Select[Any]) -> dict[UUID, Vector]:
        return {row.chunk_id: vector_of(row.vector) for row in self._connection.execute(query)}


def _of_version(version_id: UUID) -> Select[Any]:
    query = select(chunk_vectors).join_from(chunk_vectors, chunks, chunks.c.id == chunk_vectors.c.chunk_id)
    return query.where(chunks.c.version_id == version_id)
