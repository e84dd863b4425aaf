"""the ledger of tokens, filled with the answers that are there"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_KNOWN_ANSWERS = """
INSERT INTO usage_entries (key, at, user_id, actor, role, activity, scenario, provider, model, prompt_tokens,
                           completion_tokens, estimated)
SELECT 'message:' || messages.id, messages.created_at, users.id, coalesce(users.email, ''),
       coalesce(users.role, 'guest'), 'assistant', messages.scenario, messages.provider, messages.model,
       messages.prompt_tokens, messages.completion_tokens, messages.usage_estimated
FROM messages
JOIN conversations ON conversations.id = messages.conversation_id
LEFT JOIN users ON users.id = conversations.owner_id
WHERE messages.author = 'assistant' AND messages.prompt_tokens + messages.completion_tokens > 0
"""


def upgrade() -> None:
    op.create_table(
        "usage_entries",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("scenario", sa.Text(), server_default="", nullable=False),
        sa.Column("provider", sa.Text(), server_default="", nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("completion_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("estimated", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("activity IN ('assistant', 'playground', 'sweep')", name=op.f("ck_usage_entries_activity")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_usage_entries_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_usage_entries")),
    )
    op.create_index(op.f("ix_usage_entries_at"), "usage_entries", ["at"], unique=False)
    op.create_index(op.f("ix_usage_entries_user_id_at"), "usage_entries", ["user_id", "at"], unique=False)
    op.execute(_KNOWN_ANSWERS)


def downgrade() -> None:
    op.drop_table("usage_entries")
