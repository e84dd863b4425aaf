"""The audit log: who did what to which object, when and from where. Entries are written and read, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select

from core.entities.people import AuditEntry, Principal, User
from data.tables.people import audit


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(**{name: value for name, value in row._mapping.items() if name != "id"})


class Audit:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(
        self,
        who: Principal | User | str,
        action: str,
        object_type: str = "",
        object_id: object = "",
        *,
        ip: str = "",
        **detail: Any,
    ) -> None:
        """`who` may be an e-mail that nobody has, or "system"; `detail` is JSON and never holds a secret.

        Without `ip` the principal's own is taken.
        """
        self._connection.execute(insert(audit), [_row(who, action, object_type, object_id, ip, detail)])

    def write_each(
        self, who: Principal, action: str, object_type: str, details: Mapping[UUID, Mapping[str, Any]]
    ) -> None:
        """One entry per object, by its id."""
        if details:
            rows = [_row(who, action, object_type, key, "", detail) for key, detail in details.items()]
            self._connection.execute(insert(audit), rows)

    def recent(
        self, *, actor_id: UUID | None = None, action: str = "", actor: str = "", limit: int = 100, offset: int = 0
    ) -> list[AuditEntry]:
        """Newest first; `action` is a prefix such as "session.", `actor` a part of the e-mail."""
        query = select(audit).order_by(audit.c.id.desc()).limit(limit).offset(offset)
        if actor_id:
            query = query.where(audit.c.actor_id == actor_id)
        if action:
            query = query.where(audit.c.action.startswith(action, autoescape=True))
        if actor:
            query = query.where(audit.c.actor.icontains(actor, autoescape=True))
        return [_entry(row) for row in self._connection.execute(query)]


def _row(
    who: Principal | User | str, action: str, object_type: str, object_id: object, ip: str, detail: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "actor_id": _id_of(who),
        "actor": who if isinstance(who, str) else who.email,
        "action": action,
        "object_type": object_type,
        "object_id": str(object_id),
        "detail": dict(detail),
        "ip": ip or (who.ip if isinstance(who, Principal) else ""),
    }


def _id_of(who: Principal | User | str) -> UUID | None:
    if isinstance(who, str):
        return None
    return who.user_id if isinstance(who, Principal) else who.id
