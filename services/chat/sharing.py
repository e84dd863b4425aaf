"""Shares conversations to be read: a turn that cites what the colleague may not read is withheld whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from core.entities.conversations import Colleague, Mark, Share
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Permission
from data.database import Database
from data.transaction import Stores

_FEWEST_LETTERS = 2
_MOST_COLLEAGUES = 8
_MOST_SHARES = 50


class Sharing:
    def __init__(self, db: Database) -> None:
        self._db = db

    def colleagues(self, principal: Principal, text: str) -> list[Colleague]:
        """People whose name or e-mail contains `text`, which needs two letters; none for fewer."""
        _allow(principal)
        wanted = text.replace("\x00", "").strip()
        if len(wanted) < _FEWEST_LETTERS:
            return []
        with self._db.begin() as tx:
            return tx.shares.colleagues(principal, wanted, limit=_MOST_COLLEAGUES)

    def readers(self, principal: Principal, conversation_id: UUID) -> list[Share]:
        """Whom one's conversation is shared with, and how much of it each of them does not see as of now."""
        _allow(principal)
        with self._db.begin() as tx:
            tx.conversations.find(principal, conversation_id)
            return [_share(tx, conversation_id, reader, since) for reader, since in tx.shares.readers(conversation_id)]

    def preview(self, principal: Principal, conversation_id: UUID, colleague_id: UUID) -> Share:
        """What the colleague would see, before it is shared."""
        _allow(principal)
        with self._db.begin() as tx:
            conversation = tx.conversations.find(principal, conversation_id)
            return _share(tx, conversation_id, _colleague(tx, principal, colleague_id), conversation.updated_at)

    def share(self, principal: Principal, conversation_id: UUID, colleague: UUID | str) -> Share:
        """With a person named by id or e-mail; twice is once. Raises `NotFound` for who cannot sign in."""
        _allow(principal)
        with self._db.begin() as tx:
            tx.conversations.find(principal, conversation_id, lock=True)
            reader = _colleague(tx, principal, colleague)
            known = tx.shares.readers(conversation_id)
            if len(known) >= _MOST_SHARES:
                raise BadInput("A conversation can be shared with %(limit)s people at most.", limit=_MOST_SHARES)
            if reader.user_id and tx.shares.add(conversation_id, reader.user_id):
                tx.audit.write(principal, "conversation.share", "conversation", conversation_id, reader=reader.email)
            since = next(at for one, at in tx.shares.readers(conversation_id) if one.user_id == reader.user_id)
            return _share(tx, conversation_id, reader, since)

    def revoke(self, principal: Principal, conversation_id: UUID, colleague_id: UUID) -> None:
        """The owner takes it back, or the colleague (`colleague_id` their own) takes it off their list."""
        _allow(principal)
        with self._db.begin() as tx:
            tx.conversations.readable(principal, conversation_id)
            if colleague_id != principal.user_id:
                tx.conversations.find(principal, conversation_id)
            if not tx.shares.remove(conversation_id, colleague_id):
                raise NotFound
            tx.audit.write(principal, "conversation.unshare", "conversation", conversation_id, reader=str(colleague_id))


def withheld_from(marks: Sequence[Mark]) -> set[UUID]:
    """The messages that a reader does not see: whole turns, a question with what answers it.

    An answer without citations that follows a withheld one may repeat it, so it is withheld too.
    """
    hidden: set[UUID] = set()
    for turn in turns(marks):
        closed = any(one.closed for one in turn)
        repeats = bool(hidden) and any(one.answered and not one.cited for one in turn)
        if closed or repeats:
            hidden |= {one.id for one in turn}
    return hidden


def turns(marks: Sequence[Mark]) -> Iterator[list[Mark]]:
    """The marks in groups: each begins with a message of the person."""
    numbers = iter(_numbered(marks))
    for _, group in groupby(numbers, key=lambda pair: pair[0]):
        yield [mark for _, mark in group]


def _numbered(marks: Sequence[Mark]) -> Iterator[tuple[int, Mark]]:
    number = 0
    for mark in marks:
        number += mark.author == "user"
        yield number, mark


def _share(tx: Stores, conversation_id: UUID, reader: Principal, since: datetime) -> Share:
    marks = tx.threads.marks(reader, conversation_id)
    hidden = withheld_from(marks)
    said = list(turns(marks))
    assert reader.user_id is not None  # noqa: S101 - people of the users table have one
    colleague = Colleague(reader.user_id, reader.name, reader.email)
    return Share(colleague, since, len(said), sum(turn[0].id in hidden for turn in said))


def _colleague(tx: Stores, principal: Principal, who: UUID | str) -> Principal:
    person = tx.shares.colleague(who)
    if person is None:
        raise NotFound("Nobody with this e-mail can sign in here. Check it, or ask an administrator.")
    if person.user_id == principal.user_id:
        raise BadInput("The conversation is your own. Choose a colleague.")
    return person


def _allow(principal: Principal) -> None:
    if principal.user_id is None or not principal.may(Permission.CHAT_DOCUMENTS):
        raise Forbidden
