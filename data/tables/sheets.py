"""The tables of spreadsheets as typed rows: gone with their document, whoever deletes it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from data.tables import columns as c

spreadsheets = Table(  # documents that were looked at for tables, whether they have any or not
    "spreadsheets",
    c.metadata,
    Column("document_id", Uuid, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("layout", Integer, nullable=False),  # of the recogniser
    c.text("problem"),  # why there are none
    c.time("made_at", now=True),
)

sheets = Table(
    "sheets",
    c.metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("document_id", Uuid, ForeignKey("spreadsheets.document_id", ondelete="CASCADE"), nullable=False),
    Column("n", Integer, nullable=False),
    c.text("title"),
    Column("columns", JSONB, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("notes", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    UniqueConstraint("document_id", "n"),
)

sheet_rows = Table(  # one row per record: an array with a number, text, truth value or null for each column
    "sheet_rows",
    c.metadata,
    Column("sheet_id", BigInteger, ForeignKey("sheets.id", ondelete="CASCADE"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("cells", JSONB, nullable=False),
    PrimaryKeyConstraint("sheet_id", "n"),
)
