"""the weights of the legs by embedding model"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# What was set so far was set for the model of the version that is searched.
_OF_THE_MODEL = """
INSERT INTO retrieval_weights (collection_id, model, weights)
SELECT collections.id, versions.fingerprint ->> 'model', jsonb_build_object(
    'lexical_weight', settings -> 'lexical_weight',
    'vector_weight', settings -> 'vector_weight',
    'rank_constant', settings -> 'rank_constant')
FROM retrieval_settings
JOIN collections ON collections.id = retrieval_settings.collection_id
JOIN collection_versions versions ON versions.id = collections.active_version_id
WHERE settings ?& ARRAY['lexical_weight', 'vector_weight', 'rank_constant']
"""
_OF_ALL = """
UPDATE retrieval_settings SET settings = settings || weights
FROM retrieval_weights JOIN collections ON collections.id = retrieval_weights.collection_id
JOIN collection_versions versions ON versions.id = collections.active_version_id
WHERE retrieval_settings.collection_id = collections.id AND versions.fingerprint ->> 'model' = retrieval_weights.model
"""
_NAMES = "settings - 'lexical_weight' - 'vector_weight' - 'rank_constant'"


def upgrade() -> None:
    op.create_table(
        "retrieval_weights",
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("weights", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_retrieval_weights_collection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("collection_id", "model", name=op.f("pk_retrieval_weights")),
    )
    op.execute(_OF_THE_MODEL)
    op.execute(f"UPDATE retrieval_settings SET settings = {_NAMES}")  # noqa: S608 - a constant


def downgrade() -> None:
    op.execute(_OF_ALL)
    op.drop_table("retrieval_weights")
