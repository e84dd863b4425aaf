"""What models were used for and what it cost: administrators see everybody's, others their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from core.entities.people import Principal
from core.entities.playground import Attempt
from core.entities.usage import Activity, Dimension, Quota, Spent, UsageSum
from core.errors import BadInput, NotSignedIn
from core.roles import Permission
from data.database import Database
from data.transaction import Stores
from services.chat.limits import Limits

LONGEST_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class Report:
    """`parts` add up to `total`; the biggest are first, but days in their order. `days` counts today; None: all."""

    by: Dimension
    days: int | None
    everybody: bool
    total: UsageSum
    parts: tuple[UsageSum, ...]


class UsageReports:
    def __init__(self, db: Database, limits: Limits) -> None:
        self._db, self._limits = db, limits

    def report(self, principal: Principal, by: Dimension = Dimension.DAY, days: int | None = 30) -> Report:
        """Of the last `days` days, today included; None is since ever."""
        whose, since = _whose(principal), _since(days)
        with self._db.begin() as tx:
            ((_, total),) = tx.usage.sums((), user_id=whose, since=since)
            parts = [part for _, part in tx.usage.sums((by,), user_id=whose, since=since)]
        if by is not Dimension.DAY:
            parts.sort(key=lambda part: (-part.tokens, part.name))
        return Report(by, days, whose is None, total, tuple(parts))

    def crossed(
        self, principal: Principal, one: Dimension, other: Dimension, days: int | None = 30
    ) -> tuple[tuple[tuple[str, ...], UsageSum], ...]:
        """The same by two dimensions at once: ((name of one, name of the other), sum)."""
        with self._db.begin() as tx:
            return tuple(tx.usage.sums((one, other), user_id=_whose(principal), since=_since(days)))

    def quota(self, principal: Principal) -> Quota:
        """What `principal` has spent today, and may."""
        return self._limits.quota(principal)


def record(tx: Stores, principal: Principal, spent: Sequence[Spent]) -> int:
    """To be called in the transaction that keeps the answers, as often as it keeps them; answers that cost nothing
    leave no entry. Returns how many tokens were not known yet."""
    return tx.usage.record(principal, [one for one in spent if one.usage.prompt_tokens + one.usage.completion_tokens])


def record_attempts(
    tx: Stores, principal: Principal, activity: Activity, attempts: Iterable[tuple[str, Attempt]]
) -> None:
    """The same of attempts outside of conversations, by their keys; their tokens count towards the quota of the day."""
    spent = [Spent(key, activity, one.provider, one.model, one.usage) for key, one in attempts if one.ended]
    Limits.count(tx, principal, record(tx, principal, spent))


def _whose(principal: Principal) -> UUID | None:
    """Whose entries are counted: None is everybody's."""
    if principal.user_id is None:
        raise NotSignedIn
    return None if principal.may(Permission.AUDIT) else principal.user_id


def _since(days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= LONGEST_DAYS:
        raise BadInput("Choose 1 to %(most)s days.", most=LONGEST_DAYS)
    return datetime.combine(datetime.now(UTC).date() - timedelta(days=days - 1), time(), UTC)
