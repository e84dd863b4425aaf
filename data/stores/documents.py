"""Documents: what was uploaded; `Stages` knows how far each has come on its way into its collection."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.corpora import Document, Stage
from core.entities.people import Principal
from core.errors import NotFound
from data.access import readable_documents
from data.stores.collections import PERSONAL
from data.stores.membership import among
from data.tables.corpora import chunks, collections, documents


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document that has just been received."""

    collection_id: UUID
    filename: str
    media_type: str
    sha256: str
    size: int
    owner_id: UUID | None = None
    title: str = ""
    version: int = 1
    demo: bool = False
    lineage: UUID = field(default_factory=uuid4)  # all versions of one document share it


def _document(row: Row[Any]) -> Document:
    values = row._mapping
    return Document(
        **{name: values[name] for name in _PLAIN},
        collection=PERSONAL if row.collection_owner else row.collection,
        stage=Stage(row.stage),
        notes=tuple(row.notes),
        tags=tuple(row.tags),
    )


_PLAIN = (
    "id", "collection_id", "owner_id", "title", "filename", "media_type", "sha256", "size", "version", "language",
    "pages", "chunks", "done", "total", "error", "demo", "created_at", "updated_at", "pages_read", "tries",
)  # fmt: skip


def _query() -> Select[Any]:
    of_chunks = (
        select(func.count())
        .where(chunks.c.document_id == documents.c.id, chunks.c.version_id == collections.c.active_version_id)
        .correlate(documents, collections)
        .scalar_subquery()
    )
    return select(
        documents,
        collections.c.name.label("collection"),
        collections.c.owner_id.label("collection_owner"),
        of_chunks.label("chunks"),
    ).join_from(documents, collections)


def _matching(text: str | None) -> ColumnElement[bool]:
    if not text:
        return true()
    return or_(
        documents.c.title.icontains(text, autoescape=True), documents.c.filename.icontains(text, autoescape=True)
    )


class Documents:
    """`find` and `page` ask the permission function; the other methods are for callers that have decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- reading ----------------------------------------------------------------------------------------------------

    def find(self, principal: Principal, document_id: UUID) -> Document:
        """`NotFound` when there is none or `principal` may not read it."""
        query = _query().where(documents.c.id == document_id, readable_documents(principal))
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound
        return _document(row)

    def page(
        self,
        principal: Principal,
        *,
        collection: str | None = None,
        text: str | None = None,
        stages: Iterable[Stage] | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[list[Document], int]:
        """Readable documents, newest first, with the number of all that match; `collection` is a name as people say
        it, `text` a part of the title or file name. Without `stages`, all but those that a newer version replaced."""
        where = [readable_documents(principal), _matching(text)]
        if collection == PERSONAL:
            where.append(collections.c.owner_id == principal.user_id)
        elif collection:
            where.append(collections.c.name == collection)
        if stages is not None:
            where.append(documents.c.stage.in_([stage.value for stage in stages]))
        else:
            where.append(documents.c.stage != Stage.REPLACED.value)
        total = select(func.count()).select_from(documents.join(collections)).where(*where)
        order = documents.c.created_at.desc(), documents.c.id
        query = _query().add_columns(total.scalar_subquery().label("matching")).where(*where)
        rows = self._connection.execute(query.order_by(*order).limit(limit).offset(offset)).all()
        if rows or not offset:
            return [_document(row) for row in rows], rows[0].matching if rows else 0
        return [], self._connection.execute(total).scalar_one()

    def get(self, document_id: UUID) -> Document | None:
        return next(iter(self.get_many([document_id])), None)

    def get_many(self, ids: Collection[UUID]) -> list[Document]:
        """Those of `ids` that exist, in no particular order."""
        return [_document(row) for row in self._connection.execute(_query().where(among(documents.c.id, ids)))]

    def same_bytes(self, collection_id: UUID, sha256: str) -> Document | None:
        query = _query().where(documents.c.collection_id == collection_id, documents.c.sha256 == sha256)
        row = self._connection.execute(query).one_or_none()
        return _document(row) if row else None

    def of_collection(self, collection_id: UUID, *, demo: bool | None = None) -> list[Document]:
        query = _query().where(documents.c.collection_id == collection_id)
        if demo is not None:
            query = query.where(documents.c.demo.is_(demo))
        return [_document(row) for row in self._connection.execute(query.order_by(documents.c.created_at))]

    def lacking(self, collection_id: UUID, version_id: UUID) -> list[UUID]:
        """Documents that are ready but have no chunk in the version, the oldest first."""
        there = select(chunks.c.id).where(chunks.c.version_id == version_id, chunks.c.document_id == documents.c.id)
        query = (
            select(documents.c.id)
            .where(documents.c.collection_id == collection_id, documents.c.stage == "ready", ~there.exists())
            .order_by(documents.c.created_at, documents.c.id)
        )
        return list(self._connection.execute(query).scalars())

    def count_ready(self, collection_id: UUID) -> int:
        mine = documents.c.collection_id == collection_id, documents.c.stage == "ready"
        return self._connection.execute(select(func.count()).select_from(documents).where(*mine)).scalar_one()

    def on_their_way(self, principal: Principal, collection_id: UUID) -> int:
        """How many documents that `principal` may read are still to become ready in the collection."""
        mine = documents.c.collection_id == collection_id, readable_documents(principal)
        going = documents.c.stage.in_([stage.value for stage in Stage if not stage.ended])
        query = select(func.count()).select_from(documents.join(collections)).where(*mine, going)
        return int(self._connection.execute(query).scalar_one())

    # --- writing ----------------------------------------------------------------------------------------------------

    def guard_bytes(self, sha256: str) -> None:
        """Until the transaction ends nobody else stores or removes these bytes."""
        self._connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"bytes:{sha256}", 0))))

    def add(self, new: NewDocument) -> UUID | None:
        """None when the collection has these bytes already."""
        return self.add_many([new]).get(new.sha256)

    def add_many(self, new: Sequence[NewDocument]) -> dict[str, UUID]:
        """The ids of those that were not there yet, by their SHA-256; all are of one collection."""
        if not new:
            return {}
        rows = [{name: getattr(one, name) for name in NewDocument.__slots__} for one in new]
        statement = upsert(documents).on_conflict_do_nothing(index_elements=["collection_id", "sha256"])
        added = self._connection.execute(statement.returning(documents.c.sha256, documents.c.id), rows)
        return {row.sha256: row.id for row in added}

    def delete(self, document_id: UUID) -> bool:
        """False when it was gone already."""
        return self._connection.execute(delete(documents).where(documents.c.id == document_id)).rowcount == 1
