"""Everything that hangs on one collection: counted, and taken away together with it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Uuid, bindparam, delete, select, text, update

from core.entities.corpora import CollectionContents
from data.tables.answers import answer_cache, answer_cache_documents
from data.tables.conversations import citations
from data.tables.corpora import collections, documents

_COUNTS = text("""
    SELECT
        (SELECT count(*) FROM documents WHERE collection_id = :id) AS documents,
        (SELECT count(*) FROM chunks JOIN collections ON active_version_id = version_id
            WHERE collections.id = :id) AS passages,
        (SELECT count(*) FROM collection_versions WHERE collection_id = :id) AS versions,
        (SELECT count(*) FROM sources WHERE collection_id = :id) AS sources,
        (SELECT count(*) FROM golden_questions WHERE collection_id = :id) AS questions,
        (SELECT count(*) FROM sheets JOIN documents ON documents.id = document_id WHERE collection_id = :id) AS tables
""").bindparams(bindparam("id", type_=Uuid()))

_OF_ALL_VERSIONS = text("""
    SELECT
        (SELECT count(*) FROM chunks JOIN documents ON documents.id = document_id WHERE collection_id = :id) AS chunks,
        (SELECT coalesce(sum(rows), 0) FROM sheets JOIN documents ON documents.id = document_id
            WHERE collection_id = :id) AS rows
""").bindparams(bindparam("id", type_=Uuid()))

_END_JOBS = text("""
    UPDATE job_runs SET status = 'cancelled', updated_at = now()
    WHERE kind = 'ingest'
            AND result ->> 'document_id' IN (SELECT id::text FROM documents WHERE collection_id = :id)
        OR status IN ('waiting', 'running') AND (
            id IN (SELECT run_id FROM collection_versions WHERE collection_id = :id)
            OR id IN (SELECT job_id FROM evaluations WHERE collection_id = :id)
            OR kind = 'reconcile' AND result ->> 'collection_id' = CAST(:id AS text)
            OR kind = 'archive' AND result ->> 'collection' = :name)
""").bindparams(bindparam("id", type_=Uuid()))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a collection took along out of SQL: ids and bytes (SHA-256) of its documents, and how much else."""

    documents: tuple[UUID, ...]
    hashes: tuple[str, ...]
    chunks: int
    rows: int  # of tables
    kept: int  # answers


class CollectionContentsStore:
    """For callers that have decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, collection_id: UUID) -> CollectionContents:
        return CollectionContents(**self._connection.execute(_COUNTS, {"id": collection_id}).one()._mapping)

    def remove(self, collection_id: UUID, name: str) -> Taken:
        """Deletes the collection with all that belongs to it, ends the jobs on it and blanks the citations of its
        documents. The caller has locked the collection's row."""
        # Their rows come first: who indexes a document holds its row, and then needs its version.
        mine = select(documents.c.id, documents.c.sha256).where(documents.c.collection_id == collection_id)
        found = self._connection.execute(mine.order_by(documents.c.id).with_for_update()).all()
        counted = self._connection.execute(_OF_ALL_VERSIONS, {"id": collection_id}).one()
        kept = self._forget(collection_id)
        self._connection.execute(_END_JOBS, {"id": collection_id, "name": name})
        self._connection.execute(delete(collections).where(collections.c.id == collection_id))
        hashes = tuple(sorted({row.sha256 for row in found}))
        return Taken(tuple(row.id for row in found), hashes, counted.chunks, counted.rows, kept)

    def _forget(self, collection_id: UUID) -> int:
        """Takes what its documents say out of citations and out of answers that are kept; how many of those."""
        ours = select(documents.c.id).where(documents.c.collection_id == collection_id)
        self._connection.execute(update(citations).where(citations.c.document_id.in_(ours)).values(text_sealed=None))
        holding = select(answer_cache_documents.c.key).where(answer_cache_documents.c.document_id.in_(ours))
        theirs = answer_cache.c.key.in_(holding) | (answer_cache.c.collection_id == collection_id)
        return self._connection.execute(delete(answer_cache).where(theirs)).rowcount
