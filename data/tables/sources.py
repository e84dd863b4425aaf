"""The tables of sources besides upload, on the metadata of `data.tables`."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from data.tables import columns as c

sources = Table(
    "sources",
    c.metadata,
    c.id(),
    c.ref("collection_id", "collections.id"),
    c.text("kind", None),
    c.text("name", None),
    Column("config_sealed", LargeBinary, nullable=False),  # JSON with its credentials
    Column("interval_minutes", Integer),  # null: only when somebody starts it
    c.ref("created_by", "users.id", delete="SET NULL", nullable=True),
    c.time("created_at", now=True),
    c.time("updated_at", now=True),
    c.time("due_at"),
    CheckConstraint("interval_minutes > 0", name="interval_minutes"),
    UniqueConstraint("collection_id", "name"),
    Index(None, "due_at"),
)

source_hosts = Table(  # what sources may reach; `private`: also at an address of one's own network
    "source_hosts",
    c.metadata,
    Column("host", Text, primary_key=True),
    Column("private", Boolean, nullable=False, server_default=text("false")),
    c.text("added_by"),  # the e-mail as it was then
    c.time("created_at", now=True),
)

source_runs = Table(  # the ledger; `held`: too much had vanished, somebody must say what to do
    "source_runs",
    c.metadata,
    c.id(),
    c.ref("source_id", "sources.id"),
    c.text("mode", "refresh"),
    c.text("status", "waiting"),
    Column("confirmed", Boolean, nullable=False, server_default=text("false")),
    c.ref("started_by", "users.id", delete="SET NULL", nullable=True),
    c.count("total"),
    c.count("added"),
    c.count("changed"),
    c.count("removed"),
    c.count("unchanged"),
    c.count("failed"),
    c.text("error"),
    Column(
        "problems", JSONB, nullable=False, server_default=text("'[]'::jsonb")
    ),  # [[key, sentence], …], the first ones
    c.time("created_at", now=True),
    c.time("started_at"),
    c.time("ended_at"),
    CheckConstraint("mode IN ('refresh', 'removal')", name="mode"),
    CheckConstraint("status IN ('waiting', 'running', 'done', 'held', 'failed', 'cancelled')", name="status"),
    Index(None, "source_id", "created_at"),
    Index("uq_source_runs_active", "source_id", unique=True, postgresql_where=text("status IN ('waiting', 'running')")),
)

source_records = Table(  # what a source had when it was last read, and the document that each record became
    "source_records",
    c.metadata,
    Column("source_id", Uuid, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    c.ref("document_id", "documents.id", delete="SET NULL", nullable=True),
    Column("made", Boolean, nullable=False, server_default=text("false")),  # the document was not there before
    c.text("stamp"),  # what the source says about its last change
    c.text("digest"),  # SHA-256 of what it said
    Column("run_id", Uuid),  # the run that saw it last
    c.text("outcome"),
    c.text("reason"),
    c.time("updated_at", now=True),
    Index(None, "document_id"),
)
