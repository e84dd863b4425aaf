"""What the reconciler asks of SQL, and what it found before."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, literal, not_, select, union_all

from core.entities.versions import Reconciliation
from data.stores.jobs import ALIVE
from data.stores.membership import among
from data.stores.version_json import findings_body, findings_of
from data.tables import metadata
from data.tables.corpora import chunk_vectors, chunks, collection_versions, documents, job_runs
from data.tables.versions import reconciliations


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A run whose job is gone; `kind` is the job's task."""

    version_id: UUID
    run_id: UUID
    kind: str
    switch: bool


class Soundness:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- what SQL holds -----------------------------------------------------------------------------------------------

    def chunk_ids(self, version_id: UUID) -> set[UUID]:
        return set(self._connection.execute(select(chunks.c.id).where(chunks.c.version_id == version_id)).scalars())

    def vector_ids(self, version_id: UUID) -> set[UUID]:
        """Of the version's chunks, those whose vector is kept."""
        joined = chunk_vectors.join(chunks, chunks.c.id == chunk_vectors.c.chunk_id)
        query = select(chunk_vectors.c.chunk_id).select_from(joined).where(chunks.c.version_id == version_id)
        return set(self._connection.execute(query).scalars())

    def published(self, ids: Collection[UUID]) -> set[UUID]:
        """Those of `ids` that are chunks of documents which are ready: what people must find."""
        joined = chunks.join(documents, documents.c.id == chunks.c.document_id)
        query = select(chunks.c.id).select_from(joined).where(among(chunks.c.id, ids), documents.c.stage == "ready")
        return set(self._connection.execute(query).scalars())

    def hold(self, ids: Collection[UUID]) -> None:
        """Until the transaction ends nobody deletes the documents of these chunks; waits for who is at it."""
        of_these = select(chunks.c.document_id).where(among(chunks.c.id, ids))
        query = select(documents.c.id).where(documents.c.id.in_(of_these)).order_by(documents.c.id)
        # No more than a deletion minds: who changes a document's readers holds its row and waits for the collection's.
        self._connection.execute(query.with_for_update(key_share=True, read=True)).all()

    def unembedded(self, version_id: UUID, languages: Iterable[str]) -> list[UUID]:
        """Chunks of ready documents in one of `languages` that have no vector in SQL."""
        joined = chunks.join(documents, documents.c.id == chunks.c.document_id)
        query = (
            select(chunks.c.id)
            .select_from(joined.outerjoin(chunk_vectors, chunk_vectors.c.chunk_id == chunks.c.id))
            .where(
                chunks.c.version_id == version_id,
                documents.c.stage == "ready",
                chunks.c.language.in_(list(languages)),
                chunk_vectors.c.chunk_id.is_(None),
            )
        )
        return list(self._connection.execute(query).scalars())

    def without_chunks(self, collection_id: UUID, version_id: UUID) -> list[UUID]:
        """Documents that are ready and have no chunk in the version."""
        there = exists().where(chunks.c.version_id == version_id, chunks.c.document_id == documents.c.id)
        mine = and_(documents.c.collection_id == collection_id, documents.c.stage == "ready")
        return list(self._connection.execute(select(documents.c.id).where(mine, ~there)).scalars())

    def files(self, collection_id: UUID) -> dict[str, str]:
        """SHA-256 -> file name of each document of a collection."""
        query = select(documents.c.sha256, documents.c.filename).where(documents.c.collection_id == collection_id)
        return {row.sha256: row.filename for row in self._connection.execute(query)}

    def blobs_in_use(self, sha256: Collection[str]) -> set[str]:
        """Those of `sha256` that any table names: each table that keeps files calls the column `sha256`."""
        columns = [table.c.sha256 for table in metadata.tables.values() if "sha256" in table.c]
        query = union_all(*(select(column).where(column.in_(sha256)) for column in columns))
        return {found for found in self._connection.execute(query).scalars() if found}

    def text_bytes(self, collection_id: UUID) -> int:
        """What the chunks and vectors of all versions take up in SQL, without indexes."""
        joined = chunks.outerjoin(chunk_vectors, chunk_vectors.c.chunk_id == chunks.c.id)
        size = func.octet_length(chunks.c.text) + func.coalesce(func.octet_length(chunk_vectors.c.vector), 0)
        versions = select(collection_versions.c.id).where(collection_versions.c.collection_id == collection_id)
        query = select(func.coalesce(func.sum(size), 0)).select_from(joined).where(chunks.c.version_id.in_(versions))
        return int(self._connection.execute(query).scalar_one())

    def file_bytes(self, collection_id: UUID) -> int:
        query = select(func.coalesce(func.sum(documents.c.size), 0)).where(documents.c.collection_id == collection_id)
        return int(self._connection.execute(query).scalar_one())

    def abandoned(self) -> list[Abandoned]:
        """Runs that work on a version and have not ended, though no job waits or runs for them."""
        ours = collection_versions.join(job_runs, job_runs.c.id == collection_versions.c.run_id)
        query = select(collection_versions.c.id, job_runs.c.id.label("run_id"), job_runs.c.kind, job_runs.c.result)
        rows = self._connection.execute(
            query.select_from(ours).where(job_runs.c.status.in_(("waiting", "running")), not_(ALIVE))
        )
        return [Abandoned(row.id, row.run_id, row.kind, bool(row.result.get("switch", True))) for row in rows]

    # --- what was found -----------------------------------------------------------------------------------------------

    def keep(self, found: Reconciliation) -> None:
        row = {
            "at": found.at, "collection_id": found.collection_id, "compared": dict(found.compared),
            "findings": findings_body(found.findings), "seconds": found.seconds,
        }  # fmt: skip
        self._connection.execute(insert(reconciliations).values(row))

    def latest(self, collection_id: UUID | None, limit: int = 1) -> list[Reconciliation]:
        """Newest first; None: of what belongs to no collection."""
        mine = reconciliations.c.collection_id.is_not_distinct_from(collection_id)
        query = select(reconciliations).where(mine).order_by(reconciliations.c.at.desc()).limit(limit)
        return [_reconciliation(row) for row in self._connection.execute(query)]

    def prune(self, older: timedelta) -> int:
        old = reconciliations.c.at < func.now() - literal(older)
        return self._connection.execute(delete(reconciliations).where(old)).rowcount


def _reconciliation(row: Row[Any]) -> Reconciliation:
    return Reconciliation(row.at, row.collection_id, dict(row.compared), findings_of(row.findings), row.seconds)
