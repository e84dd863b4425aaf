"""The queue's own tables and functions, from the pinned version of procrastinate."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The driver's own call: many statements in one text, and its per cent signs are no placeholders.
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())


def downgrade() -> None:
    raise NotImplementedError("The queue's tables are not taken away: restore a backup instead.")
