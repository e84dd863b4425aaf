"""The table of what models were used for, on the metadata of `data.tables`."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Table, Text, text

from data.tables import columns as c

usage_entries = Table(  # stays when the conversation or the person is deleted: it is what the models cost
    "usage_entries",
    c.metadata,
    Column("key", Text, primary_key=True),  # of the answer, so that it is counted once
    c.time("at", now=True),
    c.ref("user_id", "users.id", delete="SET NULL", nullable=True),
    c.text("actor"),  # the e-mail as it was then; empty for a guest
    c.text("role", None),
    c.text("activity", None),
    c.text("scenario"),
    c.text("provider"),
    c.text("model"),
    c.count("prompt_tokens"),
    c.count("completion_tokens"),
    Column("estimated", Boolean, nullable=False, server_default=text("true")),
    CheckConstraint("activity IN ('assistant', 'playground', 'sweep')", name="activity"),
    Index(None, "at"),
    Index(None, "user_id", "at"),
)
