"""API keys: names, prefixes and hashes; never the keys themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from core.entities.people import ApiKey, Principal
from data.stores.users import PRINCIPAL_COLUMNS, may_enter, principal_of
from data.tables.people import api_keys, users

_COLUMNS = [column for column in api_keys.c if column.name not in ("user_id", "key_hash", "revoked_at")]


def _live() -> ColumnElement[bool]:
    lasting = or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > func.now())
    return and_(api_keys.c.revoked_at.is_(None), lasting)


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(**row._mapping)


@dataclass(frozen=True, slots=True)
class UsedKey:
    """A live key's principal; `stale` says that its `last_used_at` is old enough to be written again."""

    principal: Principal
    key_id: UUID
    stale: bool


class ApiKeys:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, user_id: UUID, name: str, prefix: str, key_hash: bytes, expires_at: datetime | None) -> ApiKey:
        row = {"user_id": user_id, "name": name, "prefix": prefix, "key_hash": key_hash, "expires_at": expires_at}
        return _key(self._connection.execute(insert(api_keys).values(row).returning(*_COLUMNS)).one())

    def of(self, user_id: UUID) -> list[ApiKey]:
        """Live ones, newest first."""
        query = select(*_COLUMNS).where(api_keys.c.user_id == user_id, _live())
        return [_key(row) for row in self._connection.execute(query.order_by(api_keys.c.created_at.desc()))]

    def count(self, user_id: UUID) -> int:
        query = select(func.count()).select_from(api_keys).where(api_keys.c.user_id == user_id, _live())
        return self._connection.execute(query).scalar_one()

    def find(self, key_hash: bytes, *, stale_after: timedelta) -> UsedKey | None:
        """Whose key it is, with the role they have now; None unless both key and person are valid."""
        used_before = func.coalesce(api_keys.c.last_used_at, api_keys.c.created_at - stale_after)
        row = self._connection.execute(
            select(*PRINCIPAL_COLUMNS, api_keys.c.id.label("key_id"))
            .add_columns((used_before <= func.now() - stale_after).label("stale"))
            .join_from(api_keys, users)
            .where(api_keys.c.key_hash == key_hash, _live(), may_enter())
        ).one_or_none()
        return UsedKey(principal_of(row), row.key_id, row.stale) if row else None

    def touch(self, key_id: UUID) -> None:
        self._connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=func.now()))

    def revoke(self, user_id: UUID, key_id: UUID) -> ApiKey | None:
        mine = and_(api_keys.c.user_id == user_id, api_keys.c.id == key_id, _live())
        ended = update(api_keys).where(mine).values(revoked_at=func.now()).returning(*_COLUMNS)
        row = self._connection.execute(ended).one_or_none()
        return _key(row) if row else None
