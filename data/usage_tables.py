"""The table of what models were used for, on the metadata of `data.tables`."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Table, Text, text

from data.tables import _count, _ref, _text, _time, metadata

usage_entries = Table(  # stays when the conversation or the person is deleted: it is what the models cost
    "usage_entries",
    metadata,
    Column("key", Text, primary_key=True),  # of the answer, so that it is counted once
    _time("at", now=True),
    _ref("user_id", "users.id", delete="SET NULL", nullable=True),
    _text("actor"),  # the e-mail as it was then; empty for a guest
    _text("role", None),
    _text("activity", None),
    _text("scenario"),
    _text("provider"),
    _text("model"),
    _count("prompt_tokens"),
    _count("completion_tokens"),
    Column("estimated", Boolean, nullable=False, server_default=text("true")),
    CheckConstraint("activity IN ('assistant', 'playground', 'sweep')", name="activity"),
    Index(None, "at"),
    Index(None, "user_id", "at"),
)
