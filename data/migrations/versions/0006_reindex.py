"""corpora: versions that are built, checked, switched and kept"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def upgrade() -> None:
    op.add_column(
        "collection_versions",
        sa.Column(
            "report", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
    )
    op.add_column("collection_versions", sa.Column("run_id", sa.Uuid(), nullable=True))
    for name in ("log_start", "deleted"):
        op.add_column("collection_versions", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.create_foreign_key(
        op.f("fk_collection_versions_run_id"),
        "collection_versions",
        "job_runs",
        ["run_id"],
        ["id"],
        ondelete="SET NULL",
    )
    _states("building", "built", "active", "retired", "failed")
    op.create_table(
        "version_documents",
        _reference("version_id"),
        _reference("document_id"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_over", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        _foreign("version_documents", "version_id", "collection_versions.id"),
        _foreign("version_documents", "document_id", "documents.id"),
        sa.PrimaryKeyConstraint("version_id", "document_id", name=op.f("pk_version_documents")),
    )
    op.create_index(op.f("ix_version_documents_document_id"), "version_documents", ["document_id"])
    op.create_table(
        "change_followers",
        _reference("version_id"),
        sa.Column("follower", sa.Uuid(), nullable=False),
        sa.Column("applied", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        _foreign("change_followers", "version_id", "collection_versions.id"),
        sa.PrimaryKeyConstraint("version_id", "follower", name=op.f("pk_change_followers")),
    )
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=True),
        sa.Column(
            "compared", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "findings", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("seconds", sa.Float(), server_default="0", nullable=False),
        _foreign("reconciliations", "collection_id", "collections.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
    )
    op.create_index(op.f("ix_reconciliations_collection_id_at"), "reconciliations", ["collection_id", "at"])


def downgrade() -> None:
    for table in ("reconciliations", "change_followers", "version_documents"):
        op.drop_table(table)
    op.execute("DELETE FROM collection_versions WHERE state = 'built'")
    _states("building", "active", "retired", "failed")
    for column in ("deleted", "log_start", "run_id", "report"):
        op.drop_column("collection_versions", column)


def _states(*states: str) -> None:
    name = op.f("ck_collection_versions_state")
    op.drop_constraint(name, "collection_versions", type_="check")
    op.create_check_constraint(name, "collection_versions", sa.column("state").in_(states))


def _reference(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")
