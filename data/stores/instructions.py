"""What administrators tell the model, by role and scenario; every saved state stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from core.entities.conversations import Instructions
from core.roles import Role
from data.tables.conversations import instructions


class InstructionsLog:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, role: Role | None, scenario: str, body: str, note: str, author: str) -> Instructions:
        values = {
            "role": role.value if role else "",
            "scenario": scenario,
            "body": body,
            "note": note,
            "author": author,
        }
        return _read(self._connection.execute(insert(instructions).values(values).returning(instructions)).one())

    def get(self, version: int) -> Instructions | None:
        row = self._connection.execute(select(instructions).where(instructions.c.version == version)).one_or_none()
        return _read(row) if row else None

    def in_force(self, role: Role, scenario: str) -> Instructions | None:
        """The newest for the role, else the newest for every role; an emptied one stands back for the next."""
        mine = or_(instructions.c.role == role.value, instructions.c.role == "")
        newest = (
            select(instructions)
            .where(instructions.c.scenario == scenario, mine)
            .ext(distinct_on(instructions.c.role))
            .order_by(instructions.c.role, instructions.c.version.desc())
        )
        found = [_read(row) for row in self._connection.execute(newest)]
        said = [one for one in found if one.body]
        return max(said, key=lambda one: one.role is not None, default=None)

    def history(self, role: Role | None, scenario: str, *, limit: int = 50) -> list[Instructions]:
        """Newest first."""
        same = (instructions.c.role == (role.value if role else "")) & (instructions.c.scenario == scenario)
        query = select(instructions).where(same).order_by(instructions.c.version.desc()).limit(limit)
        return [_read(row) for row in self._connection.execute(query)]


def _read(row: Row[Any]) -> Instructions:
    return Instructions(
        scenario=row.scenario,
        role=Role(row.role) if row.role else None,
        version=row.version,
        body=row.body,
        note=row.note,
        author=row.author,
        created_at=row.created_at,
    )
