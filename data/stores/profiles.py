"""Profiles: what people told when they registered, and whether their conversations may be remembered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from core.registration_entities import Profile
from data.registration_tables import profiles


class Profiles:
    """Whoever has no row has the profile with nothing in it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, user_id: UUID) -> Profile:
        columns = [column for column in profiles.c if column.name != "user_id"]
        row = self._connection.execute(select(*columns).where(profiles.c.user_id == user_id)).one_or_none()
        return Profile(**row._mapping) if row else Profile()

    def change(self, user_id: UUID, **values: Any) -> None:
        """`values` are columns of the table."""
        statement = insert(profiles).values(user_id=user_id, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))

    def prove(self, user_id: UUID) -> None:
        """The person has shown that the mailbox is theirs."""
        self.change(user_id, proven_at=func.now())

    def proven(self, user_ids: Collection[UUID]) -> set[UUID]:
        """Those of them who have shown it."""
        query = select(profiles.c.user_id).where(profiles.c.user_id.in_(user_ids), profiles.c.proven_at.is_not(None))
        return set(self._connection.execute(query).scalars())
