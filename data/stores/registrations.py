"""Which account came of which guest's conversation, until it is handed over to its owner."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from core.entities.people import Principal, User
from data.stores.conversations import owned_by
from data.stores.users import USER_COLUMNS, may_enter, user_of
from data.tables.conversations import conversations
from data.tables.people import users
from data.tables.registration import registrations


class Registrations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, conversation_id: UUID, user_id: UUID) -> None:
        statement = insert(registrations).values(conversation_id=conversation_id, user_id=user_id)
        changed = {"user_id": user_id, "at": func.now()}
        self._connection.execute(statement.on_conflict_do_update(index_elements=["conversation_id"], set_=changed))

    def newcomer(self, guest: Principal, conversation_id: UUID, *, within: timedelta) -> User | None:
        """Who registered in this guest's own conversation just now, may enter, and has not signed in yet."""
        query = (
            select(*USER_COLUMNS)
            .join_from(registrations, users)
            .join(conversations, conversations.c.id == registrations.c.conversation_id)
            .where(registrations.c.conversation_id == conversation_id, owned_by(guest), may_enter())
            .where(users.c.last_sign_in_at.is_(None), registrations.c.at > func.now() - within)
            .with_for_update(of=users)
        )
        row = self._connection.execute(query).one_or_none()
        return user_of(row) if row else None

    def hand_over(self, user_id: UUID) -> int:
        """Gives the person the guest's conversations in which they registered; returns how many."""
        theirs = (registrations.c.conversation_id == conversations.c.id) & (registrations.c.user_id == user_id)
        moved = update(conversations).where(theirs, conversations.c.owner_id.is_(None))
        return self._connection.execute(moved.values(owner_id=user_id, guest_id=None)).rowcount
