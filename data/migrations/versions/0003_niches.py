"""niche analytics: datasets, niches, metrics, values, imports, and the views that questions run over"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What a question may read; `whole` marks the region that stands for all of a dataset.
FIGURES = """
CREATE VIEW niche_figures AS
SELECT n.dataset_id, n.id AS niche_key, n.public_id AS niche, n.title, n.title_ru, n.sector_id, v.metric_id,
       r.id AS region_id, r.whole, v.value
FROM niche_values v JOIN niches n ON n.id = v.niche_id JOIN niche_regions r ON r.id = v.region_id
WHERE v.value IS NOT NULL
"""
PERIODS = """
CREATE VIEW niche_periods AS
SELECT n.dataset_id, n.id AS niche_key, n.public_id AS niche, n.title, n.title_ru, n.sector_id, v.metric_id,
       r.id AS region_id, r.whole, s.period, s.value
FROM niche_values v
JOIN niches n ON n.id = v.niche_id
JOIN niche_regions r ON r.id = v.region_id
JOIN niche_datasets d ON d.id = n.dataset_id
CROSS JOIN LATERAL unnest(d.periods, v.series) AS s(period, value)
WHERE s.value IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "niche_datasets",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("title_ru", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("as_of", sa.Text(), server_default="", nullable=False),
        sa.Column("periods", sa.ARRAY(sa.Date()), server_default="{}", nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_niche_datasets")),
        sa.UniqueConstraint("name", name=op.f("uq_niche_datasets_name")),
    )
    op.create_table(
        "niche_vectors",
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("content", "model", name=op.f("uq_niche_vectors_content_model")),
    )
    op.create_table(
        "niche_imports",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=True),
        sa.Column("dataset", sa.Text(), server_default="", nullable=False),
        sa.Column("filename", sa.Text(), server_default="", nullable=False),
        sa.Column("sha256", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "mapping", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "counts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("sealed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'applied', 'undone', 'failed')", name=op.f("ck_niche_imports_state")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_niche_imports_created_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["niche_datasets.id"], name=op.f("fk_niche_imports_dataset_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_niche_imports")),
    )
    op.create_index(op.f("ix_niche_imports_created_by"), "niche_imports", ["created_by"], unique=False)
    op.create_index(
        op.f("ix_niche_imports_dataset_id_applied_at"), "niche_imports", ["dataset_id", "applied_at"], unique=False
    )
    op.create_table(
        "niche_metrics",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_ru", sa.Text(), server_default="", nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("unit_ru", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("description_ru", sa.Text(), server_default="", nullable=False),
        sa.Column("formula", sa.Text(), server_default="", nullable=False),
        sa.Column("over_time", sa.Text(), server_default="sum", nullable=False),
        sa.Column("direction", sa.Text(), server_default="none", nullable=False),
        sa.Column("format", sa.Text(), server_default="integer", nullable=False),
        sa.Column("aliases", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("as_of", sa.Text(), server_default="", nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("direction IN ('higher', 'lower', 'none')", name=op.f("ck_niche_metrics_direction")),
        sa.CheckConstraint("format IN ('integer', 'decimal', 'percent')", name=op.f("ck_niche_metrics_format")),
        sa.CheckConstraint("over_time IN ('sum', 'last', 'mean')", name=op.f("ck_niche_metrics_over_time")),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["niche_datasets.id"], name=op.f("fk_niche_metrics_dataset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_niche_metrics")),
        sa.UniqueConstraint("dataset_id", "name", name=op.f("uq_niche_metrics_dataset_id_name")),
    )
    op.create_table(
        "niche_regions",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_ru", sa.Text(), server_default="", nullable=False),
        sa.Column("aliases", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("whole", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["niche_datasets.id"], name=op.f("fk_niche_regions_dataset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_niche_regions")),
        sa.UniqueConstraint("dataset_id", "title", name=op.f("uq_niche_regions_dataset_id_title")),
    )
    op.create_table(
        "niche_saved_views",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "params", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_niche_saved_views_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_niche_saved_views")),
    )
    op.create_index(
        op.f("ix_niche_saved_views_owner_id_created_at"), "niche_saved_views", ["owner_id", "created_at"], unique=False
    )
    op.create_table(
        "niche_sectors",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_ru", sa.Text(), server_default="", nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["niche_datasets.id"], name=op.f("fk_niche_sectors_dataset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_niche_sectors")),
        sa.UniqueConstraint("dataset_id", "title", name=op.f("uq_niche_sectors_dataset_id_title")),
    )
    op.create_table(
        "niche_before",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column(
            "row", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["niche_imports.id"], name=op.f("fk_niche_before_import_id"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_niche_before_import_id"), "niche_before", ["import_id"], unique=False)
    op.create_table(
        "niches",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_ru", sa.Text(), server_default="", nullable=False),
        sa.Column("sector_id", sa.Integer(), nullable=True),
        sa.Column("aliases", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("aliases_ru", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("text_ru", sa.Text(), server_default="", nullable=False),
        sa.Column("article_id", sa.Text(), server_default="", nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["niche_datasets.id"], name=op.f("fk_niches_dataset_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sector_id"], ["niche_sectors.id"], name=op.f("fk_niches_sector_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_niches")),
        sa.UniqueConstraint("dataset_id", "code", name=op.f("uq_niches_dataset_id_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_niches_public_id")),
    )
    op.create_index(op.f("ix_niches_sector_id"), "niches", ["sector_id"], unique=False)
    op.create_table(
        "niche_values",
        sa.Column("niche_id", sa.Integer(), nullable=False),
        sa.Column("metric_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("series", sa.ARRAY(sa.Double()), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["metric_id"], ["niche_metrics.id"], name=op.f("fk_niche_values_metric_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["niche_id"], ["niches.id"], name=op.f("fk_niche_values_niche_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["region_id"], ["niche_regions.id"], name=op.f("fk_niche_values_region_id"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_niche_values_import_id"), "niche_values", ["import_id"], unique=False)
    op.create_index(op.f("ix_niche_values_niche_id_region_id"), "niche_values", ["niche_id", "region_id"], unique=False)
    op.create_index(op.f("ix_niche_values_region_id"), "niche_values", ["region_id"], unique=False)
    op.create_index(
        "uq_niche_values_key",
        "niche_values",
        ["metric_id", "region_id", "niche_id"],
        unique=True,
        postgresql_include=["value"],
    )
    op.execute(FIGURES)
    op.execute(PERIODS)


def downgrade() -> None:
    op.execute("DROP VIEW niche_periods")
    op.execute("DROP VIEW niche_figures")

    op.drop_index("uq_niche_values_key", table_name="niche_values", postgresql_include=["value"])
    op.drop_index(op.f("ix_niche_values_region_id"), table_name="niche_values")
    op.drop_index(op.f("ix_niche_values_niche_id_region_id"), table_name="niche_values")
    op.drop_index(op.f("ix_niche_values_import_id"), table_name="niche_values")
    op.drop_table("niche_values")
    op.drop_index(op.f("ix_niches_sector_id"), table_name="niches")
    op.drop_table("niches")
    op.drop_index(op.f("ix_niche_before_import_id"), table_name="niche_before")
    op.drop_table("niche_before")
    op.drop_table("niche_sectors")
    op.drop_index(op.f("ix_niche_saved_views_owner_id_created_at"), table_name="niche_saved_views")
    op.drop_table("niche_saved_views")
    op.drop_table("niche_regions")
    op.drop_table("niche_metrics")
    op.drop_index(op.f("ix_niche_imports_dataset_id_applied_at"), table_name="niche_imports")
    op.drop_index(op.f("ix_niche_imports_created_by"), table_name="niche_imports")
    op.drop_table("niche_imports")
    op.drop_table("niche_vectors")
    op.drop_table("niche_datasets")
