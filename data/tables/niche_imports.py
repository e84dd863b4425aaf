"""Imports of niche figures, and what they replaced."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, text

from data.tables import columns as c

niche_imports = Table(
    "niche_imports",
    c.metadata,
    c.id(),
    Column("dataset_id", Integer, ForeignKey("niche_datasets.id", ondelete="SET NULL")),
    c.text("dataset"),
    c.text("filename"),
    c.text("sha256"),
    c.json("mapping"),
    c.json("counts"),
    c.text("state", "waiting"),
    Column("sealed", Boolean, nullable=False, server_default=text("false")),  # too old to be undone
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    c.ref("created_by", "users.id", delete="SET NULL", nullable=True),
    c.time("created_at", now=True),
    c.time("applied_at"),
    CheckConstraint("state IN ('waiting', 'applied', 'undone', 'failed')", name="state"),
    Index(None, "dataset_id", "applied_at"),
    Index(None, "created_by"),
)

niche_before = Table(  # rows as they were before an import changed them
    "niche_before",
    c.metadata,
    c.ref("import_id", "niche_imports.id"),
    c.text("entity", None),
    c.json("row"),
    Index(None, "import_id"),
)
