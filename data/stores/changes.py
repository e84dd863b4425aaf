"""The log of changes that the lexical indexes follow: in the order of commits, per collection version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, and_, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.corpora import ChunkChange
from data.tables.corpora import chunk_changes, chunks, collection_versions, documents
from data.tables.versions import change_followers


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
        return max(int(self._connection.execute(query).scalar_one()), self.start(version_id))

    def start(self, version_id: UUID) -> int:
        """Up to this `seq` the log is pruned: who has not applied that much must read the chunks themselves."""
        query = select(collection_versions.c.log_start).where(collection_versions.c.id == version_id)
        return int(self._connection.execute(query).scalar_one_or_none() or 0)

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
        return int(self._connection.execute(query).scalar_one_or_none() or self.start(version_id))

    # --- followers and pruning ----------------------------------------------------------------------------------------

    def follow(self, version_id: UUID, follower: UUID, applied: int) -> None:
        """Notes how far a process has come; its log is kept from there on."""
        there = select(collection_versions.c.id, literal(follower), literal(applied), func.now())
        statement = upsert(change_followers).from_select(
            ["version_id", "follower", "applied", "seen_at"], there.where(collection_versions.c.id == version_id)
        )
        seen = {"applied": applied, "seen_at": func.now()}
        self._connection.execute(statement.on_conflict_do_update(index_elements=["version_id", "follower"], set_=seen))

    def prune(self, version_id: UUID, forgotten: timedelta) -> int:
        """Deletes what every follower has applied that was seen within `forgotten`; returns how many rows.

        Nothing goes while nobody follows. A process that turns up later finds the log's start beyond what it has.
        """
        mine = change_followers.c.version_id == version_id
        self._connection.execute(
            change_followers.delete().where(mine, change_followers.c.seen_at < func.now() - literal(forgotten))
        )
        reached = self._connection.execute(select(func.min(change_followers.c.applied)).where(mine)).scalar_one()
        start = self.start(version_id)
        if reached is None or reached <= start:
            return 0
        applied = chunk_changes.c.version_id == version_id, chunk_changes.c.seq <= reached
        gone = self._connection.execute(chunk_changes.delete().where(*applied).returning(chunk_changes.c.op)).scalars()
        ops = list(gone)
        self._connection.execute(
            update(collection_versions)
            .where(collection_versions.c.id == version_id)
            .values(log_start=reached, deleted=collection_versions.c.deleted + ops.count("delete"))
        )
        return len(ops)

    def deleted(self, version_id: UUID) -> int:
        """How many entries were ever deleted from the version's indexes."""
        logged = select(func.count()).where(chunk_changes.c.version_id == version_id, chunk_changes.c.op == "delete")
        pruned = select(collection_versions.c.deleted).where(collection_versions.c.id == version_id)
        return sum(int(self._connection.execute(query).scalar_one_or_none() or 0) for query in (logged, pruned))
