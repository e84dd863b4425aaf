"""Summaries of people's conversations: title and text are sealed at rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert

from core.entities.people import Principal
from core.entities.registration import Reason, Summary
from core.security import Cipher
from data.tables.conversations import conversations, messages
from data.tables.people import sessions
from data.tables.registration import summaries

_COLUMNS = [column for column in summaries.c if column.name not in ("user_id", "covers", "seen_at")]


@dataclass(frozen=True, slots=True)
class Due:
    """A conversation with messages that no summary tells of; `last` is the `seq` of its newest one."""

    conversation_id: UUID
    title: str
    last: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A person's session that began then and is over."""

    user_id: UUID
    began: datetime
    ended_by: Reason


class Summaries:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    # --- what is to be summarised -----------------------------------------------------------------------------------

    def due(
        self, user_id: UUID, *, since: datetime | None = None, conversation_id: UUID | None = None, most: int = 5
    ) -> list[Due]:
        """The person's conversations in which they wrote `since` then, or the one named, newest first."""
        last = func.max(messages.c.seq).label("last")
        told = summaries.c.conversation_id == conversations.c.id
        query = (
            select(conversations.c.id, conversations.c.title_sealed, last)
            .join_from(conversations, messages)
            .join(summaries, told, isouter=True)
            .where(conversations.c.owner_id == user_id, messages.c.author == "user")
            .where(messages.c.created_at >= since if since else true())
            .where(conversations.c.id == conversation_id if conversation_id else true())
            .group_by(conversations.c.id, summaries.c.covers)
            .having(last > func.coalesce(summaries.c.covers, 0))
            .order_by(last.desc())
        )
        rows = self._connection.execute(query.limit(most))
        return [Due(row.id, self._cipher.open(row.title_sealed), row.last) for row in rows]

    def ended_sessions(self, *, most: int) -> list[Ended]:
        """Browser sessions that have ended by now, each told once."""
        over = or_(sessions.c.expires_at <= func.now(), sessions.c.revoked_at.is_not(None))
        fresh = and_(sessions.c.remembered_at.is_(None), sessions.c.kind == "browser", over)
        some = select(sessions.c.id).where(fresh).limit(most).with_for_update(skip_locked=True)
        noted = update(sessions).where(sessions.c.id.in_(some)).values(remembered_at=func.now())
        rows = self._connection.execute(
            noted.returning(sessions.c.user_id, sessions.c.created_at, sessions.c.revoked_at)
        )
        return [Ended(row.user_id, row.created_at, "sign_out" if row.revoked_at else "expired") for row in rows]

    # --- what has been ----------------------------------------------------------------------------------------------

    def keep(
        self, user_id: UUID, due: Due, text: str, ended_by: Reason, *, provider: str = "", model: str = ""
    ) -> None:
        """Takes the place of the conversation's older summary."""
        values = {
            "title_sealed": self._cipher.seal(due.title),
            "text_sealed": self._cipher.seal(text),
            "covers": due.last,
            "ended_by": ended_by,
            "provider": provider,
            "model": model,
            "created_at": func.now(),
            "seen_at": None,
        }
        statement = insert(summaries).values(user_id=user_id, conversation_id=due.conversation_id, **values)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["conversation_id"], set_=values, where=summaries.c.covers < due.last
            )
        )

    def latest(self, principal: Principal, *, limit: int = 3, offset: int = 0) -> list[Summary]:
        """One's own, newest first."""
        query = select(*_COLUMNS).where(summaries.c.user_id == principal.user_id)
        newest = query.order_by(summaries.c.created_at.desc(), summaries.c.id).limit(limit).offset(offset)
        return [self._read(row) for row in self._connection.execute(newest)]

    def unseen(self, principal: Principal) -> Summary | None:
        """The newest one, unless it was seen, or tells of a dialogue that was cleared in this very session."""
        began = select(sessions.c.created_at).where(sessions.c.id == principal.session_id).scalar_subquery()
        newest = select(summaries).where(summaries.c.user_id == principal.user_id)
        newest = newest.order_by(summaries.c.created_at.desc(), summaries.c.id).limit(1)
        before = newest.subquery()
        greeted = and_(before.c.seen_at.is_(None), or_(before.c.ended_by != "cleared", before.c.created_at < began))
        row = self._connection.execute(select(before).where(greeted)).one_or_none()
        return self._read(row) if row else None

    def see(self, principal: Principal, summary_id: UUID) -> None:
        mine = (summaries.c.id == summary_id, summaries.c.user_id == principal.user_id)
        self._connection.execute(update(summaries).where(*mine).values(seen_at=func.now()))

    def delete(self, principal: Principal, summary_id: UUID | None = None) -> int:
        """One of one's own, or all of them; how many."""
        one = summaries.c.id == summary_id if summary_id else true()
        return self._connection.execute(delete(summaries).where(summaries.c.user_id == principal.user_id, one)).rowcount

    def _read(self, row: Row[Any]) -> Summary:
        values = {column.name: getattr(row, column.name) for column in _COLUMNS}
        title, text = self._cipher.open(values.pop("title_sealed")), self._cipher.open(values.pop("text_sealed"))
        return Summary(title=title, text=text, **values)
