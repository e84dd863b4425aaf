"""What one person may read of one collection version: the last word on permission, in the join that reads the texts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, any_, case, func, literal, select

from core.entities.people import Principal
from core.entities.retrieval import Passage
from data.access import readable_documents
from data.stores.membership import among
from data.tables.corpora import chunks, collections, documents


@dataclass(frozen=True, slots=True)
class Scope:
    """Ready documents of the version that `principal` may read, that have all of `tags`, and are `among` these where
    any are named."""

    version_id: UUID
    principal: Principal
    tags: tuple[str, ...] = ()
    among: tuple[UUID, ...] = ()


class Passages:
    """Every method asks the permission function anew."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all_ids(self, scope: Scope, *, below: int) -> list[UUID] | None:
        """Ids of every chunk in `scope`, None if there are `below` or more."""
        few = _joined(chunks.c.id).where(_within(scope)).limit(below).subquery()
        ids = case((func.count() < below, func.array_agg(few.c.id)))  # many are counted, and not sent
        count, found = self._connection.execute(select(func.count(), ids).select_from(few)).one()
        return None if count >= below else list(found or ())

    def permitted(self, scope: Scope, ids: Collection[UUID]) -> set[UUID]:
        """Those of `ids` that are in `scope` now."""
        query = _joined(chunks.c.id).where(among(chunks.c.id, ids), _within(scope))
        return set(self._connection.execute(query).scalars())

    def read(self, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Passage]:
        """The passages of those of `ids` that are in `scope`, not yet scored."""
        query = _joined(chunks, documents.c.title, documents.c.version.label("document_version")).where(
            among(chunks.c.id, ids), _within(scope)
        )
        return {row.id: _passage(row) for row in self._connection.execute(query)}


def _within(scope: Scope) -> ColumnElement[bool]:
    narrowed = [literal(tag) == any_(documents.c.tags) for tag in scope.tags]
    if scope.among:
        narrowed.append(among(documents.c.id, scope.among))
    ready = documents.c.stage == "ready"
    return and_(chunks.c.version_id == scope.version_id, ready, readable_documents(scope.principal), *narrowed)


def _joined(*columns: Any) -> Select[Any]:
    joined = chunks.join(documents, documents.c.id == chunks.c.document_id)
    return select(*columns).select_from(joined.join(collections, collections.c.id == documents.c.collection_id))


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
