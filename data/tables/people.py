"""The tables of people: accounts, sessions, keys, limits of requests, mail and audit."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from data.tables import columns as c

users = Table(
    "users",
    c.metadata,
    c.id(),
    c.text("email", None, unique=True),  # lower case
    c.text("name"),
    c.text("role", None),
    c.text("status", None),
    c.text("password_hash", None),
    Column("locale", Text),
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    c.time("created_at", now=True),
    c.time("last_sign_in_at"),
    c.time("active_until"),
    CheckConstraint("role IN ('guest', 'sales', 'analyst', 'admin')", name="role"),
    CheckConstraint("status IN ('pending', 'active', 'disabled')", name="status"),
    CheckConstraint("email = lower(email)", name="email_lower"),
)

external_identities = Table(  # stands ready for OIDC: (issuer, subject) is how the outside knows a person
    "external_identities",
    c.metadata,
    c.id(),
    c.ref("user_id", "users.id"),
    c.text("issuer", None),
    c.text("subject", None),
    c.time("created_at", now=True),
    UniqueConstraint("issuer", "subject"),
    Index(None, "user_id"),
)

sessions = Table(
    "sessions",
    c.metadata,
    c.id(),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    c.ref("user_id", "users.id"),
    c.text("kind", None),
    c.text("user_agent"),
    c.text("ip"),
    c.time("created_at", now=True),
    c.time("last_seen_at", now=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    c.time("revoked_at"),
    c.time("remembered_at"),  # since when its conversations are being summarised, once it has ended
    CheckConstraint("kind IN ('browser', 'token')", name="kind"),
    Index(None, "user_id"),
    Index(
        "ix_sessions_unremembered", "expires_at", postgresql_where=text("remembered_at IS NULL AND kind = 'browser'")
    ),
)

tickets = Table(  # single use: exchanged for a session within 30 s by the browser whose nonce it is bound to
    "tickets",
    c.metadata,
    Column("ticket_hash", LargeBinary, primary_key=True),
    Column("nonce_hash", LargeBinary, nullable=False),
    c.ref("user_id", "users.id"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

api_keys = Table(
    "api_keys",
    c.metadata,
    c.id(),
    c.ref("user_id", "users.id"),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    c.text("prefix", None),
    c.text("name", None),
    c.time("created_at", now=True),
    c.time("last_used_at"),
    c.time("expires_at"),
    c.time("revoked_at"),
    Index(None, "user_id"),
)

sign_in_failures = Table(  # by e-mail, known or not, so that a lock tells nothing about who exists
    "sign_in_failures",
    c.metadata,
    Column("email", Text, primary_key=True),
    c.count("failures"),
    c.time("last_at", now=True),
    c.time("locked_until"),
)

password_resets = Table(
    "password_resets",
    c.metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    c.ref("user_id", "users.id"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    c.time("used_at"),
)

rate_windows = Table(  # one upsert counts a request; rows of past windows are deleted by a nightly job
    "rate_windows",
    c.metadata,
    Column("key", Text, primary_key=True),
    Column("window_start", DateTime(timezone=True), primary_key=True),
    c.count("hits"),
)

outbox = Table(
    "outbox",
    c.metadata,
    c.id(),
    Column("recipient_sealed", LargeBinary, nullable=False),
    Column("subject_sealed", LargeBinary, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    c.text("status", "waiting"),
    c.count("attempts"),
    c.text("error"),
    c.time("created_at", now=True),
    c.time("sent_at"),
    CheckConstraint("status IN ('waiting', 'sent', 'failed')", name="status"),
)

audit = Table(
    "audit",
    c.metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    c.time("at", now=True),
    c.ref("actor_id", "users.id", delete="SET NULL", nullable=True),
    c.text("actor"),  # the e-mail as it was then
    c.text("action", None),
    c.text("object_type"),
    c.text("object_id"),
    c.json("detail"),
    c.text("ip"),
    Index(None, "at"),
    Index(None, "actor_id"),
)
