"""What people think of answers; their notes are sealed at rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from core.entities.conversations import Feedback, Judged
from core.security import Cipher
from data.tables.conversations import message_feedback as feedback
from data.tables.conversations import messages


class Feedbacks:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def put(self, message_id: UUID, helpful: bool, reason: str, note: str) -> None:
        values = {"helpful": helpful, "reason": reason, "note_sealed": self._cipher.seal(note), "at": func.now()}
        statement = insert(feedback).values(message_id=message_id, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["message_id"], set_=values))

    def remove(self, message_id: UUID) -> None:
        self._connection.execute(delete(feedback).where(feedback.c.message_id == message_id))

    def of(self, message_ids: Sequence[UUID]) -> dict[UUID, Feedback]:
        rows = self._connection.execute(select(feedback).where(feedback.c.message_id.in_(message_ids)))
        return {row.message_id: self._read(row) for row in rows}

    def recent(self, *, helpful: bool | None, limit: int, offset: int) -> tuple[list[Judged], int]:
        """Newest first, of everybody, and how many there are."""
        where = [] if helpful is None else [feedback.c.helpful.is_(helpful)]
        about = (messages.c.scenario, messages.c.collection, messages.c.provider, messages.c.model)
        query = select(feedback, *about).join(messages).where(*where).order_by(feedback.c.at.desc())
        rows = self._connection.execute(query.limit(limit).offset(offset))
        total = self._connection.execute(select(func.count()).select_from(feedback).where(*where)).scalar_one()
        return [Judged(self._read(row), row.scenario, row.collection, row.provider, row.model) for row in rows], total

    def _read(self, row: Row[Any]) -> Feedback:
        return Feedback(row.message_id, row.helpful, row.reason, self._cipher.open(row.note_sealed), row.at)
