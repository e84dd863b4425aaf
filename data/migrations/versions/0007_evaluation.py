"""evaluation: golden sets and their runs"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.text("gen_random_uuid()")
_EMPTY = sa.text("'{}'::jsonb")


def _foreign(table: str, column: str, target: str, delete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=delete)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), server_default=_EMPTY, nullable=False)


def _now(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "retrieval_settings",
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        _json("settings"),
        sa.Column("least_recall", sa.Float(), nullable=True),
        sa.Column("most_loss", sa.Float(), nullable=True),
        _now("updated_at"),
        _foreign("retrieval_settings", "collection_id", "collections"),
        sa.UniqueConstraint("collection_id", name=op.f("uq_retrieval_settings_collection_id")),
    )
    op.create_table(
        "golden_questions",
        sa.Column("id", sa.Uuid(), server_default=_ID, nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("origin", sa.Text(), server_default="", nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        _now("created_at"),
        _foreign("golden_questions", "collection_id", "collections"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden_questions")),
    )
    op.create_index(
        op.f("ix_golden_questions_collection_id_created_at"), "golden_questions", ["collection_id", "created_at"]
    )
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Uuid(), server_default=_ID, nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _json("settings"),
        sa.Column("purpose", sa.Text(), server_default="measure", nullable=False),
        sa.Column("baseline_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        _json("measures"),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        _now("created_at"),
        sa.CheckConstraint("purpose IN ('measure', 'apply', 'gate')", name=op.f("ck_evaluations_purpose")),
        _foreign("evaluations", "collection_id", "collections"),
        _foreign("evaluations", "version_id", "collection_versions", "SET NULL"),
        _foreign("evaluations", "baseline_id", "evaluations", "SET NULL"),
        _foreign("evaluations", "job_id", "job_runs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluations")),
    )
    op.create_index(op.f("ix_evaluations_collection_id_created_at"), "evaluations", ["collection_id", "created_at"])
    for column in ("version_id", "job_id", "baseline_id"):
        op.create_index(op.f(f"ix_evaluations_{column}"), "evaluations", [column])
    op.create_table(
        "evaluation_outcomes",
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.Float(), nullable=False),
        sa.Column("answerable", sa.Boolean(), nullable=False),
        sa.Column("took_ms", sa.Float(), nullable=False),
        _json("hits"),
        _foreign("evaluation_outcomes", "evaluation_id", "evaluations"),
        _foreign("evaluation_outcomes", "question_id", "golden_questions"),
        sa.UniqueConstraint(
            "evaluation_id", "question_id", name=op.f("uq_evaluation_outcomes_evaluation_id_question_id")
        ),
    )
    op.create_index(op.f("ix_evaluation_outcomes_question_id"), "evaluation_outcomes", ["question_id"])


def downgrade() -> None:
    for table in ("evaluation_outcomes", "evaluations", "golden_questions", "retrieval_settings"):
        op.drop_table(table)
