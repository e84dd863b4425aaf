"""The tables of golden sets, their runs and what retrieval is set to, on the metadata of `data.tables`."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Float, Index, Integer, LargeBinary, Table, UniqueConstraint

from data.tables import _id, _json, _ref, _text, _time, metadata

retrieval_settings = Table(  # no row: the defaults
    "retrieval_settings",
    metadata,
    _ref("collection_id", "collections.id"),
    _json("settings"),
    Column("least_recall", Float),
    Column("most_loss", Float),
    _time("updated_at", now=True),
    UniqueConstraint("collection_id"),
)

golden_questions = Table(  # question, document, passage and answer are one sealed JSON
    "golden_questions",
    metadata,
    _id(),
    _ref("collection_id", "collections.id"),
    Column("body_sealed", LargeBinary, nullable=False),
    _text("language"),
    _text("origin"),
    Column("open", Boolean, nullable=False),
    _time("created_at", now=True),
    Index(None, "collection_id", "created_at"),
)

evaluations = Table(
    "evaluations",
    metadata,
    _id(),
    _ref("collection_id", "collections.id"),
    _ref("version_id", "collection_versions.id", delete="SET NULL", nullable=True),
    Column("version", Integer, nullable=False),
    _json("settings"),
    _text("purpose", "measure"),
    _ref("baseline_id", "evaluations.id", delete="SET NULL", nullable=True),
    _ref("job_id", "job_runs.id"),
    _json("measures"),
    _text("note"),
    _time("created_at", now=True),
    CheckConstraint("purpose IN ('measure', 'apply', 'gate')", name="purpose"),
    Index(None, "collection_id", "created_at"),
    Index(None, "version_id"),
    Index(None, "job_id"),
    Index(None, "baseline_id"),
)

evaluation_outcomes = Table(
    "evaluation_outcomes",
    metadata,
    _ref("evaluation_id", "evaluations.id"),
    _ref("question_id", "golden_questions.id"),
    _text("language"),
    Column("rank", Integer),
    Column("evidence", Float, nullable=False),
    Column("answerable", Boolean, nullable=False),
    Column("took_ms", Float, nullable=False),
    _json("hits"),
    UniqueConstraint("evaluation_id", "question_id"),
    Index(None, "question_id"),
)
