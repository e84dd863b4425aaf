"""Every table of the product. The schema itself is made by `data/migrations`; a test holds the two together."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[Any]:
    return Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()"))


def _time(name: str, *, now: bool = False, **options: Any) -> Column[Any]:
    default = func.now() if now else None
    return Column(name, DateTime(timezone=True), nullable=not now, server_default=default, **options)


def _text(name: str, default: str | None = "", **options: Any) -> Column[Any]:
    return Column(name, Text, nullable=False, server_default=default, **options)


def _ref(name: str, target: str, *, delete: str = "CASCADE", nullable: bool = False) -> Column[Any]:
    return Column(name, Uuid, ForeignKey(target, ondelete=delete), nullable=nullable)


def _count(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, server_default="0")


def _texts(name: str) -> Column[Any]:
    return Column(name, ARRAY(Text), nullable=False, server_default="{}")


def _people(name: str) -> Column[Any]:
    """Ids of users; one that is gone names nobody, for ids are never used again."""
    return Column(name, ARRAY(Uuid), nullable=False, server_default="{}")


def _json(name: str) -> Column[Any]:
    return Column(name, JSONB, nullable=False, server_default=text("'{}'::jsonb"))


# --- people and sign-in ---------------------------------------------------------------------------------------------

users = Table(
    "users",
    metadata,
    _id(),
    _text("email", None, unique=True),  # lower case
    _text("name"),
    _text("role", None),
    _text("status", None),
    _text("password_hash", None),
    Column("locale", Text),
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    _time("created_at", now=True),
    _time("last_sign_in_at"),
    _time("active_until"),
    CheckConstraint("role IN ('guest', 'sales', 'analyst', 'admin')", name="role"),
    CheckConstraint("status IN ('pending', 'active', 'disabled')", name="status"),
    CheckConstraint("email = lower(email)", name="email_lower"),
)

external_identities = Table(  # stands ready for OIDC: (issuer, subject) is how the outside knows a person
    "external_identities",
    metadata,
    _id(),
    _ref("user_id", "users.id"),
    _text("issuer", None),
    _text("subject", None),
    _time("created_at", now=True),
    UniqueConstraint("issuer", "subject"),
    Index(None, "user_id"),
)

sessions = Table(
    "sessions",
    metadata,
    _id(),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    _ref("user_id", "users.id"),
    _text("kind", None),
    _text("user_agent"),
    _text("ip"),
    _time("created_at", now=True),
    _time("last_seen_at", now=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    _time("revoked_at"),
    _time("remembered_at"),  # since when its conversations are being summarised, once it has ended
    CheckConstraint("kind IN ('browser', 'token')", name="kind"),
    Index(None, "user_id"),
    Index(
        "ix_sessions_unremembered", "expires_at", postgresql_where=text("remembered_at IS NULL AND kind = 'browser'")
    ),
)

tickets = Table(  # single use: exchanged for a session within 30 s by the browser whose nonce it is bound to
    "tickets",
    metadata,
    Column("ticket_hash", LargeBinary, primary_key=True),
    Column("nonce_hash", LargeBinary, nullable=False),
    _ref("user_id", "users.id"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _ref("user_id", "users.id"),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    _text("prefix", None),
    _text("name", None),
    _time("created_at", now=True),
    _time("last_used_at"),
    _time("expires_at"),
    _time("revoked_at"),
    Index(None, "user_id"),
)

sign_in_failures = Table(  # by e-mail, known or not, so that a lock tells nothing about who exists
    "sign_in_failures",
    metadata,
    Column("email", Text, primary_key=True),
    _count("failures"),
    _time("last_at", now=True),
    _time("locked_until"),
)

password_resets = Table(
    "password_resets",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    _ref("user_id", "users.id"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    _time("used_at"),
)

rate_windows = Table(  # one upsert counts a request; rows of past windows are deleted by a nightly job
    "rate_windows",
    metadata,
    Column("key", Text, primary_key=True),
    Column("window_start", DateTime(timezone=True), primary_key=True),
    _count("hits"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("recipient_sealed", LargeBinary, nullable=False),
    Column("subject_sealed", LargeBinary, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    _text("status", "waiting"),
    _count("attempts"),
    _text("error"),
    _time("created_at", now=True),
    _time("sent_at"),
    CheckConstraint("status IN ('waiting', 'sent', 'failed')", name="status"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _time("at", now=True),
    _ref("actor_id", "users.id", delete="SET NULL", nullable=True),
    _text("actor"),  # the e-mail as it was then
    _text("action", None),
    _text("object_type"),
    _text("object_id"),
    _json("detail"),
    _text("ip"),
    Index(None, "at"),
    Index(None, "actor_id"),
)

# --- corpora --------------------------------------------------------------------------------------------------------

collections = Table(
    "collections",
    metadata,
    _id(),
    _text("name", None, unique=True),
    _text("title", None),
    _text("kind", None),
    _ref("owner_id", "users.id", nullable=True),
    _texts("readers"),  # roles
    _people("reader_ids"),  # besides the roles
    Column("revision", BigInteger, nullable=False, server_default="1"),  # grows with what somebody may read in it
    Column("active_version_id", Uuid),  # set in the same transaction that makes the first version
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    _time("created_at", now=True),
    CheckConstraint("kind IN ('faq', 'analytics', 'documents', 'personal')", name="kind"),
    CheckConstraint("(kind = 'personal') = (owner_id IS NOT NULL)", name="owner"),
)

collection_versions = Table(
    "collection_versions",
    metadata,
    _id(),
    _ref("collection_id", "collections.id"),
    Column("number", Integer, nullable=False),
    _text("state", None),
    Column("fingerprint", JSONB, nullable=False),
    _time("created_at", now=True),
    _time("activated_at"),
    _time("retired_at"),
    _json("report"),
    _ref("run_id", "job_runs.id", delete="SET NULL", nullable=True),  # builds the version, or switches to it
    Column("log_start", BigInteger, nullable=False, server_default="0"),  # changes up to here are pruned from the log
    Column("deleted", BigInteger, nullable=False, server_default="0"),  # of the pruned changes
    UniqueConstraint("collection_id", "number"),
    CheckConstraint("state IN ('building', 'built', 'active', 'retired', 'failed')", name="state"),
)

documents = Table(
    "documents",
    metadata,
    _id(),
    _ref("collection_id", "collections.id"),
    _ref("owner_id", "users.id", delete="SET NULL", nullable=True),
    _text("title"),
    _text("filename", None),
    _text("media_type"),
    _text("sha256", None),
    Column("size", BigInteger, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    _text("language"),
    _count("pages"),
    _texts("tags"),
    _texts("notes"),
    Column("readers", ARRAY(Text)),  # roles; null: as the collection says
    _people("reader_ids"),  # besides the roles, where those are not null
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    _text("stage", "received"),
    _count("done"),
    _count("total"),
    _count("attempts"),
    _count("tries"),  # attempts of all stages
    _count("pages_read"),
    _text("error"),
    Column("lineage", Uuid, nullable=False, server_default=text("gen_random_uuid()")),  # all versions share it
    Column("released", Boolean, nullable=False, server_default=text("false")),  # looked at, and let in as it is
    _time("created_at", now=True),
    _time("updated_at", now=True),
    _time("stage_at", now=True),
    _time("ready_at"),
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
    metadata,
    Column("id", Uuid, primary_key=True),  # stable: made from version, document, position and text
    _ref("version_id", "collection_versions.id"),
    _ref("document_id", "documents.id"),
    Column("position", Integer, nullable=False),
    _text("text", None),
    _text("heading"),
    Column("page", Integer),
    Column("page_to", Integer),
    _text("language"),
    _count("tokens"),
    UniqueConstraint("version_id", "document_id", "position"),
    Index(None, "document_id"),
)

chunk_vectors = (
    Table(  # float32, little-endian, `dimension` numbers; no row where the embedding does not speak the language
        "chunk_vectors",
        metadata,
        Column("chunk_id", Uuid, ForeignKey("chunks.id", ondelete="CASCADE"), primary_key=True),
        Column("vector", LargeBinary, nullable=False),
    )
)

chunk_changes = (
    Table(  # what the lexical index follows; written under a per-version advisory lock, so seq order is commit order
        "chunk_changes",
        metadata,
        Column("seq", BigInteger, Identity(), primary_key=True),
        _ref("version_id", "collection_versions.id"),
        Column("chunk_id", Uuid, nullable=False),
        Column("document_id", Uuid, nullable=False),
        _text("op", None),
        _time("at", now=True),
        CheckConstraint("op IN ('put', 'delete')", name="op"),
        Index(None, "version_id", "seq"),
    )
)

job_runs = Table(  # what the caller of a job sees; the queue itself is procrastinate's
    "job_runs",
    metadata,
    _id(),
    _text("kind", None),
    _ref("created_by", "users.id", delete="SET NULL", nullable=True),
    _text("status", "waiting"),
    _count("done"),
    _count("total"),
    _json("result"),
    _text("error"),
    _time("created_at", now=True),
    _time("updated_at", now=True),
    CheckConstraint("status IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="status"),
)

# --- conversations --------------------------------------------------------------------------------------------------

conversations = Table(
    "conversations",
    metadata,
    _id(),
    _ref("owner_id", "users.id", nullable=True),
    Column("guest_id", Uuid),
    Column("title_sealed", LargeBinary, nullable=False),
    Column("archived", Boolean, nullable=False, server_default=text("false")),
    Column("pinned", Boolean, nullable=False, server_default=text("false")),
    _time("deleted_at", index=True),  # in the trash since then
    Column("head_id", Uuid),  # the newest message of the branch that is shown
    _time("created_at", now=True),
    _time("updated_at", now=True),
    CheckConstraint("owner_id IS NOT NULL OR guest_id IS NOT NULL", name="someone"),
    Index(None, "owner_id", "updated_at"),
    Index(None, "guest_id"),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _ref("conversation_id", "conversations.id"),
    Column("seq", BigInteger, Identity(), nullable=False),
    _text("author", None),
    Column("text_sealed", LargeBinary, nullable=False),
    _text("status", "complete"),
    _text("action", "answer"),
    _text("scenario"),
    _text("collection"),
    _text("provider"),
    _text("model"),
    _json("params"),
    _count("prompt_tokens"),
    _count("completion_tokens"),
    Column("usage_estimated", Boolean, nullable=False, server_default=text("true")),
    _count("took_ms"),
    Column("evidence", Float),
    _text("error"),
    Column("parent_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE"), index=True),  # null: the first one
    _time("created_at", now=True),
    _time("saved_at", now=True),  # a running answer moves it at least every 2 s: an old one has lost its process
    CheckConstraint("author IN ('user', 'assistant')", name="author"),
    CheckConstraint("status IN ('waiting', 'streaming', 'complete', 'stopped', 'failed')", name="status"),
    Index(None, "conversation_id", "seq"),
)

citations = Table(  # snapshots: a re-index never shifts them; deleting the document blanks the text
    "citations",
    metadata,
    _ref("message_id", "messages.id"),
    Column("n", Integer, nullable=False),
    Column("chunk_id", Uuid),  # no foreign key: the chunk may be of a retired version
    _ref("document_id", "documents.id", delete="SET NULL", nullable=True),
    Column("document_version", Integer, nullable=False, server_default="1"),
    _text("title"),
    Column("page", Integer),
    Column("text_sealed", LargeBinary),  # null once the document is deleted
    Column("score", Float, nullable=False, server_default="0"),
    UniqueConstraint("message_id", "n"),
    Index(None, "document_id"),
)
