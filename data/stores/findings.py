"""What was found in documents that people must look at, and the documents that wait for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from core.entities.corpora import Stage
from core.entities.ledger import Held
from core.entities.reading import Finding, FindingKind
from core.errors import NotFound
from data.stores.collections import PERSONAL
from data.tables.corpora import collections, documents
from data.tables.corpora import document_findings as findings
from data.tables.people import users

_HELD = documents.c.stage == Stage.QUARANTINED.value


class Findings:
    """For callers that have decided who may look."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self, document_id: UUID, found: Sequence[Finding]) -> bool:
        """Puts the document into quarantine; False where somebody has released it, or it is gone or cancelled."""
        free = and_(documents.c.id == document_id, documents.c.released.is_(False), documents.c.stage != "cancelled")
        moved = {"stage": Stage.QUARANTINED.value, "attempts": 0, "updated_at": func.now(), "stage_at": func.now()}
        if not self._connection.execute(update(documents).where(free).values(moved)).rowcount:
            return False
        self._connection.execute(delete(findings).where(findings.c.document_id == document_id))
        rows = [
            {"document_id": document_id, "n": n, "kind": one.kind.value, "page": one.page, "text": one.text}
            for n, one in enumerate(found, start=1)
        ]
        self._connection.execute(insert(findings), rows)
        return True

    def release(self, document_id: UUID) -> None:
        """Raises `NotFound` for a document that is not in quarantine."""
        out = {"released": True, "stage": Stage.RECEIVED.value, "updated_at": func.now(), "stage_at": func.now()}
        mine = and_(documents.c.id == document_id, _HELD)
        if not self._connection.execute(update(documents).where(mine).values(out)).rowcount:
            raise NotFound

    def held(self) -> list[Held]:
        """Every document in quarantine, those of people's own collections too, the oldest first."""
        return [self._held(row) for row in self._rows(_HELD)]

    def one_held(self, document_id: UUID) -> Held:
        """Raises `NotFound` for a document that is not in quarantine."""
        row = next(iter(self._rows(and_(_HELD, documents.c.id == document_id))), None)
        if row is None:
            raise NotFound
        return self._held(row)

    def of_document(self, document_id: UUID) -> tuple[Finding, ...]:
        query = select(findings).where(findings.c.document_id == document_id).order_by(findings.c.n)
        return tuple(Finding(FindingKind(row.kind), row.text, row.page) for row in self._connection.execute(query))

    def _rows(self, where: ColumnElement[bool]) -> Sequence[Row[Any]]:
        joined = documents.join(collections).outerjoin(users, users.c.id == documents.c.owner_id)
        query = (
            select(documents, collections.c.name, collections.c.owner_id.label("personal"), users.c.email)
            .select_from(joined)
            .where(where)
            .order_by(documents.c.stage_at, documents.c.id)
        )
        return self._connection.execute(query).all()

    def _held(self, row: Row[Any]) -> Held:
        return Held(
            document_id=row.id,
            title=row.title,
            filename=row.filename,
            collection=PERSONAL if row.personal else row.name,
            owner=row.email or "",
            held_at=row.stage_at,
            findings=self.of_document(row.id),
        )
