"""The tables of collections, their versions, documents and chunks, and of the jobs on them."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
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

collections = Table(
    "collections",
    c.metadata,
    c.id(),
    c.text("name", None, unique=True),
    c.text("title", None),
    c.text("kind", None),
    c.ref("owner_id", "users.id", nullable=True),
    c.texts("readers"),  # roles
    c.people("reader_ids"),  # besides the roles
    Column("revision", BigInteger, nullable=False, server_default="1"),  # grows with what somebody may read in it
    Column("active_version_id", Uuid),  # set in the same transaction that makes the first version
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    c.time("created_at", now=True),
    CheckConstraint("kind IN ('faq', 'analytics', 'documents', 'personal')", name="kind"),
    CheckConstraint("(kind = 'personal') = (owner_id IS NOT NULL)", name="owner"),
)

collection_versions = Table(
    "collection_versions",
    c.metadata,
    c.id(),
    c.ref("collection_id", "collections.id"),
    Column("number", Integer, nullable=False),
    c.text("state", None),
    Column("fingerprint", JSONB, nullable=False),
    c.time("created_at", now=True),
    c.time("activated_at"),
    c.time("retired_at"),
    c.json("report"),
    c.ref("run_id", "job_runs.id", delete="SET NULL", nullable=True),  # builds the version, or switches to it
    Column("log_start", BigInteger, nullable=False, server_default="0"),  # changes up to here are pruned from the log
    Column("deleted", BigInteger, nullable=False, server_default="0"),  # of the pruned changes
    UniqueConstraint("collection_id", "number"),
    CheckConstraint("state IN ('building', 'built', 'active', 'retired', 'failed')", name="state"),
)

documents = Table(
    "documents",
    c.metadata,
    c.id(),
    c.ref("collection_id", "collections.id"),
    c.ref("owner_id", "users.id", delete="SET NULL", nullable=True),
    c.text("title"),
    c.text("filename", None),
    c.text("media_type"),
    c.text("sha256", None),
    Column("size", BigInteger, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    c.text("language"),
    c.count("pages"),
    c.texts("tags"),
    c.texts("notes"),
    Column("readers", ARRAY(Text)),  # roles; null: as the collection says
    c.people("reader_ids"),  # besides the roles, where those are not null
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    c.text("stage", "received"),
    c.count("done"),
    c.count("total"),
    c.count("attempts"),
    c.count("tries"),  # attempts of all stages
    c.count("pages_read"),
    c.text("error"),
    Column("lineage", Uuid, nullable=False, server_default=text("gen_random_uuid()")),  # all versions share it
    Column("released", Boolean, nullable=False, server_default=text("false")),  # looked at, and let in as it is
    c.time("created_at", now=True),
    c.time("updated_at", now=True),
    c.time("stage_at", now=True),
    c.time("ready_at"),
    UniqueConstraint("collection_id", "sha256"),
    Index(None, "owner_id"),
    Index(None, "lineage"),
    Index(None, "collection_id", "filename"),
    CheckConstraint(
        "stage IN ('received', 'parsed', 'chunked', 'embedded', 'indexed', 'verified', 'ready', 'failed',"
        " 'cancelled', 'quarantined', 'replaced')",
        name="stage",
    ),
)

chunks = Table(
    "chunks",
    c.metadata,
    Column("id", Uuid, primary_key=True),  # stable: made from version, document, position and text
    c.ref("version_id", "collection_versions.id"),
    c.ref("document_id", "documents.id"),
    Column("position", Integer, nullable=False),
    c.text("text", None),
    c.text("heading"),
    Column("page", Integer),
    Column("page_to", Integer),
    c.text("language"),
    c.count("tokens"),
    UniqueConstraint("version_id", "document_id", "position"),
    Index(None, "document_id"),
)

chunk_vectors = (
    Table(  # float32, little-endian, `dimension` numbers; no row where the embedding does not speak the language
        "chunk_vectors",
        c.metadata,
        Column("chunk_id", Uuid, ForeignKey("chunks.id", ondelete="CASCADE"), primary_key=True),
        Column("vector", LargeBinary, nullable=False),
    )
)

chunk_changes = (
    Table(  # what the lexical index follows; written under a per-version advisory lock, so seq order is commit order
        "chunk_changes",
        c.metadata,
        Column("seq", BigInteger, Identity(), primary_key=True),
        c.ref("version_id", "collection_versions.id"),
        Column("chunk_id", Uuid, nullable=False),
        Column("document_id", Uuid, nullable=False),
        c.text("op", None),
        c.time("at", now=True),
        CheckConstraint("op IN ('put', 'delete')", name="op"),
        Index(None, "version_id", "seq"),
    )
)

job_runs = Table(  # what the caller of a job sees; the queue itself is procrastinate's
    "job_runs",
    c.metadata,
    c.id(),
    c.text("kind", None),
    c.ref("created_by", "users.id", delete="SET NULL", nullable=True),
    c.text("status", "waiting"),
    c.count("done"),
    c.count("total"),
    c.json("result"),
    c.text("error"),
    c.time("created_at", now=True),
    c.time("updated_at", now=True),
    CheckConstraint("status IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="status"),
)

document_findings = Table(  # of documents in quarantine, and of those that were let out of it
    "document_findings",
    c.metadata,
    c.ref("document_id", "documents.id"),
    Column("n", Integer, nullable=False),
    c.text("kind", None),
    Column("page", Integer),
    c.text("text", None),
    UniqueConstraint("document_id", "n"),
    CheckConstraint("kind IN ('white', 'tiny', 'off_page', 'hidden', 'instruction')", name="kind"),
)
