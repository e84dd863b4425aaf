"""The tables of conversations: messages and citations, shares, feedback, templates and instructions."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from data.tables import columns as c

conversations = Table(
    "conversations",
    c.metadata,
    c.id(),
    c.ref("owner_id", "users.id", nullable=True),
    Column("guest_id", Uuid),
    Column("title_sealed", LargeBinary, nullable=False),
    Column("archived", Boolean, nullable=False, server_default=text("false")),
    Column("pinned", Boolean, nullable=False, server_default=text("false")),
    c.time("deleted_at", index=True),  # in the trash since then
    Column("head_id", Uuid),  # the newest message of the branch that is shown
    c.time("created_at", now=True),
    c.time("updated_at", now=True),
    CheckConstraint("owner_id IS NOT NULL OR guest_id IS NOT NULL", name="someone"),
    Index(None, "owner_id", "updated_at"),
    Index(None, "guest_id"),
)

messages = Table(
    "messages",
    c.metadata,
    c.id(),
    c.ref("conversation_id", "conversations.id"),
    Column("seq", BigInteger, Identity(), nullable=False),
    c.text("author", None),
    Column("text_sealed", LargeBinary, nullable=False),
    c.text("status", "complete"),
    c.text("action", "answer"),
    c.text("scenario"),
    c.text("collection"),
    c.text("provider"),
    c.text("model"),
    c.json("params"),
    c.count("prompt_tokens"),
    c.count("completion_tokens"),
    Column("usage_estimated", Boolean, nullable=False, server_default=text("true")),
    c.count("took_ms"),
    Column("evidence", Float),
    c.text("error"),
    Column("parent_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE"), index=True),  # null: the first one
    c.time("created_at", now=True),
    c.time("saved_at", now=True),  # a running answer moves it at least every 2 s: an old one has lost its process
    CheckConstraint("author IN ('user', 'assistant')", name="author"),
    CheckConstraint("status IN ('waiting', 'streaming', 'complete', 'stopped', 'failed')", name="status"),
    Index(None, "conversation_id", "seq"),
)

citations = Table(  # snapshots: a re-index never shifts them; deleting the document blanks the text
    "citations",
    c.metadata,
    c.ref("message_id", "messages.id"),
    Column("n", Integer, nullable=False),
    Column("chunk_id", Uuid),  # no foreign key: the chunk may be of a retired version
    c.ref("document_id", "documents.id", delete="SET NULL", nullable=True),
    Column("document_version", Integer, nullable=False, server_default="1"),
    c.text("title"),
    Column("page", Integer),
    Column("text_sealed", LargeBinary),  # null once the document is deleted
    Column("score", Float, nullable=False, server_default="0"),
    UniqueConstraint("message_id", "n"),
    Index(None, "document_id"),
)

conversation_shares = Table(  # who else may read a conversation; what they may read of it is decided when they do
    "conversation_shares",
    c.metadata,
    c.ref("conversation_id", "conversations.id"),
    c.ref("user_id", "users.id"),
    c.time("created_at", now=True),
    PrimaryKeyConstraint("conversation_id", "user_id"),
    Index(None, "user_id"),
)

message_feedback = Table(
    "message_feedback",
    c.metadata,
    Column("message_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("helpful", Boolean, nullable=False),
    c.text("reason"),
    Column("note_sealed", LargeBinary, nullable=False),
    c.time("at", now=True),
    Index(None, "at"),
)

prompt_templates = Table(
    "prompt_templates",
    c.metadata,
    c.id(),
    c.ref("owner_id", "users.id", nullable=True),  # null: shared by administrators
    Column("roles", ARRAY(Text)),  # of a shared one; null: every role
    Column("version", Integer, nullable=False),
    c.time("created_at", now=True),
    Index(None, "owner_id"),
)

prompt_template_versions = Table(
    "prompt_template_versions",
    c.metadata,
    c.ref("template_id", "prompt_templates.id"),
    Column("version", Integer, nullable=False),
    Column("title_sealed", LargeBinary, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    c.text("author"),  # the e-mail as it was then
    c.time("created_at", now=True),
    PrimaryKeyConstraint("template_id", "version"),
)

instructions = Table(  # what administrators tell the model; the newest of a role and scenario counts, "" is every role
    "instructions",
    c.metadata,
    Column("version", Integer, Identity(), primary_key=True),
    c.text("role"),
    c.text("scenario", None),
    c.text("body"),  # empty: the shipped ones again
    c.text("note"),
    c.text("author"),
    c.time("created_at", now=True),
    CheckConstraint("role IN ('', 'guest', 'sales', 'analyst', 'admin')", name="role"),
    Index(None, "scenario", "role", "version"),
)
