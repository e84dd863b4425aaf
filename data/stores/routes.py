"""How the scenario of each answer was decided, and the corrections of people, which become candidate examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from data.tables.guards import route_decisions as decisions


@dataclass(frozen=True, slots=True)
class RouteRecord:
    """`chosen` is the scenario that the person put in its place, or None."""

    message_id: UUID
    scenario: str
    scores: Mapping[str, float]
    reason: str
    decided_by: str
    chosen: str | None = None


class RouteDecisions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, record: RouteRecord) -> None:
        self._connection.execute(
            insert(decisions).values(
                message_id=record.message_id,
                scenario=record.scenario,
                scores=dict(record.scores),
                reason=record.reason,
                decided_by=record.decided_by,
                chosen=record.chosen,
            )
        )

    def of(self, message_id: UUID) -> RouteRecord | None:
        row = self._connection.execute(select(*_SHOWN).where(decisions.c.message_id == message_id)).one_or_none()
        return RouteRecord(**row._mapping) if row else None

    def choose(self, message_id: UUID, scenario: str) -> bool:
        """Whether there was a decision to correct."""
        statement = update(decisions).where(decisions.c.message_id == message_id).values(chosen=scenario)
        return self._connection.execute(statement).rowcount > 0

    def corrected(self, *, limit: int = 200) -> list[RouteRecord]:
        """Decisions that a person changed, newest first."""
        wrong = decisions.c.chosen.is_not(None) & (decisions.c.chosen != decisions.c.scenario)
        query = select(*_SHOWN).where(wrong).order_by(decisions.c.at.desc()).limit(limit)
        return [RouteRecord(**row._mapping) for row in self._connection.execute(query)]


_SHOWN = tuple(decisions.c[name] for name in ("message_id", "scenario", "scores", "reason", "decided_by", "chosen"))
