"""The tables around conversations, on the metadata of `data.tables`: shares, feedback, templates, instructions."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from data.tables import _id, _ref, _text, _time, metadata

conversation_shares = Table(  # who else may read a conversation; what they may read of it is decided when they do
    "conversation_shares",
    metadata,
    _ref("conversation_id", "conversations.id"),
    _ref("user_id", "users.id"),
    _time("created_at", now=True),
    PrimaryKeyConstraint("conversation_id", "user_id"),
    Index(None, "user_id"),
)

message_feedback = Table(
    "message_feedback",
    metadata,
    Column("message_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("helpful", Boolean, nullable=False),
    _text("reason"),
    Column("note_sealed", LargeBinary, nullable=False),
    _time("at", now=True),
    Index(None, "at"),
)

prompt_templates = Table(
    "prompt_templates",
    metadata,
    _id(),
    _ref("owner_id", "users.id", nullable=True),  # null: shared by administrators
    Column("roles", ARRAY(Text)),  # of a shared one; null: every role
    Column("version", Integer, nullable=False),
    _time("created_at", now=True),
    Index(None, "owner_id"),
)

prompt_template_versions = Table(
    "prompt_template_versions",
    metadata,
    _ref("template_id", "prompt_templates.id"),
    Column("version", Integer, nullable=False),
    Column("title_sealed", LargeBinary, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    _text("author"),  # the e-mail as it was then
    _time("created_at", now=True),
    PrimaryKeyConstraint("template_id", "version"),
)

instructions = Table(  # what administrators tell the model; the newest of a role and scenario counts, "" is every role
    "instructions",
    metadata,
    Column("version", Integer, Identity(), primary_key=True),
    _text("role"),
    _text("scenario", None),
    _text("body"),  # empty: the shipped ones again
    _text("note"),
    _text("author"),
    _time("created_at", now=True),
    CheckConstraint("role IN ('', 'guest', 'sales', 'analyst', 'admin')", name="role"),
    Index(None, "scenario", "role", "version"),
)
