"""How much each role may ask: messages a minute and tokens a day, counted in PostgreSQL for all processes together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from core.entities.guards import RoleLimit
from core.entities.people import Principal
from core.entities.usage import Quota
from core.errors import BadInput, Forbidden, TooMany
from core.roles import Permission, Role
from data.database import Database
from data.transaction import Stores

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DEFAULTS: Mapping[Role, RoleLimit] = {role: RoleLimit(role, 10 if role is Role.ADMIN else 5) for role in Role}
FORMS_PER_MINUTE = 30
MOST_PER_MINUTE = 1_000
MOST_TOKENS = 1_000_000_000


class Limits:
    """Both windows are of the clock: a minute ends on the full minute, a day at midnight UTC."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def admit(self, principal: Principal, *, form: bool = False) -> None:
        """Counts one message; raises `TooMany` with the `seconds` until the next one, when a limit is used up. A `form`
        that was filled in, for which no model is asked, counts apart."""
        with self._db.begin() as tx:
            refusal = self.refusal(tx, principal, form=form)
        if refusal is not None:
            raise refusal

    @staticmethod
    def refusal(tx: Stores, principal: Principal, *, form: bool = False) -> TooMany | None:
        """`admit` within a transaction that is open, which must be committed all the same."""
        limit = tx.limits.of(principal.role) or DEFAULTS[principal.role]
        sent, wait = tx.rates.hit(f"{'form' if form else 'chat'}:{_who(principal)}", MINUTE)
        if sent > (FORMS_PER_MINUTE if form else limit.per_minute):
            return TooMany(seconds=wait)
        return _over_quota(tx, principal, limit)

    @staticmethod
    def count(tx: Stores, principal: Principal, tokens: int) -> None:
        """Counts what an answer took, prompt and completion together, in the transaction that keeps it."""
        if tokens > 0:
            tx.rates.hit(_tokens(principal), DAY, by=tokens)

    def check_quota(self, principal: Principal) -> None:
        """Raises `TooMany` where the tokens of today are used up; counts nothing."""
        with self._db.begin() as tx:
            refusal = _over_quota(tx, principal, tx.limits.of(principal.role) or DEFAULTS[principal.role])
        if refusal is not None:
            raise refusal

    def quota(self, principal: Principal) -> Quota:
        """What was spent today, and what the role may."""
        with self._db.read() as tx:
            limit = tx.limits.of(principal.role) or DEFAULTS[principal.role]
            spent = tx.rates.hits(_tokens(principal), DAY)
        return Quota(spent, limit.tokens_per_day, limit.per_minute)

    def all(self, principal: Principal) -> tuple[RoleLimit, ...]:
        """Of every role, as set or by default."""
        _administer(principal)
        with self._db.read() as tx:
            changed = {limit.role: limit for limit in tx.limits.all()}
        return tuple(changed.get(role, DEFAULTS[role]) for role in Role)

    def change(self, principal: Principal, limit: RoleLimit) -> None:
        """Acts at once, in every process."""
        _administer(principal)
        if not 1 <= limit.per_minute <= MOST_PER_MINUTE:
            raise BadInput("Set between 1 and %(most)s messages a minute.", most=MOST_PER_MINUTE)
        if limit.tokens_per_day is not None and not 1 <= limit.tokens_per_day <= MOST_TOKENS:
            raise BadInput("Set between 1 and %(most)s tokens a day, or none for no quota.", most=MOST_TOKENS)
        with self._db.begin() as tx:
            tx.limits.set(limit)
            tx.audit.write(
                principal,
                "limits.changed",
                "role",
                limit.role.value,
                per_minute=limit.per_minute,
                tokens_per_day=limit.tokens_per_day,
            )


def _over_quota(tx: Stores, principal: Principal, limit: RoleLimit) -> TooMany | None:
    if limit.tokens_per_day is None:
        return None
    spent, until = tx.rates.hit(_tokens(principal), DAY, by=0)
    return _used_up(limit.tokens_per_day, until) if spent >= limit.tokens_per_day else None


def _used_up(tokens: int, until: int) -> TooMany:
    minutes = -(-until // 60)
    return TooMany(
        "Your %(tokens)s tokens of today are used up. New ones come in %(hours)s h %(minutes)s min.",
        tokens=tokens,
        hours=minutes // 60,
        minutes=minutes % 60,
        seconds=until,
    )


def _tokens(principal: Principal) -> str:
    return f"tokens:{_who(principal)}"


def _who(principal: Principal) -> str:
    # A guest can drop the cookie that names them, so the address counts where it is known.
    return str(principal.user_id or principal.ip or principal.guest_id)


def _administer(principal: Principal) -> None:
    if not principal.may(Permission.SYSTEM):
        raise Forbidden
