"""Reading the audit log: administrators see all of it, others what they did themselves."""

from __future__ import annotations

from core.entities.people import AuditEntry, Principal
from core.errors import NotSignedIn
from core.roles import Permission
from data.database import Database

_LONGEST_PAGE = 500


class Audit:
    def __init__(self, db: Database) -> None:
        self._db = db

    def list(
        self, principal: Principal, *, action: str = "", actor: str = "", limit: int = 100, offset: int = 0
    ) -> tuple[AuditEntry, ...]:
        """Newest first; `action` is a prefix such as "session.", `actor` a part of an e-mail."""
        if principal.user_id is None:
            raise NotSignedIn
        only = None if principal.may(Permission.AUDIT) else principal.user_id
        page = min(max(limit, 1), _LONGEST_PAGE)
        with self._db.begin() as tx:
            return tuple(tx.audit.recent(actor_id=only, action=action, actor=actor, limit=page, offset=max(offset, 0)))
