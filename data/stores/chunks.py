"""Chunks and their vectors: the source of truth that the vector and the lexical index are built from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Row,
    Select,
    Uuid,
    all_,
    and_,
    any_,
    case,
    delete,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.corpora import Chunk, ChunkChange
from core.entities.people import Principal
from core.entities.retrieval import Passage
from data.access import readable_documents
from data.stores.changes import ChunkChanges
from data.tables.corpora import chunk_vectors, chunks, collections, documents

Vector = NDArray[np.float32]
_DTYPE = np.dtype("<f4")


def chunk_id(version_id: UUID, document_id: UUID, chunk: Chunk) -> UUID:
    """Stable: the same passage at the same place of the same document in the same version has the same id, so work
    that is done again after a crash replaces what is there, and a vector never changes under its id."""
    return uuid5(version_id, f"{document_id}\n{chunk.position}\n{chunk.heading}\n{chunk.text}")


def vector_of(stored: bytes) -> Vector:
    return np.frombuffer(stored, _DTYPE)


def chunk_of(row: Row[Any]) -> Chunk:
    return Chunk(row.position, row.text, row.heading, row.page, row.page_to, row.language, row.tokens)


def _passage(row: Row[Any]) -> Passage:
    return Passage(
        chunk_id=row.id,
        document_id=row.document_id,
        document_version=row.document_version,
        title=row.title,
        heading=row.heading,
        page=row.page,
        text=row.text,
        language=row.language,
        score=0.0,
        position=row.position,
        page_to=row.page_to,
    )


def is_one(column: ColumnElement[UUID], ids: Collection[UUID]) -> ColumnElement[bool]:
    """One parameter however many `ids`: as an IN list, thousands take longer to compile than to find."""
    return column == any_(literal(list(ids), ARRAY(Uuid)))


def _readable(
    version_id: UUID, principal: Principal, tags: Collection[str], among: Collection[UUID]
) -> ColumnElement[bool]:
    narrowed = [literal(tag) == any_(documents.c.tags) for tag in tags]
    if among:
        narrowed.append(is_one(documents.c.id, among))
    ready = documents.c.stage == "ready"
    return and_(chunks.c.version_id == version_id, ready, readable_documents(principal), *narrowed)


def _joined(*columns: Any) -> Select[Any]:
    joined = chunks.join(documents, documents.c.id == chunks.c.document_id)
    return select(*columns).select_from(joined.join(collections, collections.c.id == documents.c.collection_id))


class Chunks:
    """`readable`, `permitted` and `passages` ask the permission function; the others are for callers that decided.

    `tags`: only of documents that have all of them; `among`: only of these documents, () being no bound."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._changes = ChunkChanges(connection)

    # --- what a person may read -------------------------------------------------------------------------------------

    def readable(
        self,
        version_id: UUID,
        principal: Principal,
        tags: Collection[str] = (),
        among: Collection[UUID] = (),
        *,
        below: int,
    ) -> list[UUID] | None:
        """Ids of all ready chunks of the version that `principal` may read, None if there are `below` or more."""
        where = _readable(version_id, principal, tags, among)
        few = _joined(chunks.c.id).where(where).limit(below).subquery()
        ids = case((func.count() < below, func.array_agg(few.c.id)))  # many are counted, and not sent
        count, found = self._connection.execute(select(func.count(), ids).select_from(few)).one()
        return None if count >= below else list(found or ())

    def permitted(
        self,
        version_id: UUID,
        principal: Principal,
        ids: Collection[UUID],
        tags: Collection[str] = (),
        among: Collection[UUID] = (),
    ) -> set[UUID]:
        """Those of `ids` that `principal` may read in this version now."""
        query = _joined(chunks.c.id).where(is_one(chunks.c.id, ids), _readable(version_id, principal, tags, among))
        return set(self._connection.execute(query).scalars())

    def passages(
        self,
        version_id: UUID,
        principal: Principal,
        ids: Collection[UUID],
        tags: Collection[str] = (),
        among: Collection[UUID] = (),
    ) -> dict[UUID, Passage]:
        """The passages of those of `ids` that `principal` may read, not yet scored."""
        query = _joined(chunks, documents.c.title, documents.c.version.label("document_version")).where(
            is_one(chunks.c.id, ids), _readable(version_id, principal, tags, among)
        )
        return {row.id: _passage(row) for row in self._connection.execute(query)}

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
                is_one(chunks.c.document_id, new),
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

    def put_vectors(self, vectors: Mapping[UUID, Sequence[float] | Vector]) -> None:
        """Keeps or replaces the vector of each chunk."""
        rows = [
            {"chunk_id": key, "vector": np.asarray(vector, dtype=_DTYPE).tobytes()} for key, vector in vectors.items()
        ]
        if rows:
            statement = upsert(chunk_vectors)
            replaced = {"vector": statement.excluded.vector}
            self._connection.execute(statement.on_conflict_do_update(index_elements=["chunk_id"], set_=replaced), rows)

    # --- reading ----------------------------------------------------------------------------------------------------

    def of_document(self, version_id: UUID, document_id: UUID) -> list[tuple[UUID, Chunk]]:
        """In reading order."""
        query = select(chunks).where(chunks.c.version_id == version_id, chunks.c.document_id == document_id)
        return [(row.id, chunk_of(row)) for row in self._connection.execute(query.order_by(chunks.c.position))]

    def without_vector(
        self, version_id: UUID, document_ids: Collection[UUID], languages: Iterable[str], limit: int
    ) -> list[tuple[UUID, Chunk]]:
        """Chunks of the documents in one of `languages` that are still to be embedded, in reading order."""
        query = (
            select(chunks)
            .select_from(chunks.outerjoin(chunk_vectors, chunk_vectors.c.chunk_id == chunks.c.id))
            .where(
                chunks.c.version_id == version_id,
                is_one(chunks.c.document_id, document_ids),
                chunks.c.language.in_(list(languages)),
                chunk_vectors.c.chunk_id.is_(None),
            )
            .order_by(chunks.c.document_id, chunks.c.position)
            .limit(limit)
        )
        return [(row.id, chunk_of(row)) for row in self._connection.execute(query)]

    def vectors(self, ids: Collection[UUID]) -> dict[UUID, Vector]:
        """Of those of `ids` that have one."""
        query = select(chunk_vectors).where(is_one(chunk_vectors.c.chunk_id, ids))
        return {row.chunk_id: vector_of(row.vector) for row in self._connection.execute(query)}

    def vectors_of_document(self, version_id: UUID, document_id: UUID) -> dict[UUID, Vector]:
        query = select(chunk_vectors).join_from(chunk_vectors, chunks, chunks.c.id == chunk_vectors.c.chunk_id)
        query = query.where(chunks.c.version_id == version_id, chunks.c.document_id == document_id)
        return {row.chunk_id: vector_of(row.vector) for row in self._connection.execute(query)}

    def vectors_of_documents(self, version_id: UUID, document_ids: Collection[UUID]) -> dict[UUID, Vector]:
        query = select(chunk_vectors).join_from(chunk_vectors, chunks, chunks.c.id == chunk_vectors.c.chunk_id)
        query = query.where(chunks.c.version_id == version_id, is_one(chunks.c.document_id, document_ids))
        return {row.chunk_id: vector_of(row.vector) for row in self._connection.execute(query)}

    def ids_of_documents(self, version_id: UUID, document_ids: Collection[UUID]) -> tuple[set[UUID], set[UUID]]:
        """Ids of all chunks of the documents, and of those that have a vector."""
        query = (
            select(chunks.c.id, chunk_vectors.c.chunk_id)
            .select_from(chunks.outerjoin(chunk_vectors, chunk_vectors.c.chunk_id == chunks.c.id))
            .where(chunks.c.version_id == version_id, is_one(chunks.c.document_id, document_ids))
        )
        rows = self._connection.execute(query).all()
        return {row.id for row in rows}, {row.id for row in rows if row.chunk_id}

    def vector_page(self, version_id: UUID, after: UUID | None, limit: int) -> dict[UUID, Vector]:
        """The next `limit` vectors of the version in the order of chunk ids."""
        query = select(chunk_vectors).join_from(chunk_vectors, chunks, chunks.c.id == chunk_vectors.c.chunk_id)
        query = query.where(chunks.c.version_id == version_id)
        if after is not None:
            query = query.where(chunks.c.id > after)
        rows = self._connection.execute(query.order_by(chunks.c.id).limit(limit))
        return {row.chunk_id: vector_of(row.vector) for row in rows}

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

    def count_vectors(self, version_id: UUID) -> int:
        joined = chunk_vectors.join(chunks, chunks.c.id == chunk_vectors.c.chunk_id)
        query = select(func.count()).select_from(joined).where(chunks.c.version_id == version_id)
        return self._connection.execute(query).scalar_one()
