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

from data.tables import columns as c

experiments = Table(  # what was asked, answered and measured is one sealed JSON: it is only ever read as a whole
    "experiments",
    c.metadata,
    c.id(),
    c.ref("owner_id", "users.id"),
    Column("title_sealed", LargeBinary, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("saved", Boolean, nullable=False, server_default=text("false")),
    Column("shared", Boolean, nullable=False, server_default=text("false")),
    c.time("created_at", now=True),
    c.time("updated_at", now=True),
    Index(None, "owner_id", "updated_at"),
)

experiment_votes = Table(  # one row per column that was shown
    "experiment_votes",
    c.metadata,
    c.ref("experiment_id", "experiments.id"),
    c.ref("voter_id", "users.id"),
    Column("lane", Integer, nullable=False),
    c.text("provider", None),
    c.text("model", None),
    Column("won", Boolean, nullable=False),
    c.time("at", now=True),
    UniqueConstraint("experiment_id", "voter_id", "lane"),
    Index(None, "voter_id"),
)

presets = Table(
    "presets",
    c.metadata,
    c.id(),
    c.text("name", None, unique=True),
    c.text("provider"),
    c.text("model"),
    c.json("params"),
    Column("instructions_sealed", LargeBinary, nullable=False),
    Column("retrieval", Boolean, nullable=False, server_default=text("true")),
    c.ref("created_by", "users.id", delete="SET NULL", nullable=True),
    c.time("created_at", now=True),
    Index(None, "created_by"),
)

model_servers = Table(
    "model_servers",
    c.metadata,
    Column("provider", Text, primary_key=True),
    Column("key_sealed", LargeBinary, nullable=False),
    c.text("address"),
    c.text("model"),
    c.time("updated_at", now=True),
)

model_rules = Table(  # prices per million tokens; roles: null lets everybody use the model
    "model_rules",
    c.metadata,
    Column("provider", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("input_price", Float),
    Column("output_price", Float),
    Column("roles", ARRAY(Text)),
    CheckConstraint("input_price >= 0 AND output_price >= 0", name="prices"),
)

role_models = Table(  # who answers a role that chooses nobody
    "role_models",
    c.metadata,
    Column("role", Text, primary_key=True),
    c.text("provider", None),
    c.text("model"),
    CheckConstraint("role IN ('guest', 'sales', 'analyst', 'admin')", name="role"),
)
