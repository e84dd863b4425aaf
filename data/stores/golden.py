"""Golden questions of a collection; what they ask and expect is sealed."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from core.entities.evaluation import GoldenCount, GoldenQuestion, NewGolden
from core.security import Cipher
from data.tables.evaluation import evaluation_outcomes, golden_questions

_SEALED = ("question", "document", "passage", "answer")


class Golden:
    """For callers that have decided who may see the collection."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def of_collection(self, collection_id: UUID, *, ready: bool = False) -> list[GoldenQuestion]:
        """Open ones first, then the newest; `ready`: only those that a run can count."""
        query = select(golden_questions).where(golden_questions.c.collection_id == collection_id)
        if ready:
            query = query.where(~golden_questions.c.open)
        order = golden_questions.c.open.desc(), golden_questions.c.created_at.desc(), golden_questions.c.id
        return [self._question(row) for row in self._connection.execute(query.order_by(*order))]

    def find(self, collection_id: UUID, question_id: UUID) -> GoldenQuestion | None:
        query = select(golden_questions).where(
            golden_questions.c.collection_id == collection_id, golden_questions.c.id == question_id
        )
        row = self._connection.execute(query).one_or_none()
        return self._question(row) if row else None

    def count(self, collection_id: UUID) -> GoldenCount:
        columns = golden_questions.c.language, golden_questions.c.open, func.count().label("n")
        query = select(*columns).where(golden_questions.c.collection_id == collection_id)
        rows = self._connection.execute(query.group_by(golden_questions.c.language, golden_questions.c.open)).all()
        return GoldenCount(
            ready={row.language: row.n for row in rows if not row.open}, open=sum(row.n for row in rows if row.open)
        )

    def lock(self, collection_id: UUID) -> None:
        """Until this transaction ends nobody else adds to the set: what is there already can be told."""
        key = func.hashtextextended(f"golden:{collection_id}", 0)
        self._connection.execute(select(func.pg_advisory_xact_lock(key)))

    def add(self, collection_id: UUID, new: Sequence[NewGolden]) -> list[UUID]:
        rows = [{"collection_id": collection_id, **self._values(one)} for one in new]
        if not rows:
            return []
        statement = insert(golden_questions).returning(golden_questions.c.id, sort_by_parameter_order=True)
        return list(self._connection.execute(statement, rows).scalars())

    def change(self, question_id: UUID, new: NewGolden) -> None:
        """What earlier runs said of the question goes with what it expected then."""
        gone = delete(evaluation_outcomes).where(evaluation_outcomes.c.question_id == question_id)
        self._connection.execute(gone)
        statement = update(golden_questions).where(golden_questions.c.id == question_id)
        self._connection.execute(statement.values(self._values(new)))

    def remove(self, collection_id: UUID, ids: Collection[UUID] | None = None) -> int:
        """Removes `ids`, or the whole set; with them what runs said of them. Returns how many there were."""
        statement = delete(golden_questions).where(golden_questions.c.collection_id == collection_id)
        if ids is not None:
            statement = statement.where(golden_questions.c.id.in_(list(ids)))
        return self._connection.execute(statement).rowcount

    def _values(self, one: NewGolden) -> dict[str, Any]:
        body = json.dumps({name: getattr(one, name) for name in _SEALED}, ensure_ascii=False)
        return {
            "body_sealed": self._cipher.seal(body),
            "language": one.language,
            "origin": one.origin,
            "open": one.open,
        }

    def _question(self, row: Row[Any]) -> GoldenQuestion:
        return GoldenQuestion(
            **json.loads(self._cipher.open(row.body_sealed)),
            language=row.language,
            origin=row.origin,
            id=row.id,
            created_at=row.created_at,
        )
