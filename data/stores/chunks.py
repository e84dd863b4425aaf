"""Chunks: the source of truth that the vector and the lexical index are built from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ARRAY, ColumnElement, Connection, Row, Uuid, all_, and_, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.corpora import Chunk, ChunkChange
from data.stores.changes import ChunkChanges
from data.stores.membership import among
from data.tables.corpora import chunk_vectors, chunks, documents


def chunk_id(version_id: UUID, document_id: UUID, chunk: Chunk) -> UUID:
    """Stable: the same passage at the same place of the same document in the same version has the same id, so work
    that is done again after a crash replaces what is there, and a vector never changes under its id."""
    return uuid5(version_id, f"{document_id}\n{chunk.position}\n{chunk.heading}\n{chunk.text}")


def chunk_of(row: Row[Any]) -> Chunk:
    return Chunk(row.position, row.text, row.heading, row.page, row.page_to, row.language, row.tokens)


class Chunks:
    """For callers that have decided; `Passages` asks the permission function."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._changes = ChunkChanges(connection)

    # --- writing ----------------------------------------------------------------------------------------------------

    def put(self, version_id: UUID, document_id: UUID, new: Sequence[Chunk]) -> list[UUID]:
        """Makes `new` the document's chunks in the version, and logs what changed. Returns their ids in order."""
        return self.put_many(version_id, {document_id: new})[document_id]

    def put_many(self, version_id: UUID, new: Mapping[UUID, Sequence[Chunk]]) -> dict[UUID, list[UUID]]:
        """The same for several documents at once."""
        ids = {document: [chunk_id(version_id, document, chunk) for chunk in new[document]] for document in new}
        kept = [key for of_one in ids.values() for key in of_one]
        self._remove(
            and_(
                among(chunks.c.document_id, new),
                chunks.c.version_id == version_id,
                chunks.c.id != all_(literal(kept, ARRAY(Uuid))),
            )
        )
        rows = [
            {
                "id": key, "version_id": version_id, "document_id": document, "position": chunk.position,
                "text": chunk.text, "heading": chunk.heading, "page": chunk.page, "page_to": chunk.page_to,
                "language": chunk.language, "tokens": chunk.tokens,
            }
            for document in new
            for key, chunk in zip(ids[document], new[document], strict=True)
        ]  # fmt: skip
        if rows:
            statement = upsert(chunks).on_conflict_do_nothing(index_elements=["id"])
            added = self._connection.execute(statement.returning(chunks.c.id, chunks.c.document_id), rows)
            self._changes.record(version_id, "put", [(row.id, row.document_id) for row in added])
        return ids

    def remove_document(self, document_id: UUID) -> dict[UUID, list[UUID]]:
        """Removes the document's chunks and vectors from every version, and logs it; returns the ids by version."""
        return self._remove(chunks.c.document_id == document_id)

    def _remove(self, where: ColumnElement[bool]) -> dict[UUID, list[UUID]]:
        gone = self._connection.execute(
            delete(chunks).where(where).returning(chunks.c.version_id, chunks.c.id, chunks.c.document_id)
        ).all()
        by_version: dict[UUID, list[tuple[UUID, UUID]]] = defaultdict(list)
        for row in gone:
            by_version[row.version_id].append((row.id, row.document_id))
        for version_id in sorted(by_version):  # one order for all, so that two deletions never wait for each other
            self._changes.record(version_id, "delete", by_version[version_id])
        return {version_id: [key for key, _ in pairs] for version_id, pairs in by_version.items()}

    # --- reading ----------------------------------------------------------------------------------------------------

    def of_document(self, version_id: UUID, document_id: UUID) -> list[tuple[UUID, Chunk]]:
        """In reading order."""
        query = select(chunks).where(chunks.c.version_id == version_id, chunks.c.document_id == document_id)
        return [(row.id, chunk_of(row)) for row in self._connection.execute(query.order_by(chunks.c.position))]

    def ids_of_documents(self, version_id: UUID, document_ids: Collection[UUID]) -> tuple[set[UUID], set[UUID]]:
        """Ids of all chunks of the documents, and of those that have a vector."""
        query = (
            select(chunks.c.id, chunk_vectors.c.chunk_id)
            .select_from(chunks.outerjoin(chunk_vectors, chunk_vectors.c.chunk_id == chunks.c.id))
            .where(chunks.c.version_id == version_id, among(chunks.c.document_id, document_ids))
        )
        rows = self._connection.execute(query).all()
        return {row.id for row in rows}, {row.id for row in rows if row.chunk_id}

    def page(self, version_id: UUID, after: UUID | None, limit: int) -> list[ChunkChange]:
        """The next `limit` chunks of the version in the order of their ids, as changes that put them."""
        query = select(chunks, documents.c.title).join_from(chunks, documents).where(chunks.c.version_id == version_id)
        if after is not None:
            query = query.where(chunks.c.id > after)
        return [
            ChunkChange(0, "put", row.id, row.document_id, row.title, row.heading, row.text, row.language)
            for row in self._connection.execute(query.order_by(chunks.c.id).limit(limit))
        ]

    def count(self, version_id: UUID) -> int:
        query = select(func.count()).select_from(chunks).where(chunks.c.version_id == version_id)
        return self._connection.execute(query).scalar_one()
