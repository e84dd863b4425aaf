"""The tables of versions and their soundness, on the metadata of `data.tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Float, Index, PrimaryKeyConstraint, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from data.tables import columns as c

version_documents = Table(  # what a build has put into a version; `reason`: why its passages are those from before
    "version_documents",
    c.metadata,
    c.ref("version_id", "collection_versions.id"),
    c.ref("document_id", "documents.id"),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("taken_over", Boolean, nullable=False, server_default=text("false")),
    c.text("reason"),
    PrimaryKeyConstraint("version_id", "document_id"),
    Index(None, "document_id"),
)

change_followers = Table(  # how far the lexical index of each process has come in a version's log of changes
    "change_followers",
    c.metadata,
    c.ref("version_id", "collection_versions.id"),
    Column("follower", Uuid, nullable=False),
    Column("applied", BigInteger, nullable=False),
    c.time("seen_at", now=True),
    PrimaryKeyConstraint("version_id", "follower"),
)

reconciliations = Table(
    "reconciliations",
    c.metadata,
    c.id(),
    c.time("at", now=True),
    c.ref("collection_id", "collections.id", nullable=True),  # null: of what belongs to no collection
    c.json("compared"),
    Column("findings", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("seconds", Float, nullable=False, server_default="0"),
    Index(None, "collection_id", "at"),
)
