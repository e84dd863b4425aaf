"""The log of changes that the lexical indexes follow: in the order of commits, per collection version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, and_, func, insert, or_, select

from core.entities import ChunkChange
from data.tables import chunk_changes, chunks, documents


def _change(row: Row[*tuple[Any, ...]]) -> ChunkChange:
    if row.text is None:  # deleted, now or by a later row of the log
        return ChunkChange(row.seq, "delete", row.chunk_id, row.document_id)
    return ChunkChange(row.seq, "put", row.chunk_id, row.document_id, row.title, row.heading, row.text, row.language)


class ChunkChanges:
    """Written by `Chunks`, in the transaction that changes the chunks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, version_id: UUID, op: Literal["put", "delete"], rows: Sequence[tuple[UUID, UUID]]) -> None:
        """Adds one row per (chunk, document). Until the transaction ends no other one writes to the log of this
        version: else a row that commits late has a smaller `seq` than one that was read already, and is never seen."""
        if not rows:
            return
        self._connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"changes:{version_id}", 0))))
        values = [
            {"version_id": version_id, "chunk_id": chunk, "document_id": document, "op": op} for chunk, document in rows
        ]
        self._connection.execute(insert(chunk_changes), values)

    def since(self, version_id: UUID, seq: int, limit: int) -> list[ChunkChange]:
        """At most `limit` changes after `seq`, oldest first. A chunk that is gone by now comes as a deletion."""
        put = and_(chunk_changes.c.op == "put", chunks.c.id == chunk_changes.c.chunk_id)
        query = (
            select(
                chunk_changes.c.seq,
                chunk_changes.c.chunk_id,
                chunk_changes.c.document_id,
                documents.c.title,
                chunks.c.heading,
                chunks.c.text,
                chunks.c.language,
            )
            .select_from(
                chunk_changes.outerjoin(chunks, put).outerjoin(documents, documents.c.id == chunks.c.document_id)
            )
            .where(chunk_changes.c.version_id == version_id, chunk_changes.c.seq > seq)
            .order_by(chunk_changes.c.seq)
            .limit(limit)
        )
        return [_change(row) for row in self._connection.execute(query)]

    def latest(self, version_id: UUID) -> int:
        """The last `seq` of the version, 0 when nothing ever changed."""
        query = select(func.coalesce(func.max(chunk_changes.c.seq), 0)).where(chunk_changes.c.version_id == version_id)
        return int(self._connection.execute(query).scalar_one())

    def promised(self, version_id: UUID) -> int:
        """The last `seq` that people have been told of: of documents that are `ready`, and of those that are gone."""
        query = (
            select(chunk_changes.c.seq)
            .select_from(chunk_changes.outerjoin(documents, documents.c.id == chunk_changes.c.document_id))
            .where(
                chunk_changes.c.version_id == version_id,
                or_(documents.c.stage == "ready", documents.c.id.is_(None)),
            )
            .order_by(chunk_changes.c.seq.desc())
            .limit(1)
        )
        return int(self._connection.execute(query).scalar_one_or_none() or 0)
