"""What was found in documents that people must look at, on the metadata of `data.tables`."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Integer, Table, UniqueConstraint

from data.tables import _ref, _text, metadata

document_findings = Table(  # of documents in quarantine, and of those that were let out of it
    "document_findings",
    metadata,
    _ref("document_id", "documents.id"),
    Column("n", Integer, nullable=False),
    _text("kind", None),
    Column("page", Integer),
    _text("text", None),
    UniqueConstraint("document_id", "n"),
    CheckConstraint("kind IN ('white', 'tiny', 'off_page', 'hidden', 'instruction')", name="kind"),
)
