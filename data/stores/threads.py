"""Branches: every message knows the one before it, and a conversation the newest one of the branch that is shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, exists, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from core.entities.conversations import Mark
from core.entities.messages import Action, MessageStatus
from core.entities.people import Principal
from data.access import readable_collections, readable_documents
from data.tables.conversations import citations, conversations, messages
from data.tables.corpora import collections, documents

# From `start` upwards, one row a message.
_PATH = """
    WITH RECURSIVE path AS (
        SELECT id, parent_id, 1 AS depth FROM messages WHERE id = ({start})
        UNION ALL
        SELECT above.id, above.parent_id, depth + 1 FROM messages above JOIN path ON above.id = path.parent_id
        WHERE depth < :last
    )
    SELECT id FROM path ORDER BY depth DESC
"""
_SHOWN = text(_PATH.format(start="SELECT head_id FROM conversations WHERE id = :conversation"))
_ABOVE = text(_PATH.format(start="SELECT parent_id FROM messages WHERE id = :above"))
_ALL = 2**31 - 1

_NEWEST_BELOW = text("""
    WITH RECURSIVE below AS (
        SELECT id, seq FROM messages WHERE id = :start
        UNION ALL
        SELECT messages.id, messages.seq FROM messages JOIN below ON messages.parent_id = below.id
    )
    SELECT id FROM below ORDER BY seq DESC LIMIT 1
""")


class Threads:
    """Who may see a conversation is decided by its callers: here it is known by id."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def path(self, conversation_id: UUID, *, last: int | None = None, above: UUID | None = None) -> list[UUID]:
        """The shown branch, oldest first; the `last` of it only, and with `above` only what stands before that one."""
        query, start = (_ABOVE, {"above": above}) if above else (_SHOWN, {"conversation": conversation_id})
        return list(self._connection.execute(query, {**start, "last": last or _ALL}).scalars())

    def versions(self, conversation_id: UUID) -> dict[UUID, tuple[UUID, ...]]:
        """Messages that stand in one place with others, each with all of them, oldest first."""
        ids = func.array_agg(aggregate_order_by(messages.c.id, messages.c.seq))
        query = (
            select(ids.label("ids"))
            .where(messages.c.conversation_id == conversation_id)
            .group_by(messages.c.parent_id, messages.c.author)
            .having(func.count() > 1)
        )
        return {one: tuple(row.ids) for row in self._connection.execute(query) for one in row.ids}

    def rewind(self, message_id: UUID) -> None:
        """The next message of the conversation stands in the place of this one: a new branch begins there."""
        self._show(message_id, self._parent(message_id))

    def choose(self, message_id: UUID) -> None:
        """Shows the newest branch that goes through this message."""
        self._show(message_id, self._connection.execute(_NEWEST_BELOW, {"start": message_id}).scalar_one())

    def marks(self, principal: Principal, conversation_id: UUID) -> list[Mark]:
        """The shown branch, oldest first, with what `principal` may not read of it now; deleted documents count."""
        ids = self.path(conversation_id)
        of_message = citations.c.message_id == messages.c.id
        open_document = exists(
            select(documents.c.id)
            .join(collections)
            .where(documents.c.id == citations.c.document_id, readable_documents(principal))
        )
        open_collection = exists(
            select(collections.c.id).where(collections.c.name == messages.c.collection, readable_collections(principal))
        )
        cited = exists(select(literal(1)).where(of_message))
        unsaved = and_(
            messages.c.author == "assistant",
            messages.c.status != MessageStatus.COMPLETE.value,
            messages.c.collection != "",
            ~cited,
        )
        closed = exists(select(literal(1)).where(of_message, ~open_document)) | unsaved
        closed = closed | and_(messages.c.collection != "", ~open_collection)
        query = select(
            messages.c.id, messages.c.author, messages.c.action, cited.label("cited"), closed.label("closed")
        )
        rows = {row.id: row for row in self._connection.execute(query.where(messages.c.id.in_(ids)))}
        return [_mark(rows[one]) for one in ids]

    def _parent(self, message_id: UUID) -> UUID | None:
        query = select(messages.c.parent_id).where(messages.c.id == message_id)
        return self._connection.execute(query).scalar_one_or_none()

    def _show(self, message_id: UUID, head: UUID | None) -> None:
        of_message = select(messages.c.conversation_id).where(messages.c.id == message_id).scalar_subquery()
        self._connection.execute(update(conversations).where(conversations.c.id == of_message).values(head_id=head))


def _mark(row: Row[Any]) -> Mark:
    answered = row.author == "assistant" and row.action == Action.ANSWER.value
    return Mark(row.id, row.author, answered, row.cited, row.closed)
