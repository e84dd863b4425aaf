"""Who else may read a conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from core.entities.conversations import Colleague
from core.entities.people import Principal
from data.stores.users import PRINCIPAL_COLUMNS, may_enter, principal_of
from data.tables.conversations import conversation_shares as shares
from data.tables.people import users


class Shares:
    """Whose conversation it is has been decided by the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, conversation_id: UUID, user_id: UUID) -> bool:
        """False when it was shared with this person already."""
        statement = insert(shares).values(conversation_id=conversation_id, user_id=user_id)
        added = self._connection.execute(statement.on_conflict_do_nothing().returning(shares.c.user_id))
        return added.one_or_none() is not None

    def remove(self, conversation_id: UUID, user_id: UUID) -> bool:
        statement = delete(shares).where(shares.c.conversation_id == conversation_id, shares.c.user_id == user_id)
        return self._connection.execute(statement).rowcount == 1

    def readers(self, conversation_id: UUID) -> list[tuple[Principal, datetime]]:
        """People it is shared with, as they are now, and since when; the first ones first."""
        query: Select[Any] = select(*PRINCIPAL_COLUMNS, shares.c.created_at).join(
            shares, shares.c.user_id == users.c.id
        )
        rows = self._connection.execute(
            query.where(shares.c.conversation_id == conversation_id).order_by(shares.c.created_at, users.c.email)
        )
        return [(principal_of(row), row.created_at) for row in rows]

    def colleagues(self, principal: Principal, text: str, *, limit: int) -> list[Colleague]:
        """Others who can sign in now and whose name or e-mail contains `text`."""
        wanted = or_(users.c.email.icontains(text, autoescape=True), users.c.name.icontains(text, autoescape=True))
        query = select(users.c.id, users.c.name, users.c.email).where(
            wanted, may_enter(), users.c.id != principal.user_id
        )
        rows = self._connection.execute(query.order_by(users.c.name, users.c.email).limit(limit))
        return [Colleague(row.id, row.name, row.email) for row in rows]

    def colleague(self, who: UUID | str) -> Principal | None:
        """A person who can sign in now, named by id or e-mail."""
        same = users.c.id == who if isinstance(who, UUID) else users.c.email == who.strip().lower()
        query: Select[Any] = select(*PRINCIPAL_COLUMNS).where(same, may_enter())
        row = self._connection.execute(query).one_or_none()
        return principal_of(row) if row else None
