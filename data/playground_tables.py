"""The tables of the playground and of the model servers' settings, on the metadata of `data.tables`."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from data.tables import _id, _json, _ref, _text, _time, metadata

experiments = Table(  # what was asked, answered and measured is one sealed JSON: it is only ever read as a whole
    "experiments",
    metadata,
    _id(),
    _ref("owner_id", "users.id"),
    Column("title_sealed", LargeBinary, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("saved", Boolean, nullable=False, server_default=text("false")),
    Column("shared", Boolean, nullable=False, server_default=text("false")),
    _time("created_at", now=True),
    _time("updated_at", now=True),
    Index(None, "owner_id", "updated_at"),
)

experiment_votes = Table(  # one row per column that was shown
    "experiment_votes",
    metadata,
    _ref("experiment_id", "experiments.id"),
    _ref("voter_id", "users.id"),
    Column("lane", Integer, nullable=False),
    _text("provider", None),
    _text("model", None),
    Column("won", Boolean, nullable=False),
    _time("at", now=True),
    UniqueConstraint("experiment_id", "voter_id", "lane"),
    Index(None, "voter_id"),
)

presets = Table(
    "presets",
    metadata,
    _id(),
    _text("name", None, unique=True),
    _text("provider"),
    _text("model"),
    _json("params"),
    Column("instructions_sealed", LargeBinary, nullable=False),
    Column("retrieval", Boolean, nullable=False, server_default=text("true")),
    _ref("created_by", "users.id", delete="SET NULL", nullable=True),
    _time("created_at", now=True),
    Index(None, "created_by"),
)

model_servers = Table(
    "model_servers",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("key_sealed", LargeBinary, nullable=False),
    _text("address"),
    _text("model"),
    _time("updated_at", now=True),
)

model_rules = Table(  # prices per million tokens; roles: null lets everybody use the model
    "model_rules",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("input_price", Float),
    Column("output_price", Float),
    Column("roles", ARRAY(Text)),
    CheckConstraint("input_price >= 0 AND output_price >= 0", name="prices"),
)

role_models = Table(  # who answers a role that chooses nobody
    "role_models",
    metadata,
    Column("role", Text, primary_key=True),
    _text("provider", None),
    _text("model"),
    CheckConstraint("role IN ('guest', 'sales', 'analyst', 'admin')", name="role"),
)
