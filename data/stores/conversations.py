"""Conversations; their titles are sealed at rest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, false, func, insert, select, update

from core.entities import Conversation, Principal
from core.errors import NotFound
from core.security import Cipher
from data.tables import conversations, messages


def owned_by(principal: Principal) -> ColumnElement[bool]:
    """A person's conversations are their own; a guest's are those of the guest id of this browser."""
    if principal.user_id is not None:
        return conversations.c.owner_id == principal.user_id
    if principal.guest_id is not None:
        return (conversations.c.guest_id == principal.guest_id) & conversations.c.owner_id.is_(None)
    return false()


class Conversations:
    """Every method sees the caller's own conversations only; for another's it raises `NotFound`."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def create(self, principal: Principal, title: str) -> Conversation:
        owner = {"owner_id": principal.user_id, "guest_id": None if principal.user_id else principal.guest_id}
        statement = insert(conversations).values(title_sealed=self._cipher.seal(title), **owner)
        return self._read(self._connection.execute(statement.returning(conversations)).one())

    def find(self, principal: Principal, conversation_id: UUID, *, lock: bool = False) -> Conversation:
        """`lock` keeps other turns of this conversation out until the transaction ends."""
        query = select(conversations).where(conversations.c.id == conversation_id, owned_by(principal))
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise NotFound
        return self._read(row)

    def page(
        self, principal: Principal, *, archived: bool = False, limit: int = 30, offset: int = 0
    ) -> tuple[list[Conversation], int]:
        """Newest first, with the number of all of them."""
        where = owned_by(principal), conversations.c.archived.is_(archived)
        query = select(conversations).where(*where).order_by(conversations.c.updated_at.desc(), conversations.c.id)
        rows = self._connection.execute(query.limit(limit).offset(offset))
        total = select(func.count()).select_from(conversations).where(*where)
        return [self._read(row) for row in rows], self._connection.execute(total).scalar_one()

    def search(self, principal: Principal, text: str, *, limit: int = 30) -> list[Conversation]:
        """One's own conversations, archived ones too, whose title or messages contain `text` in any case, newest first.

        There is no plaintext index: titles and messages are opened one by one, 30 microseconds each.
        """
        wanted = text.casefold()
        query = select(conversations).where(owned_by(principal)).order_by(conversations.c.updated_at.desc())
        own = [self._read(row) for row in self._connection.execute(query)]
        found = {one.id for one in own if wanted in one.title.casefold()}
        said = select(messages.c.conversation_id, messages.c.text_sealed).join(conversations)
        for row in self._connection.execute(said.where(owned_by(principal))):
            if row.conversation_id not in found and wanted in self._cipher.open(row.text_sealed).casefold():
                found.add(row.conversation_id)
        return [one for one in own if one.id in found][:limit]

    def rename(self, principal: Principal, conversation_id: UUID, title: str) -> Conversation:
        return self._change(principal, conversation_id, title_sealed=self._cipher.seal(title))

    def archive(self, principal: Principal, conversation_id: UUID, archived: bool) -> Conversation:
        return self._change(principal, conversation_id, archived=archived)

    def touch(self, conversation_id: UUID) -> None:
        """Moves the conversation to the top of the list."""
        statement = update(conversations).where(conversations.c.id == conversation_id)
        self._connection.execute(statement.values(updated_at=func.now()))

    def delete(self, principal: Principal, conversation_id: UUID) -> None:
        """With all its messages and snapshots."""
        statement = delete(conversations).where(conversations.c.id == conversation_id, owned_by(principal))
        if self._connection.execute(statement).rowcount == 0:
            raise NotFound

    def _change(self, principal: Principal, conversation_id: UUID, **values: Any) -> Conversation:
        statement = update(conversations).where(conversations.c.id == conversation_id, owned_by(principal))
        row = self._connection.execute(statement.values(**values).returning(conversations)).one_or_none()
        if row is None:
            raise NotFound
        return self._read(row)

    def _read(self, row: Row[Any]) -> Conversation:
        return Conversation(
            id=row.id,
            owner_id=row.owner_id,
            guest_id=row.guest_id,
            title=self._cipher.open(row.title_sealed),
            archived=row.archived,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
