"""how an answer was made, and answers kept for the same question"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _sealed_per_message(name, column):
    op.create_table(
        name,
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column(column, sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f(f"fk_{name}_message_id"), ondelete="CASCADE"
        ),
    )
    op.create_index(f"uq_{name}_message_id", name, ["message_id"], unique=True)


def upgrade() -> None:
    _sealed_per_message("answer_contents", "content_sealed")
    _sealed_per_message("answer_traces", "trace_sealed")
    op.create_table(
        "conversation_states",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("state_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_states_conversation_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("uq_conversation_states_conversation_id", "conversation_states", ["conversation_id"], unique=True)
    op.create_table(
        "conversation_documents",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_documents_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_conversation_documents_document_id"), ondelete="CASCADE"
        ),
    )
    op.create_index(
        "uq_conversation_documents", "conversation_documents", ["conversation_id", "document_id"], unique=True
    )
    op.create_index(op.f("ix_conversation_documents_document_id"), "conversation_documents", ["document_id"])
    op.create_table(
        "answer_cache",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("hits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_answer_cache_collection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_answer_cache")),
    )
    op.create_index(op.f("ix_answer_cache_used_at"), "answer_cache", ["used_at"])
    op.create_index(op.f("ix_answer_cache_collection_id"), "answer_cache", ["collection_id"])
    op.create_table(
        "answer_cache_documents",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key"], ["answer_cache.key"], name=op.f("fk_answer_cache_documents_key"), ondelete="CASCADE"
        ),
    )
    op.create_index("uq_answer_cache_documents", "answer_cache_documents", ["key", "document_id"], unique=True)
    op.create_index(op.f("ix_answer_cache_documents_document_id"), "answer_cache_documents", ["document_id"])


def downgrade() -> None:
    for name in (
        "answer_cache_documents",
        "answer_cache",
        "conversation_documents",
        "conversation_states",
        "answer_traces",
        "answer_contents",
    ):
        op.drop_table(name)
