"""Sessions and the single-use tickets that are exchanged for them; only hashes of either are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update

from core.entities.people import Client, Principal, Session, User
from data.stores.users import PRINCIPAL_COLUMNS, USER_COLUMNS, may_enter, principal_of, user_of
from data.tables.people import sessions, tickets, users

Kind = Literal["browser", "token"]
_KEPT_AFTER_END = timedelta(days=30)
_COLUMNS = [column for column in sessions.c if column.name not in ("token_hash", "revoked_at", "remembered_at")]


def _live() -> ColumnElement[bool]:
    return and_(sessions.c.revoked_at.is_(None), sessions.c.expires_at > func.now())


def _session(row: Row[Any]) -> Session:
    return Session(**{column.name: row._mapping[column] for column in _COLUMNS})


@dataclass(frozen=True, slots=True)
class Seen:
    """A live session's principal; `stale` says that its `last_seen_at` is old enough to be written again."""

    principal: Principal
    stale: bool


class Sessions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, user_id: UUID, kind: Kind, token_hash: bytes, client: Client, *, lasts: timedelta) -> Session:
        statement = insert(sessions).values(
            user_id=user_id,
            kind=kind,
            token_hash=token_hash,
            user_agent=client.user_agent[:300],
            ip=client.ip,
            expires_at=func.now() + lasts,
        )
        return _session(self._connection.execute(statement.returning(*_COLUMNS)).one())

    def find(self, token_hash: bytes, kind: Kind, *, stale_after: timedelta) -> Seen | None:
        """Who holds the session, with the role they have now; None unless both session and person are valid."""
        stale = (sessions.c.last_seen_at < func.now() - stale_after).label("stale")
        row = self._connection.execute(
            select(*PRINCIPAL_COLUMNS, sessions.c.id.label("session_id"), sessions.c.ip, stale)
            .join_from(sessions, users)
            .where(sessions.c.token_hash == token_hash, sessions.c.kind == kind, _live(), may_enter())
        ).one_or_none()
        return Seen(principal_of(row, row.session_id, row.ip), row.stale) if row else None

    def touch(self, session_id: UUID, *, lasts: timedelta, at_most: timedelta) -> None:
        """Notes that the session is in use; a browser's then lasts `lasts` from now, `at_most` in all."""
        slid = func.least(sessions.c.created_at + at_most, func.now() + lasts)
        mine = sessions.c.id == session_id
        self._connection.execute(update(sessions).where(mine).values(last_seen_at=func.now()))
        browser = and_(mine, sessions.c.kind == "browser")
        self._connection.execute(update(sessions).where(browser).values(expires_at=slid))

    def of(self, user_id: UUID) -> list[Session]:
        """Live ones, the one in use last first."""
        query = select(*_COLUMNS).where(sessions.c.user_id == user_id, _live())
        return [_session(row) for row in self._connection.execute(query.order_by(sessions.c.last_seen_at.desc()))]

    def revoke(self, user_id: UUID, session_id: UUID) -> bool:
        return self._end(sessions.c.user_id == user_id, sessions.c.id == session_id) == 1

    def revoke_token(self, token_hash: bytes) -> User | None:
        """Ends the session with this token; the user if it was live."""
        ended = (
            update(sessions)
            .where(sessions.c.token_hash == token_hash, _live(), users.c.id == sessions.c.user_id)
            .values(revoked_at=func.now())
            .returning(*USER_COLUMNS)
        )
        row = self._connection.execute(ended).one_or_none()
        return user_of(row) if row else None

    def revoke_all(self, user_id: UUID, *, but: UUID | None = None) -> int:
        """How many were ended; unused tickets of the user end too."""
        self._connection.execute(delete(tickets).where(tickets.c.user_id == user_id))
        conditions = [sessions.c.user_id == user_id]
        if but:
            conditions.append(sessions.c.id != but)
        return self._end(*conditions)

    def _end(self, *conditions: ColumnElement[bool]) -> int:
        ended = update(sessions).where(*conditions, _live()).values(revoked_at=func.now())
        return self._connection.execute(ended).rowcount

    def add_ticket(self, ticket_hash: bytes, nonce_hash: bytes, user_id: UUID, *, lasts: timedelta) -> None:
        self._connection.execute(
            insert(tickets).values(
                ticket_hash=ticket_hash, nonce_hash=nonce_hash, user_id=user_id, expires_at=func.now() + lasts
            )
        )

    def take_ticket(self, ticket_hash: bytes, nonce_hash: bytes) -> UUID | None:
        """The user of a ticket, which is gone afterwards even when it came from another browser or too late."""
        taken = (
            delete(tickets)
            .where(tickets.c.ticket_hash == ticket_hash, users.c.id == tickets.c.user_id)
            .returning(
                tickets.c.user_id,
                and_(tickets.c.nonce_hash == nonce_hash, tickets.c.expires_at > func.now(), may_enter()).label("valid"),
            )
        )
        row = self._connection.execute(taken).one_or_none()
        return row.user_id if row and row.valid else None

    def prune(self) -> int:
        """Deletes tickets that were not used, and sessions that ended a month ago."""
        old = func.now() - _KEPT_AFTER_END
        unused = self._connection.execute(delete(tickets).where(tickets.c.expires_at < func.now())).rowcount
        ended = delete(sessions).where(or_(sessions.c.expires_at < old, sessions.c.revoked_at < old))
        return unused + self._connection.execute(ended).rowcount
