"""Conversations; their titles are sealed at rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, false, func, insert, or_, select, update

from core.entities.conversations import Hit, Shelf
from core.entities.messages import Conversation
from core.entities.people import Principal
from core.errors import NotFound
from core.security import Cipher
from data.tables.conversations import conversation_shares as shares
from data.tables.conversations import conversations, messages

_AROUND = 60  # characters of an excerpt on each side of what was found
_AT_ONCE = 500  # messages that a search holds in memory


def of_person(principal: Principal) -> ColumnElement[bool]:
    """A person's conversations are their own; a guest's are those of the guest id of this browser. Deleted ones too."""
    if principal.user_id is not None:
        return conversations.c.owner_id == principal.user_id
    if principal.guest_id is not None:
        return (conversations.c.guest_id == principal.guest_id) & conversations.c.owner_id.is_(None)
    return false()


def owned_by(principal: Principal) -> ColumnElement[bool]:
    """Without those in the trash."""
    return and_(of_person(principal), conversations.c.deleted_at.is_(None))


def shared_with(principal: Principal) -> ColumnElement[bool]:
    if principal.user_id is None:
        return false()
    mine = select(shares.c.conversation_id).where(shares.c.user_id == principal.user_id)
    return and_(conversations.c.id.in_(mine), conversations.c.deleted_at.is_(None))


class Conversations:
    """Every method sees the caller's own conversations only, unless it says otherwise; for another's it raises
    `NotFound`."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    # --- reading ----------------------------------------------------------------------------------------------------

    def find(self, principal: Principal, conversation_id: UUID, *, lock: bool = False) -> Conversation:
        """`lock` keeps other turns of this conversation out until the transaction ends."""
        return self._one(owned_by(principal), conversation_id, lock=lock)

    def readable(self, principal: Principal, conversation_id: UUID) -> Conversation:
        """One's own, in the trash too, or one that is shared with the caller."""
        return self._one(or_(of_person(principal), shared_with(principal)), conversation_id)

    def owns(self, principal: Principal, conversation: Conversation) -> bool:
        if principal.user_id is not None:
            return conversation.owner_id == principal.user_id
        return conversation.owner_id is None and conversation.guest_id == principal.guest_id

    def page(
        self, principal: Principal, shelf: Shelf = Shelf.ACTIVE, *, limit: int = 30, offset: int = 0
    ) -> tuple[list[Conversation], int]:
        """Pinned ones first, then newest first, with the number of all of them."""
        where = _on(shelf, principal)
        order = (conversations.c.pinned.desc(), conversations.c.updated_at.desc(), conversations.c.id)
        rows = self._connection.execute(select(conversations).where(where).order_by(*order).limit(limit).offset(offset))
        total = select(func.count()).select_from(conversations).where(where)
        return [self._read(row) for row in rows], self._connection.execute(total).scalar_one()

    def search(self, principal: Principal, text: str, shelf: Shelf | None = None, *, limit: int = 30) -> list[Hit]:
        """One's own conversations, newest first, whose title or messages contain `text`, in any case and with ё as е.

        Without a `shelf` active and archived ones. There is no plaintext index: titles and messages are opened one by
        one, 30 microseconds each, and no more are read once `limit` conversations are found.
        """
        wanted = _folded(text)
        where = _on(shelf, principal) if shelf else owned_by(principal)
        hits: list[Hit] = []
        for one, said in self._opened(where):
            if hits and hits[-1].conversation.id == one.id:
                continue
            if wanted in _folded(one.title):
                hits.append(Hit(one))
            elif said is not None and (at := _folded(said).find(wanted)) >= 0:
                hits.append(Hit(one, _excerpt(said, at, len(wanted))))
            if len(hits) >= limit:
                break
        return hits

    # --- writing ----------------------------------------------------------------------------------------------------

    def create(self, principal: Principal, title: str) -> Conversation:
        owner = {"owner_id": principal.user_id, "guest_id": None if principal.user_id else principal.guest_id}
        statement = insert(conversations).values(title_sealed=self._cipher.seal(title), **owner)
        return self._read(self._connection.execute(statement.returning(conversations)).one())

    def rename(self, principal: Principal, conversation_id: UUID, title: str) -> Conversation:
        return self._change(owned_by(principal), conversation_id, title_sealed=self._cipher.seal(title))

    def archive(self, principal: Principal, conversation_id: UUID, archived: bool) -> Conversation:
        return self._change(owned_by(principal), conversation_id, archived=archived)

    def pin(self, principal: Principal, conversation_id: UUID, pinned: bool) -> Conversation:
        return self._change(owned_by(principal), conversation_id, pinned=pinned)

    def touch(self, conversation_id: UUID) -> None:
        """Moves the conversation to the top of the list."""
        statement = update(conversations).where(conversations.c.id == conversation_id)
        self._connection.execute(statement.values(updated_at=func.now()))

    def discard(self, principal: Principal, conversation_id: UUID) -> None:
        """Into the trash; what lies there keeps its day."""
        thrown = func.coalesce(conversations.c.deleted_at, func.now())
        self._change(of_person(principal), conversation_id, deleted_at=thrown)

    def restore(self, principal: Principal, conversation_id: UUID) -> Conversation:
        """Out of the trash; one that is not in it is returned as it is."""
        return self._change(of_person(principal), conversation_id, deleted_at=None)

    def purge(self, principal: Principal, conversation_id: UUID | None = None) -> int:
        """Deletes one of the trash, or all of it, for good, with messages and snapshots; returns how many."""
        thrown = and_(of_person(principal), conversations.c.deleted_at.is_not(None))
        only = conversations.c.id == conversation_id if conversation_id else thrown
        return self._connection.execute(delete(conversations).where(thrown, only)).rowcount

    def forget(self, principal: Principal) -> int:
        """Deletes everything the person ever said here, for good; returns how many conversations."""
        return self._connection.execute(delete(conversations).where(of_person(principal))).rowcount

    def prune(self, older: timedelta) -> int:
        """Deletes what anybody threw away `older` ago; returns how many."""
        old = conversations.c.deleted_at < func.now() - older
        return self._connection.execute(delete(conversations).where(old)).rowcount

    # --- rows to entities -------------------------------------------------------------------------------------------

    def _opened(self, where: ColumnElement[bool]) -> Iterator[tuple[Conversation, str | None]]:
        """Each conversation with each of its messages, newest conversations first; None for one without messages."""
        query = select(conversations, messages.c.text_sealed).outerjoin(
            messages, messages.c.conversation_id == conversations.c.id
        )
        order = (conversations.c.updated_at.desc(), conversations.c.id, messages.c.seq.desc())
        query = query.where(where).order_by(*order).execution_options(yield_per=_AT_ONCE)
        rows = self._connection.execute(query)
        one: Conversation | None = None
        for row in rows:
            if one is None or one.id != row.id:
                one = self._read(row)
            yield one, None if row.text_sealed is None else self._cipher.open(row.text_sealed)

    def _one(self, where: ColumnElement[bool], conversation_id: UUID, *, lock: bool = False) -> Conversation:
        query = select(conversations).where(conversations.c.id == conversation_id, where)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise NotFound
        return self._read(row)

    def _change(self, where: ColumnElement[bool], conversation_id: UUID, **values: Any) -> Conversation:
        statement = update(conversations).where(conversations.c.id == conversation_id, where)
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
            pinned=row.pinned,
            deleted_at=row.deleted_at,
        )


def _on(shelf: Shelf, principal: Principal) -> ColumnElement[bool]:
    if shelf is Shelf.SHARED:
        return shared_with(principal)
    if shelf is Shelf.DELETED:
        return and_(of_person(principal), conversations.c.deleted_at.is_not(None))
    return and_(owned_by(principal), conversations.c.archived.is_(shelf is Shelf.ARCHIVED))


def _folded(text: str) -> str:
    """As long as `text` but for rare letters, so that a place in one is the place in the other."""
    return text.lower().replace("ё", "е")


def _excerpt(said: str, at: int, length: int) -> str:
    start, end = max(0, at - _AROUND), at + length + _AROUND
    cut = " ".join(said[start:end].split())
    return ("…" if start else "") + cut + ("…" if end < len(said) else "")
