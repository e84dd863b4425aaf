"""The tables of golden sets, their runs and what retrieval is set to, on the metadata of `data.tables`."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from data.tables import columns as c

retrieval_settings = Table(  # no row: the defaults
    "retrieval_settings",
    c.metadata,
    c.ref("collection_id", "collections.id"),
    c.json("settings"),
    Column("least_recall", Float),
    Column("most_loss", Float),
    c.time("updated_at", now=True),
    UniqueConstraint("collection_id"),
)

retrieval_weights = Table(  # how the legs are weighed, by embedding model; no row: the defaults
    "retrieval_weights",
    c.metadata,
    c.ref("collection_id", "collections.id"),
    Column("model", Text, nullable=False),
    c.json("weights"),
    PrimaryKeyConstraint("collection_id", "model"),
)

golden_questions = Table(  # question, document, passage and answer are one sealed JSON
    "golden_questions",
    c.metadata,
    c.id(),
    c.ref("collection_id", "collections.id"),
    Column("body_sealed", LargeBinary, nullable=False),
    c.text("language"),
    c.text("origin"),
    Column("open", Boolean, nullable=False),
    c.time("created_at", now=True),
    Index(None, "collection_id", "created_at"),
)

evaluations = Table(
    "evaluations",
    c.metadata,
    c.id(),
    c.ref("collection_id", "collections.id"),
    c.ref("version_id", "collection_versions.id", delete="SET NULL", nullable=True),
    Column("version", Integer, nullable=False),
    c.json("settings"),
    c.text("purpose", "measure"),
    c.ref("baseline_id", "evaluations.id", delete="SET NULL", nullable=True),
    c.ref("job_id", "job_runs.id"),
    c.json("measures"),
    c.text("note"),
    c.time("created_at", now=True),
    CheckConstraint("purpose IN ('measure', 'apply', 'gate')", name="purpose"),
    Index(None, "collection_id", "created_at"),
    Index(None, "version_id"),
    Index(None, "job_id"),
    Index(None, "baseline_id"),
)

evaluation_outcomes = Table(
    "evaluation_outcomes",
    c.metadata,
    c.ref("evaluation_id", "evaluations.id"),
    c.ref("question_id", "golden_questions.id"),
    c.text("language"),
    Column("rank", Integer),
    Column("evidence", Float, nullable=False),
    Column("answerable", Boolean, nullable=False),
    Column("took_ms", Float, nullable=False),
    c.json("hits"),
    UniqueConstraint("evaluation_id", "question_id"),
    Index(None, "question_id"),
)
