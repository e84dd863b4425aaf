"""conversations: branches, sharing, feedback, templates"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")

# Until now a thread was a line in the order of `seq`, and an answer written anew stood beside the one it replaced.
_PARENTS = """
UPDATE messages SET parent_id = (
    SELECT earlier.id FROM messages earlier
    WHERE earlier.conversation_id = messages.conversation_id AND earlier.seq < messages.seq
      AND earlier.author <> messages.author
    ORDER BY earlier.seq DESC LIMIT 1)
"""
_HEADS = """
UPDATE conversations SET head_id = (
    SELECT id FROM messages WHERE conversation_id = conversations.id ORDER BY seq DESC LIMIT 1)
"""


def upgrade() -> None:
    op.add_column("conversations", sa.Column("pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("conversations", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("conversations", sa.Column("head_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_conversations_deleted_at"), "conversations", ["deleted_at"])
    op.add_column("messages", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.execute(_PARENTS)
    op.execute(_HEADS)
    op.create_foreign_key(
        op.f("fk_messages_parent_id"), "messages", "messages", ["parent_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index(op.f("ix_messages_parent_id"), "messages", ["parent_id"])
    op.drop_column("messages", "replaces")
    _shares_and_feedback()
    _prompts()


def _shares_and_feedback() -> None:
    op.create_table(
        "conversation_shares",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_shares_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_conversation_shares_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "user_id", name=op.f("pk_conversation_shares")),
    )
    op.create_index(op.f("ix_conversation_shares_user_id"), "conversation_shares", ["user_id"])
    op.create_table(
        "message_feedback",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_feedback_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_feedback")),
    )
    op.create_index(op.f("ix_message_feedback_at"), "message_feedback", ["at"])


def _prompts() -> None:
    op.create_table(
        "prompt_templates",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_prompt_templates_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_templates")),
    )
    op.create_index(op.f("ix_prompt_templates_owner_id"), "prompt_templates", ["owner_id"])
    op.create_table(
        "prompt_template_versions",
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["prompt_templates.id"],
            name=op.f("fk_prompt_template_versions_template_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("template_id", "version", name=op.f("pk_prompt_template_versions")),
    )
    op.create_table(
        "instructions",
        sa.Column("version", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint("role IN ('', 'guest', 'sales', 'analyst', 'admin')", name=op.f("ck_instructions_role")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_instructions")),
    )
    op.create_index(op.f("ix_instructions_scenario_role_version"), "instructions", ["scenario", "role", "version"])


def downgrade() -> None:
    for table in ("instructions", "prompt_template_versions", "prompt_templates", "message_feedback"):
        op.drop_table(table)
    op.drop_table("conversation_shares")
    op.add_column("messages", sa.Column("replaces", sa.Uuid(), nullable=True))
    op.drop_column("messages", "parent_id")
    for column in ("head_id", "deleted_at", "pinned"):
        op.drop_column("conversations", column)
