"""The ledger of tokens: one entry an answer, and sums over them at the prices of now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, func, select
from sqlalchemy.dialects.postgresql import insert

from core.entities.people import Principal
from core.entities.usage import Dimension, Spent, UsageSum
from data.tables.playground import model_rules
from data.tables.usage import usage_entries as entries

_MILLION = 1_000_000
_NAMES: dict[Dimension, ColumnElement[Any]] = {
    Dimension.DAY: func.to_char(func.timezone("UTC", entries.c.at), "YYYY-MM-DD"),
    Dimension.PERSON: entries.c.actor,
    Dimension.ROLE: entries.c.role,
    Dimension.ACTIVITY: entries.c.activity,
    Dimension.SCENARIO: entries.c.scenario,
    Dimension.PROVIDER: entries.c.provider,
    Dimension.MODEL: func.concat(entries.c.provider, " · ", entries.c.model),
}


class UsageLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, who: Principal, spent: Sequence[Spent]) -> int:
        """Adds what is not there yet; how many tokens that is."""
        rows = [_row(who, one) for one in spent]
        if not rows:
            return 0
        return sum(self._connection.execute(_ADD, rows).scalars())

    def sums(
        self, by: tuple[Dimension, ...], *, user_id: UUID | None = None, since: datetime | None = None
    ) -> list[tuple[tuple[str, ...], UsageSum]]:
        """For every combination of names of `by`, in their order; none at all gives one total."""
        names = [_NAMES[dimension].label(dimension.value) for dimension in by]
        query = select(*names, *_SUMS).select_from(_PRICED).group_by(*names).order_by(*names)
        if user_id is not None:
            query = query.where(entries.c.user_id == user_id)
        if since is not None:
            query = query.where(entries.c.at >= since)
        return [_sum(tuple(row), len(by)) for row in self._connection.execute(query)]


_TOKENS = entries.c.prompt_tokens + entries.c.completion_tokens
_ADD = insert(entries).on_conflict_do_nothing(index_elements=["key"]).returning(_TOKENS)
_HAS_PRICE = and_(model_rules.c.input_price.is_not(None), model_rules.c.output_price.is_not(None))
_COST = entries.c.prompt_tokens * model_rules.c.input_price + entries.c.completion_tokens * model_rules.c.output_price
_PRICED = entries.outerjoin(
    model_rules, and_(model_rules.c.provider == entries.c.provider, model_rules.c.model == entries.c.model)
)
_SUMS = (
    func.count(),
    func.coalesce(func.sum(entries.c.prompt_tokens), 0),
    func.coalesce(func.sum(entries.c.completion_tokens), 0),
    func.coalesce(func.sum(case((entries.c.estimated, _TOKENS), else_=0)), 0),
    func.coalesce(func.sum(_COST), 0.0) / _MILLION,
    func.coalesce(func.sum(case((_HAS_PRICE, 0), else_=_TOKENS)), 0),
)


def _row(who: Principal, spent: Spent) -> dict[str, Any]:
    return {
        "key": spent.key,
        "user_id": who.user_id,
        "actor": who.email,
        "role": who.role.value,
        "activity": spent.activity.value,
        "scenario": spent.scenario,
        "provider": spent.provider,
        "model": spent.model,
        "prompt_tokens": spent.usage.prompt_tokens,
        "completion_tokens": spent.usage.completion_tokens,
        "estimated": spent.usage.estimated,
    }


def _sum(row: tuple[Any, ...], names: int) -> tuple[tuple[str, ...], UsageSum]:
    named = tuple(str(name) for name in row[:names])
    return named, UsageSum(" · ".join(named), *row[names:])
