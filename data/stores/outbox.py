"""Mail that waits to be sent, or was: recipient, subject and body are sealed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Integer, Row, case, cast, func, insert, select, update

from core.entities.people import Letter
from core.security import Cipher
from data.tables.people import outbox


class Outbox:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, recipient: str, subject: str, body: str) -> None:
        self._connection.execute(
            insert(outbox).values(
                recipient_sealed=self._cipher.seal(recipient),
                subject_sealed=self._cipher.seal(subject),
                body_sealed=self._cipher.seal(body),
            )
        )

    def claim(self, *, but: list[UUID]) -> Letter | None:
        """The oldest waiting letter that is due, locked until this transaction ends; others skip it.

        After n failed tries it is due 2^n - 1 minutes after it was written.
        """
        minutes = cast(func.power(2, outbox.c.attempts) - 1, Integer)
        pause = func.make_interval(0, 0, 0, 0, 0, minutes)
        due = outbox.c.created_at + pause <= func.now()
        query = select(outbox).where(outbox.c.status == "waiting", due, outbox.c.id.not_in(but))
        locked = query.order_by(outbox.c.created_at).limit(1).with_for_update(skip_locked=True)
        row = self._connection.execute(locked).one_or_none()
        return self._letter(row) if row else None

    def sent(self, letter_id: UUID) -> None:
        """The body goes: it may hold a link that signs in."""
        self._set(letter_id, status="sent", sent_at=func.now(), error="", body_sealed=self._cipher.seal(""))

    def failed(self, letter_id: UUID, error: str, *, most: int) -> None:
        """Counts a failed try; the `most`-th is the last one."""
        status = case((outbox.c.attempts + 1 >= most, "failed"), else_="waiting")
        self._set(letter_id, attempts=outbox.c.attempts + 1, error=error[:500], status=status)

    def recent(self, *, limit: int, offset: int) -> list[Letter]:
        """Newest first."""
        query = select(outbox).order_by(outbox.c.created_at.desc()).limit(limit).offset(offset)
        return [self._letter(row) for row in self._connection.execute(query)]

    def _set(self, letter_id: UUID, **values: Any) -> None:
        self._connection.execute(update(outbox).where(outbox.c.id == letter_id).values(**values))

    def _letter(self, row: Row[Any]) -> Letter:
        return Letter(
            id=row.id,
            recipient=self._cipher.open(row.recipient_sealed),
            subject=self._cipher.open(row.subject_sealed),
            body=self._cipher.open(row.body_sealed),
            status=row.status,
            attempts=row.attempts,
            error=row.error,
            created_at=row.created_at,
            sent_at=row.sent_at,
        )
