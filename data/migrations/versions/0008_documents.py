"""documents: what readers found that people must look at, versions of one document, and a fuller ledger"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BEFORE = ("received", "parsed", "chunked", "embedded", "indexed", "verified", "ready", "failed")
_NOW = (*_BEFORE, "cancelled", "quarantined", "replaced")


def upgrade() -> None:
    op.add_column("documents", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("documents", sa.Column("pages_read", sa.Integer(), server_default="0", nullable=False))
    lineage = sa.Column("lineage", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)
    op.add_column("documents", lineage)
    op.add_column("documents", sa.Column("released", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    stage_at = sa.Column("stage_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    op.add_column("documents", stage_at)
    op.create_index(op.f("ix_documents_lineage"), "documents", ["lineage"])
    op.create_index(op.f("ix_documents_collection_id_filename"), "documents", ["collection_id", "filename"])
    _allow(_NOW)
    op.create_table(
        "document_findings",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('white', 'tiny', 'off_page', 'hidden', 'instruction')", name=op.f("ck_document_findings_kind")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_document_findings_document_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("document_id", "n", name=op.f("uq_document_findings_document_id_n")),
    )


def downgrade() -> None:
    op.drop_table("document_findings")
    op.execute("UPDATE documents SET stage = 'failed' WHERE stage IN ('cancelled', 'quarantined', 'replaced')")
    _allow(_BEFORE)
    op.drop_index(op.f("ix_documents_collection_id_filename"), "documents")
    op.drop_index(op.f("ix_documents_lineage"), "documents")
    for column in ("stage_at", "released", "lineage", "pages_read", "tries"):
        op.drop_column("documents", column)


def _allow(stages: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_documents_stage"), "documents", type_="check")
    allowed = ", ".join(f"'{stage}'" for stage in stages)
    op.create_check_constraint(op.f("ck_documents_stage"), "documents", f"stage IN ({allowed})")
