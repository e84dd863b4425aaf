"""The allowlist: addresses and domains that need no approval, or whose access never ends."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from core.entities.registration import AllowedAddress
from data.tables.people import users
from data.tables.registration import allowlist


def access_lasts() -> ColumnElement[bool]:
    """Users whose end date does not count."""
    domain = func.split_part(users.c.email, "@", 2)
    return exists().where(allowlist.c.lasting, or_(allowlist.c.pattern == users.c.email, allowlist.c.pattern == domain))


class Allowlist:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[AllowedAddress]:
        """By domain, and within a domain by name."""
        found = [AllowedAddress(**row._mapping) for row in self._connection.execute(select(allowlist))]
        return sorted(found, key=lambda one: one.pattern.rpartition("@")[::-1])

    def of(self, email: str) -> AllowedAddress:
        """What counts for an address: its own row and its domain's together."""
        query = select(allowlist).where(allowlist.c.pattern.in_([email, email.rpartition("@")[2]]))
        rows = self._connection.execute(query).all()
        return AllowedAddress(email, any(row.approved for row in rows), any(row.lasting for row in rows))

    def put(self, pattern: str, *, approved: bool, lasting: bool) -> None:
        values = {"approved": approved, "lasting": lasting}
        statement = insert(allowlist).values(pattern=pattern, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["pattern"], set_=values))

    def delete(self, pattern: str) -> bool:
        return self._connection.execute(delete(allowlist).where(allowlist.c.pattern == pattern)).rowcount == 1
