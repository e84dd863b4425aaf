"""Profiles: what people told when they registered, and whether their conversations may be remembered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from core.entities.registration import Profile
from data.tables.registration import profiles


class Profiles:
    """Whoever has no row has the profile with nothing in it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, user_id: UUID) -> Profile:
        return self.all([user_id]).get(user_id, Profile())

    def change(self, user_id: UUID, **values: Any) -> None:
        """`values` are columns of the table."""
        statement = insert(profiles).values(user_id=user_id, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))

    def prove(self, user_id: UUID) -> None:
        """The person has shown that the mailbox is theirs."""
        self.change(user_id, proven_at=func.now())

    def all(self, user_ids: Collection[UUID]) -> dict[UUID, Profile]:
        """Of those who have a row."""
        rows = self._connection.execute(select(profiles).where(profiles.c.user_id.in_(user_ids)))
        return {row.user_id: Profile(row.city, row.niche, row.remember, row.proven_at) for row in rows}
