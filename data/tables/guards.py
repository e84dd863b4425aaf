"""The tables of routing, guardrails and limits, on the metadata of `data.tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, Integer, LargeBinary, Table, Text

from data.tables import columns as c

guard_rules = Table(  # every saved state of the rules; the newest one counts, and none at all means the shipped ones
    "guard_rules",
    c.metadata,
    Column("version", Integer, Identity(), primary_key=True),
    c.text("body", None),
    c.text("note"),
    c.ref("created_by", "users.id", delete="SET NULL", nullable=True),
    c.text("author"),  # the e-mail as it was then
    c.time("created_at", now=True),
)

security_events = Table(
    "security_events",
    c.metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    c.time("at", now=True),
    c.ref("actor_id", "users.id", delete="SET NULL", nullable=True),
    c.text("actor"),  # the e-mail as it was then; empty for a guest
    c.text("ip"),
    c.text("side", None),
    c.text("rule", None),
    c.text("category", None),
    Column("rules_version", Integer, nullable=False, server_default="0"),  # 0: the shipped ones
    Column("text_sealed", LargeBinary, nullable=False),
    CheckConstraint("side IN ('prompt', 'answer')", name="side"),
    Index(None, "at"),
    Index(None, "actor_id"),
)

role_limits = Table(  # what an administrator has set; a role without a row has the defaults of `services.chat.limits`
    "role_limits",
    c.metadata,
    Column("role", Text, primary_key=True),
    Column("per_minute", Integer, nullable=False),
    Column("tokens_per_day", BigInteger),  # null: no quota
    c.time("updated_at", now=True),
    CheckConstraint("per_minute > 0", name="per_minute"),
    CheckConstraint("tokens_per_day > 0", name="tokens_per_day"),
    CheckConstraint("role IN ('guest', 'sales', 'analyst', 'admin')", name="role"),
)

route_decisions = Table(  # how each answer's scenario was found; `chosen` is the person's correction
    "route_decisions",
    c.metadata,
    c.ref("message_id", "messages.id"),
    c.text("scenario", None),
    c.json("scores"),
    c.text("reason"),
    c.text("decided_by", None),
    Column("chosen", Text),
    c.time("at", now=True),
    Index("uq_route_decisions_message_id", "message_id", unique=True),
)
