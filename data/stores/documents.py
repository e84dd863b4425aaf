"""Documents: what was uploaded, and how far each has come on its way into its collection."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Row,
    Select,
    Uuid,
    any_,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.corpora import Document, Stage
from core.entities.people import Principal
from core.errors import NotFound
from data.access import readable_documents
from data.stores.collections import PERSONAL
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


@dataclass(frozen=True, slots=True)
class Described:
    """What parsing tells about a document; `title` may be empty: the one it has stays."""

    document_id: UUID
    title: str
    language: str
    pages: int
    tags: Sequence[str]
    notes: Sequence[str]


def _document(row: Row[Any]) -> Document:
    values = row._mapping
    return Document(
        **{name: values[name] for name in _PLAIN},
        collection=PERSONAL if row.collection_owner else row.collection,
        stage=Stage(row.stage),
        notes=tuple(row.notes),
        tags=tuple(row.tags),
    )


# One statement however many documents: row by row, the statements cost more than what they change.
_PROGRESS = text("""
    UPDATE documents SET
        done = reached.done, total = coalesce(reached.total, documents.total), attempts = 0, updated_at = now()
    FROM unnest(CAST(:ids AS uuid[]), CAST(:done AS integer[]), CAST(:totals AS integer[])) AS reached (id, done, total)
    WHERE documents.id = reached.id
""")
_DESCRIBE = text("""
    UPDATE documents SET
        title = coalesce(nullif(parsed.title, ''), documents.title), language = parsed.language, pages = parsed.pages,
        tags = ARRAY(SELECT jsonb_array_elements_text(parsed.tags)),
        notes = ARRAY(SELECT jsonb_array_elements_text(parsed.notes)),
        stage = 'parsed', attempts = 0, updated_at = now(), stage_at = now()
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:titles AS text[]), CAST(:languages AS text[]), CAST(:pages AS integer[]),
        CAST(:tags AS jsonb[]), CAST(:notes AS jsonb[])
    ) AS parsed (id, title, language, pages, tags, notes)
    WHERE documents.id = parsed.id AND documents.stage <> 'cancelled'
""")
_WANTED = documents.c.stage != Stage.CANCELLED.value
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
        rows = self._connection.execute(_query().where(*where).order_by(*order).limit(limit).offset(offset))
        return [_document(row) for row in rows], self._connection.execute(total).scalar_one()

    def get(self, document_id: UUID) -> Document | None:
        return next(iter(self.get_many([document_id])), None)

    def get_many(self, ids: Collection[UUID]) -> list[Document]:
        """Those of `ids` that exist, in no particular order."""
        return [_document(row) for row in self._connection.execute(_query().where(_among(ids)))]

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

    def uses_of(self, sha256: str) -> int:
        """How many documents, of whatever collection, have these bytes."""
        return self._connection.execute(
            select(func.count()).select_from(documents).where(documents.c.sha256 == sha256)
        ).scalar_one()

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

    def lock(self, ids: Iterable[UUID]) -> dict[UUID, Stage]:
        """Stages of those of `ids` that still exist and were not cancelled; they stay as they are until the transaction
        ends."""
        query = select(documents.c.id, documents.c.stage).where(_among(ids), _WANTED)
        rows = self._connection.execute(query.order_by(documents.c.id).with_for_update())
        return {row.id: Stage(row.stage) for row in rows}

    def begin(self, ids: Collection[UUID]) -> dict[UUID, int]:
        """Counts an attempt at the present stage; returns how many there were, of those that exist."""
        mine = _among(ids)
        counted = {"attempts": documents.c.attempts + 1, "tries": documents.c.tries + 1}
        statement = update(documents).where(mine).values(counted)
        rows = self._connection.execute(statement.returning(documents.c.id, documents.c.attempts))
        return {row.id: row.attempts for row in rows}

    def forgive(self, document_id: UUID) -> None:
        """Takes back an attempt that failed for no fault of the document."""
        self._connection.execute(
            update(documents)
            .where(documents.c.id == document_id)
            .values(attempts=func.greatest(documents.c.attempts - 1, 0))
        )

    def describe(self, described: Sequence[Described]) -> None:
        """Keeps what parsing told and moves the documents to `parsed`."""
        if not described:
            return
        values = {
            "ids": [one.document_id for one in described],
            "titles": [one.title for one in described],
            "languages": [one.language for one in described],
            "pages": [one.pages for one in described],
            "tags": [json.dumps(list(one.tags)) for one in described],
            "notes": [json.dumps(list(one.notes)) for one in described],
        }
        self._connection.execute(_DESCRIBE, values)

    def progress(self, done: Mapping[UUID, int], total: Mapping[UUID, int] | None = None) -> None:
        """Sets `done` (and `total`), counted in chunks."""
        if done:
            totals = None if total is None else [total[key] for key in done]
            self._connection.execute(_PROGRESS, {"ids": list(done), "done": list(done.values()), "totals": totals})

    def advance(self, ids: Iterable[UUID], stage: Stage) -> None:
        """Moves documents to `stage`; attempts start from none again."""
        values = _moved(stage)
        if stage is Stage.READY:
            values |= {"ready_at": func.now(), "error": "", "done": documents.c.total}
        if stage is Stage.RECEIVED:
            values |= {"error": "", "done": 0, "total": 0}
        self._connection.execute(update(documents).where(_among(ids)).values(**values))

    def fail(self, document_id: UUID, error: str) -> None:
        self._connection.execute(
            update(documents).where(documents.c.id == document_id, _WANTED).values(error=error, **_moved(Stage.FAILED))
        )

    def delete(self, document_id: UUID) -> None:
        self._connection.execute(delete(documents).where(documents.c.id == document_id))


def _among(ids: Iterable[UUID]) -> ColumnElement[bool]:
    """One parameter however many `ids`: each length of an IN list is a statement of its own, to compile and to plan."""
    return documents.c.id == any_(literal(list(ids), ARRAY(Uuid)))


def _moved(stage: Stage) -> dict[str, Any]:
    return {"stage": stage.value, "attempts": 0, "updated_at": func.now(), "stage_at": func.now()}
