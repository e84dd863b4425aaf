"""The limits of each role, as far as an administrator has set them."""

from __future__ import annotations

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from core.entities.guards import RoleLimit
from core.roles import Role
from data.tables.guards import role_limits


class RoleLimits:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[RoleLimit]:
        query = select(role_limits.c.role, role_limits.c.per_minute, role_limits.c.tokens_per_day)
        return [
            RoleLimit(Role(row.role), row.per_minute, row.tokens_per_day) for row in self._connection.execute(query)
        ]

    def of(self, role: Role) -> RoleLimit | None:
        return next((limit for limit in self.all() if limit.role is role), None)

    def set(self, limit: RoleLimit) -> None:
        values = {"per_minute": limit.per_minute, "tokens_per_day": limit.tokens_per_day, "updated_at": func.now()}
        statement = insert(role_limits).values(role=limit.role.value, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["role"], set_=values))
