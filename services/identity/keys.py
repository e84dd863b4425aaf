"""API keys: shown once, stored as hashes, and never worth more than what their owner may do now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from core.entities.people import ApiKey, Principal
from core.errors import BadInput, Conflict, Forbidden, NotFound, NotSignedIn
from core.roles import Permission
from core.security import new_token, token_hash
from data.database import Database
from services.identity.credentials import valid_name

KEY_PREFIX = "nwk_"
MOST_KEYS = 50
_SHOWN = len(KEY_PREFIX) + 6  # characters by which people recognise a key
_STALE_AFTER = timedelta(minutes=1)


class Keys:
    def __init__(self, db: Database) -> None:
        self._db = db

    def create(self, principal: Principal, name: str, expires_at: datetime | None = None) -> tuple[ApiKey, str]:
        """The key's record and the key itself, which nobody can see again. `expires_at` knows its time zone."""
        owner = _owner(principal)
        label = valid_name(name)
        if expires_at and expires_at <= datetime.now(UTC):
            raise BadInput("The end date is over already. Choose a later one.")
        key = new_token(KEY_PREFIX)
        with self._db.begin() as tx:
            tx.users.lock(owner)  # keys made at the same time are counted one after another
            if tx.keys.count(owner) >= MOST_KEYS:
                raise Conflict("You have %(most)s API keys already. Delete one you no longer use.", most=MOST_KEYS)
            made = tx.keys.create(owner, label, key[:_SHOWN], token_hash(key), expires_at)
            tx.audit.write(principal, "key.created", "key", made.id, name=label)
        return made, key

    def list(self, principal: Principal) -> tuple[ApiKey, ...]:
        """The caller's own, newest first."""
        with self._db.read() as tx:
            return tuple(tx.keys.of(_owner(principal)))

    def revoke(self, principal: Principal, key_id: UUID) -> None:
        with self._db.begin() as tx:
            gone = tx.keys.revoke(_owner(principal), key_id)
            if gone is None:
                raise NotFound
            tx.audit.write(principal, "key.revoked", "key", key_id, name=gone.name)

    def resolve(self, key: str) -> Principal:
        """Whose key this is, with the role they have now; `NotSignedIn` once key or person is no longer valid."""
        with self._db.begin() as tx:
            used = tx.keys.find(token_hash(key), stale_after=_STALE_AFTER)
            if used and used.stale:
                tx.keys.touch(used.key_id)
        if used is None:
            raise NotSignedIn
        return used.principal


def _owner(principal: Principal) -> UUID:
    if principal.user_id is None:
        raise NotSignedIn
    if not principal.may(Permission.API_KEYS):
        raise Forbidden
    return principal.user_id
