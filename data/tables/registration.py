"""The tables of registration, of access that ends, and of summaries, on the metadata of `data.tables`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from data.tables import columns as c

one_time_codes = Table(  # one for an address at most: a new one takes the place of the one before
    "one_time_codes",
    c.metadata,
    Column("email", Text, primary_key=True),  # lower case; whether or not somebody has it
    Column("code_hash", LargeBinary),  # null: used up
    c.count("tries"),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("proof_hash", LargeBinary, unique=True),  # of the token that the right code was exchanged for
    c.time("proof_expires_at"),
)

allowlist = Table(
    "allowlist",
    c.metadata,
    Column("pattern", Text, primary_key=True),  # an address or a domain, lower case
    Column("approved", Boolean, nullable=False),  # registers without approval
    Column("lasting", Boolean, nullable=False),  # an end date does not count
    c.time("created_at", now=True),
    CheckConstraint("pattern = lower(pattern)", name="pattern_lower"),
)

profiles = Table(
    "profiles",
    c.metadata,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    c.text("city"),
    c.text("niche"),  # a niche's id; no foreign key: an import may take the niche away
    Column("remember", Boolean, nullable=False, server_default=text("true")),
    c.time("proven_at"),
)

registrations = Table(  # the account that came of a guest's conversation
    "registrations",
    c.metadata,
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    c.ref("user_id", "users.id"),
    c.time("at", now=True),
    Index(None, "user_id"),
)

summaries = Table(
    "summaries",
    c.metadata,
    c.id(),
    c.ref("user_id", "users.id"),
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="SET NULL"), unique=True),
    Column("title_sealed", LargeBinary, nullable=False),
    Column("text_sealed", LargeBinary, nullable=False),
    Column("covers", BigInteger, nullable=False),  # the `seq` of the last message that it tells of
    c.text("ended_by", None),
    c.text("provider"),
    c.text("model"),
    c.time("created_at", now=True),
    c.time("seen_at"),
    CheckConstraint("ended_by IN ('cleared', 'sign_out', 'expired')", name="ended_by"),
    Index(None, "user_id", "created_at"),
)
