"""The allowlist as administrators keep it: who needs no approval, and whose access never ends."""

from __future__ import annotations

from collections.abc import Sequence

from core.entities.people import Principal
from core.entities.registration import AllowedAddress
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Permission
from data.database import Database
from services.identity.credentials import normal_email


class Allowlist:
    """Acts at once: on who registers next, and on every open session and key."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, principal: Principal) -> Sequence[AllowedAddress]:
        _require(principal)
        with self._db.read() as tx:
            return tx.allowlist.all()

    def put(self, principal: Principal, pattern: str, *, approved: bool, lasting: bool) -> None:
        """Adds an address or a domain, or changes what it stands for. `BadInput` for what is neither."""
        _require(principal)
        pattern = _normal(pattern)
        if not approved and not lasting:
            raise BadInput("Choose what is allowed: to register without approval, access without end, or both.")
        with self._db.begin() as tx:
            tx.allowlist.put(pattern, approved=approved, lasting=lasting)
            tx.audit.write(principal, "allowlist.put", "address", pattern, approved=approved, lasting=lasting)

    def delete(self, principal: Principal, pattern: str) -> None:
        _require(principal)
        with self._db.begin() as tx:
            if not tx.allowlist.delete(pattern):
                raise NotFound
            tx.audit.write(principal, "allowlist.deleted", "address", pattern)


def _normal(text: str) -> str:
    """The pattern as it is stored; a domain may be written with or without its @."""
    pattern = text.strip().lower()
    domain = pattern.removeprefix("@")
    if normal_email(pattern) or normal_email(f"anybody@{domain}"):
        return pattern if "@" in pattern[1:] else domain
    raise BadInput("Write an e-mail address, or a domain like example.com.")


def _require(principal: Principal) -> None:
    if not principal.may(Permission.PEOPLE):
        raise Forbidden
