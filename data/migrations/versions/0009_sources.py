"""sources besides upload, and who may read a document"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COUNTS = ("total", "added", "changed", "removed", "unchanged", "failed")


def upgrade() -> None:
    for table in ("collections", "documents"):
        op.add_column(table, sa.Column("reader_ids", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False))
    op.add_column("collections", sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False))
    op.create_table(
        "sources",
        _id(),
        _ref("collection_id", "collections.id"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("config_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("interval_minutes", sa.Integer(), nullable=True),
        _ref("created_by", "users.id", delete="SET NULL", nullable=True),
        _now("created_at"),
        _now("updated_at"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("interval_minutes > 0", name=op.f("ck_sources_interval_minutes")),
        sa.UniqueConstraint("collection_id", "name", name=op.f("uq_sources_collection_id_name")),
    )
    op.create_index(op.f("ix_sources_due_at"), "sources", ["due_at"])
    op.create_table(
        "source_hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("added_by", sa.Text(), server_default="", nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_source_hosts")),
    )
    op.create_table(
        "source_runs",
        _id(),
        _ref("source_id", "sources.id"),
        sa.Column("mode", sa.Text(), server_default="refresh", nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("confirmed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _ref("started_by", "users.id", delete="SET NULL", nullable=True),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in _COUNTS),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("problems", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        _now("created_at"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode IN ('refresh', 'removal')", name=op.f("ck_source_runs_mode")),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'held', 'failed', 'cancelled')",
            name=op.f("ck_source_runs_status"),
        ),
    )
    op.create_index(op.f("ix_source_runs_source_id_created_at"), "source_runs", ["source_id", "created_at"])
    op.create_index(
        "uq_source_runs_active", "source_runs", ["source_id"], unique=True,
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
    )  # fmt: skip
    op.create_table(
        "source_records",
        _ref("source_id", "sources.id"),
        sa.Column("key", sa.Text(), nullable=False),
        _ref("document_id", "documents.id", delete="SET NULL", nullable=True),
        sa.Column("made", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("stamp", sa.Text(), server_default="", nullable=False),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("source_id", "key", name=op.f("pk_source_records")),
    )
    op.create_index(op.f("ix_source_records_document_id"), "source_records", ["document_id"])


def downgrade() -> None:
    for table in ("source_records", "source_runs", "source_hosts", "sources"):
        op.drop_table(table)
    op.drop_column("documents", "reader_ids")
    op.drop_column("collections", "reader_ids")
    op.drop_column("collections", "revision")


def _id() -> sa.Column:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), primary_key=True)


def _now(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _ref(name: str, target: str, *, delete: str = "CASCADE", nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(target, ondelete=delete), nullable=nullable)
