"""The tables of niche analytics, on the metadata of `data.tables`."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)

from data.tables import columns as c


def _key() -> Column[int]:
    return Column("id", Integer, Identity(), primary_key=True)


def _of(name: str, target: str, *, nullable: bool = False, delete: str = "CASCADE") -> Column[int]:
    return Column(name, Integer, ForeignKey(target, ondelete=delete), nullable=nullable)


def _import() -> Column[object]:
    """The import that made or last changed the row; no foreign key, so that history can be pruned cheaply."""
    return Column("import_id", Uuid, nullable=False)


niche_datasets = Table(
    "niche_datasets",
    c.metadata,
    _key(),
    c.text("name", None, unique=True),
    c.text("title"),
    c.text("title_ru"),
    c.text("source"),
    c.text("as_of"),
    Column("periods", ARRAY(Date), nullable=False, server_default="{}"),
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    Column("revision", Integer, nullable=False, server_default="1"),
    _import(),
    c.time("updated_at", now=True),
)

niche_sectors = Table(
    "niche_sectors",
    c.metadata,
    _key(),
    _of("dataset_id", "niche_datasets.id"),
    c.text("title", None),
    c.text("title_ru"),
    _import(),
    UniqueConstraint("dataset_id", "title"),
)

niche_regions = Table(
    "niche_regions",
    c.metadata,
    _key(),
    _of("dataset_id", "niche_datasets.id"),
    c.text("title", None),  # empty for the one that stands for the whole
    c.text("title_ru"),
    c.texts("aliases"),
    Column("whole", Boolean, nullable=False, server_default=text("false")),
    _import(),
    UniqueConstraint("dataset_id", "title"),
)

niche_metrics = Table(
    "niche_metrics",
    c.metadata,
    _key(),
    _of("dataset_id", "niche_datasets.id"),
    c.text("name", None),
    c.text("title", None),
    c.text("title_ru"),
    c.text("unit"),
    c.text("unit_ru"),
    c.text("description"),
    c.text("description_ru"),
    c.text("formula"),  # empty for what was imported
    c.text("over_time", "sum"),
    c.text("direction", "none"),
    c.text("format", "integer"),
    c.texts("aliases"),
    c.text("source"),
    c.text("as_of"),
    c.text("owner"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("summed", Boolean, nullable=False, server_default=text("false")),  # its whole is the sum of the regions
    _import(),
    UniqueConstraint("dataset_id", "name"),
    CheckConstraint("over_time IN ('sum', 'last', 'mean')", name="over_time"),
    CheckConstraint("direction IN ('higher', 'lower', 'none')", name="direction"),
    CheckConstraint("format IN ('integer', 'decimal', 'percent')", name="format"),
)

niches = Table(
    "niches",
    c.metadata,
    _key(),
    c.text("public_id", None, unique=True),  # the code, or dataset-code where another dataset has that code
    _of("dataset_id", "niche_datasets.id"),
    c.text("code", None),
    c.text("title", None),
    c.text("title_ru"),
    _of("sector_id", "niche_sectors.id", nullable=True, delete="SET NULL"),
    c.texts("aliases"),
    c.texts("aliases_ru"),
    c.text("text"),
    c.text("text_ru"),
    c.text("article_id"),
    _import(),
    UniqueConstraint("dataset_id", "code"),
    Index(None, "sector_id"),
)

niche_values = Table(  # one row per niche, metric and region: its headline and, where there are periods, all of them
    "niche_values",
    c.metadata,
    _of("niche_id", "niches.id"),
    _of("metric_id", "niche_metrics.id"),
    _of("region_id", "niche_regions.id"),
    Column("value", Double),
    Column("series", ARRAY(Double)),  # along the dataset's periods
    _import(),
    Index("uq_niche_values_key", "metric_id", "region_id", "niche_id", unique=True, postgresql_include=["value"]),
    Index(None, "niche_id", "region_id"),
    Index(None, "region_id"),
    Index(None, "import_id"),
)

niche_vectors = Table(  # embeddings of niche titles: the key is a hash of the text, so a changed text has none
    "niche_vectors",
    c.metadata,
    c.text("content", None),
    c.text("model", None),
    Column("vector", LargeBinary, nullable=False),
    UniqueConstraint("content", "model"),
)

niche_views = Table(
    "niche_saved_views",
    c.metadata,
    c.id(),
    c.ref("owner_id", "users.id"),
    c.text("title", None),
    c.json("params"),
    c.time("created_at", now=True),
    Index(None, "owner_id", "created_at"),
)
