"""Versions of one document: which there are, and the newest ready one taking the place of those before it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from core.entities.corpora import Stage
from core.entities.people import Principal
from data.access import readable_documents
from data.stores.documents import NewDocument
from data.tables.corpora import collections, documents

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

    def guard_name(self, collection_id: UUID, filename: str) -> None:
        """Until the transaction ends nobody else adds a document of this name to the collection."""
        key = func.hashtextextended(f"name:{collection_id}:{filename}", 0)
        self._connection.execute(select(func.pg_advisory_xact_lock(key)))

    def latest(self, principal: Principal, collection_id: UUID, filename: str) -> Latest | None:
        """Of those that `principal` may read."""
        query = (
            select(documents.c.id, documents.c.lineage, documents.c.version, documents.c.owner_id, documents.c.demo)
            .join_from(documents, collections)
            .where(
                documents.c.collection_id == collection_id,
                documents.c.filename == filename,
                readable_documents(principal),
            )
            .order_by(documents.c.version.desc(), documents.c.created_at.desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return Latest(*row) if row else None

    def of(self, document_id: UUID) -> Latest | None:
        """The newest version of this document, whoever may read it."""
        mine = select(documents.c.lineage).where(documents.c.id == document_id).scalar_subquery()
        columns = documents.c.id, documents.c.lineage, documents.c.version, documents.c.owner_id, documents.c.demo
        query = select(*columns).where(documents.c.lineage == mine).order_by(documents.c.version.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return Latest(*row) if row else None

    def revive(self, document_id: UUID, new: NewDocument) -> None:
        """Makes a replaced document what was to be added, since its bytes were uploaded again."""
        kept = {name: getattr(new, name) for name in ("filename", "version", "lineage", "owner_id")}
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
