"""Thumbs on answers with a reason: kept by those who were answered, read by those who look after corpora."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core.entities.conversations import Feedback, Judged
from core.entities.people import Principal
from core.errors import BadInput, Forbidden
from core.roles import Permission
from data.database import Database

REASONS = ("wrong", "incomplete", "sources", "outdated", "language", "other")
LONGEST_NOTE = 1_000  # characters
_MOST_PER_PAGE = 200


class FeedbackDesk:
    def __init__(self, db: Database) -> None:
        self._db = db

    def give(self, principal: Principal, message_id: UUID, helpful: bool, reason: str = "", note: str = "") -> None:
        """On an answer in one's own conversation; a second one stands in for the first."""
        if reason and reason not in REASONS:
            raise BadInput("There is no such reason. Choose one of: %(choices)s.", choices=", ".join(REASONS))
        note = note.encode("utf-8", "replace").decode().replace("\x00", "").strip()
        if len(note) > LONGEST_NOTE:
            raise BadInput("The note is longer than %(limit)s characters. Shorten it.", limit=LONGEST_NOTE)
        with self._db.begin() as tx:
            message = tx.messages.find(principal, message_id)
            if message.author != "assistant" or not message.status.ended:
                raise BadInput("Only an answer that has ended can be judged.")
            tx.feedback.put(message_id, helpful, reason, note)

    def take_back(self, principal: Principal, message_id: UUID) -> None:
        with self._db.begin() as tx:
            tx.messages.find(principal, message_id)
            tx.feedback.remove(message_id)

    def of(self, principal: Principal, conversation_id: UUID, message_ids: Sequence[UUID]) -> dict[UUID, Feedback]:
        """What the caller thinks of these answers of one conversation of their own."""
        with self._db.begin() as tx:
            tx.conversations.find(principal, conversation_id)
            return tx.feedback.of(message_ids)

    def recent(
        self, principal: Principal, *, helpful: bool | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[list[Judged], int]:
        """Of everybody, newest first, with how many there are; what was asked and answered is not told."""
        if not principal.may(Permission.CORPORA_MANAGE):
            raise Forbidden
        with self._db.begin() as tx:
            return tx.feedback.recent(helpful=helpful, limit=min(max(limit, 1), _MOST_PER_PAGE), offset=max(offset, 0))
