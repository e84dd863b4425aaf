"""Versions of one document: which there are, and the newest ready one taking the place of those before it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update

from core.entities.corpora import Stage
from core.entities.people import Principal
from data.access import readable_documents
from data.stores.documents import NewDocument
from data.stores.membership import among
from data.tables.corpora import collections, documents

_GUARD = text("SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(CAST(:keys AS text[])) AS key")
_SETTLED = ("ready", "failed", "cancelled", "quarantined")


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest version of a document by its name."""

    document_id: UUID
    lineage: UUID
    version: int
    owner_id: UUID | None
    demo: bool


class Lineages:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def guard(self, collection_id: UUID, filenames: Collection[str], hashes: Collection[str]) -> None:
        """Until the transaction ends nobody else adds documents of these names to the collection, and nobody stores or
        removes these bytes. One order for all, so that two of many files never wait for each other."""
        names = sorted(f"name:{collection_id}:{filename}" for filename in filenames)
        keys = [*sorted(f"bytes:{sha256}" for sha256 in hashes), *names]
        self._connection.execute(_GUARD, {"keys": keys})

    def latest(self, principal: Principal, collection_id: UUID, filenames: Collection[str]) -> dict[str, Latest]:
        """By name, of those that `principal` may read."""
        columns = documents.c.id, documents.c.lineage, documents.c.version, documents.c.owner_id, documents.c.demo
        query = (
            select(documents.c.filename, *columns)
            .join_from(documents, collections)
            .where(
                documents.c.collection_id == collection_id,
                among(documents.c.filename, filenames),
                readable_documents(principal),
            )
            .order_by(documents.c.version, documents.c.created_at)  # of each name the last one stays
        )
        return {row.filename: Latest(*row[1:]) for row in self._connection.execute(query)}

    def of(self, document_id: UUID) -> Latest | None:
        """The newest version of this document, whoever may read it."""
        mine = select(documents.c.lineage).where(documents.c.id == document_id).scalar_subquery()
        columns = documents.c.id, documents.c.lineage, documents.c.version, documents.c.owner_id, documents.c.demo
        query = select(*columns).where(documents.c.lineage == mine).order_by(documents.c.version.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return Latest(*row) if row else None

    def revive(self, document_id: UUID, new: NewDocument) -> None:
        """Makes a document that is replaced, or failed under another name, what was to be added with its bytes."""
        names = ("filename", "media_type", "title", "version", "lineage", "owner_id")
        kept = {name: getattr(new, name) for name in names}
        begun = {"stage": Stage.RECEIVED.value, "error": "", "done": 0, "total": 0, "attempts": 0}
        times = dict.fromkeys(("created_at", "updated_at", "stage_at"), func.now())
        self._connection.execute(update(documents).where(documents.c.id == document_id).values(kept | begun | times))

    def only_replaced_beside(self, document_id: UUID) -> list[UUID]:
        """The replaced versions of the document, if it has no others."""
        mine = select(documents.c.lineage).where(documents.c.id == document_id).scalar_subquery()
        query = select(documents.c.id, documents.c.stage).where(
            documents.c.lineage == mine, documents.c.id != document_id
        )
        others = self._connection.execute(query).all()
        return [row.id for row in others] if all(row.stage == "replaced" for row in others) else []

    def siblings(self, ids: Collection[UUID]) -> list[UUID]:
        """Every version of the documents, themselves included."""
        mine = select(documents.c.lineage).where(documents.c.id.in_(list(ids)))
        query = select(documents.c.id).where(documents.c.lineage.in_(mine))
        return list(self._connection.execute(query).scalars())

    def supersede(self, ids: Collection[UUID]) -> list[UUID]:
        """Makes `replaced` what has a newer version that is ready, unless work on it is still going on (it ends up here
        by itself then); returns which those were."""
        newer, older = documents.alias("newer"), documents
        mine = select(newer.c.lineage).where(newer.c.id.in_(list(ids)))
        better = (
            select(newer.c.id)
            .where(newer.c.lineage == older.c.lineage, newer.c.version > older.c.version, newer.c.stage == "ready")
            .exists()
        )
        statement = (
            update(older)
            .where(older.c.lineage.in_(mine), older.c.stage.in_(_SETTLED), better)
            .values(stage=Stage.REPLACED.value, done=0, total=0, updated_at=func.now(), stage_at=func.now())
        )
        return list(self._connection.execute(statement.returning(older.c.id)).scalars())
