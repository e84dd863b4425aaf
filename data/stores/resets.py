"""Password resets: hashes of single-use tokens."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from core.entities.people import User
from data.stores.users import USER_COLUMNS, user_of
from data.tables.people import password_resets as resets
from data.tables.people import users


def _usable(token_hash: bytes) -> ColumnElement[bool]:
    return and_(resets.c.token_hash == token_hash, resets.c.used_at.is_(None), resets.c.expires_at > func.now())


class PasswordResets:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, user_id: UUID, token_hash: bytes, *, lasts: timedelta) -> None:
        row = {"user_id": user_id, "token_hash": token_hash, "expires_at": func.now() + lasts}
        self._connection.execute(insert(resets).values(row))

    def owner(self, token_hash: bytes) -> User | None:
        """Whose password the token may set; the token stays usable."""
        query = select(*USER_COLUMNS).join_from(resets, users).where(_usable(token_hash))
        row = self._connection.execute(query).one_or_none()
        return user_of(row) if row else None

    def use(self, token_hash: bytes) -> UUID | None:
        """Uses the token up, and with it every other one of the same user; None if it was not usable."""
        used = update(resets).where(_usable(token_hash)).values(used_at=func.now()).returning(resets.c.user_id)
        user_id: UUID | None = self._connection.execute(used).scalar_one_or_none()
        if user_id:
            self.cancel(user_id)
        return user_id

    def cancel(self, user_id: UUID) -> None:
        """No token that was mailed to the user works any longer."""
        unused = and_(resets.c.user_id == user_id, resets.c.used_at.is_(None))
        self._connection.execute(update(resets).where(unused).values(used_at=func.now()))

    def prune(self) -> int:
        over = delete(resets).where(resets.c.expires_at < func.now())
        return self._connection.execute(over).rowcount
