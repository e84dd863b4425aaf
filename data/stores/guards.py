"""Guardrail rules with their versions, and security events, whose texts are sealed."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text

from core.entities.guards import GuardRules, SecurityEvent
from core.entities.people import Principal
from core.security import Cipher
from data.tables.guards import guard_rules, security_events


class Guards:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def newest(self) -> int:
        """The version of the rules that count; 0 while only the shipped ones exist."""
        return int(self._connection.execute(select(func.coalesce(func.max(guard_rules.c.version), 0))).scalar_one())

    def lock(self) -> None:
        """Until this transaction ends nobody else saves rules."""
        self._connection.execute(text("LOCK TABLE guard_rules IN SHARE ROW EXCLUSIVE MODE"))

    def version(self, version: int) -> GuardRules | None:
        row = self._connection.execute(select(*_SHOWN).where(guard_rules.c.version == version)).one_or_none()
        return GuardRules(**row._mapping) if row else None

    def history(self, *, limit: int = 50) -> list[GuardRules]:
        """Newest first."""
        query = select(*_SHOWN).order_by(guard_rules.c.version.desc()).limit(limit)
        return [GuardRules(**row._mapping) for row in self._connection.execute(query)]

    def save(self, body: str, note: str, who: Principal) -> int:
        values = {"body": body, "note": note, "created_by": who.user_id, "author": who.email}
        statement = insert(guard_rules).values(values).returning(guard_rules.c.version)
        return int(self._connection.execute(statement).scalar_one())

    def record(self, who: Principal, *, side: str, rule: str, category: str, rules_version: int, content: str) -> None:
        self._connection.execute(
            insert(security_events).values(
                actor_id=who.user_id,
                actor=who.email,
                ip=who.ip,
                side=side,
                rule=rule,
                category=category,
                rules_version=rules_version,
                text_sealed=self._cipher.seal(content),
            )
        )

    def events(
        self,
        *,
        actor_id: UUID | None = None,
        rule: str = "",
        category: str = "",
        actor: str = "",
        limit: int = 100,
        offset: int = 0,
    ) -> list[SecurityEvent]:
        """Newest first; `actor` is a part of the e-mail."""
        query = select(security_events).order_by(security_events.c.id.desc()).limit(limit).offset(offset)
        if actor_id is not None:
            query = query.where(security_events.c.actor_id == actor_id)
        if rule:
            query = query.where(security_events.c.rule == rule)
        if category:
            query = query.where(security_events.c.category == category)
        if actor:
            query = query.where(security_events.c.actor.icontains(actor, autoescape=True))
        return [
            SecurityEvent(
                id=row.id,
                at=row.at,
                actor_id=row.actor_id,
                actor=row.actor,
                ip=row.ip,
                side=row.side,
                rule=row.rule,
                category=row.category,
                rules_version=row.rules_version,
                text=self._cipher.open(row.text_sealed),
            )
            for row in self._connection.execute(query)
        ]


_SHOWN = (
    guard_rules.c.version,
    guard_rules.c.body,
    guard_rules.c.note,
    guard_rules.c.author,
    guard_rules.c.created_at,
)
