"""What answers cite, as it was when they were given; the texts are sealed at rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, exists, insert, select, update

from core.entities.people import Principal
from core.entities.retrieval import Citation
from core.security import Cipher
from data.access import readable_documents
from data.tables.conversations import citations
from data.tables.corpora import collections, documents


class Citations:
    """A citation of a document that is gone has its title and page, and no text."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def of(self, principal: Principal, message_ids: Collection[UUID]) -> dict[UUID, list[Citation]]:
        """Those of each message by their numbers; a document that `principal` may not read now shows neither its title
        nor its text."""
        cited: dict[UUID, list[Citation]] = {key: [] for key in message_ids}
        query = _with_readability(principal).where(citations.c.message_id.in_(list(cited)))
        for row in self._connection.execute(query.order_by(citations.c.message_id, citations.c.n)):
            cited[row.message_id].append(self._citation(row))
        return cited

    def keep(self, message_id: UUID, cited: Sequence[Citation]) -> tuple[Citation, ...]:
        """As they are kept: a document deleted while the answer was written leaves its title and page only."""
        if not cited:
            return ()
        ids = {citation.document_id for citation in cited}
        alive = set(self._connection.execute(select(documents.c.id).where(documents.c.id.in_(ids))).scalars())
        kept = tuple(one if one.document_id in alive else replace(one, document_id=None, text="") for one in cited)
        rows = [
            {
                "message_id": message_id,
                "n": citation.n,
                "chunk_id": citation.chunk_id,
                "document_id": citation.document_id,
                "document_version": citation.document_version,
                "title": citation.title,
                "page": citation.page,
                "text_sealed": self._cipher.seal(citation.text) if citation.document_id else None,
                "score": citation.score,
            }
            for citation in kept
        ]
        self._connection.execute(insert(citations), rows)
        return kept

    def blank(self, document_id: UUID) -> int:
        """Takes the document's text out of every snapshot; title and page stay. Returns how many were blanked."""
        statement = update(citations).where(
            citations.c.document_id == document_id, citations.c.text_sealed.is_not(None)
        )
        return self._connection.execute(statement.values(text_sealed=None)).rowcount

    def _citation(self, row: Row[Any]) -> Citation:
        hidden = row.document_id is not None and not row.readable
        shown = row.readable and row.text_sealed is not None
        return Citation(
            n=row.n,
            chunk_id=row.chunk_id,
            document_id=row.document_id,
            document_version=row.document_version,
            title="" if hidden else row.title,
            page=row.page,
            text=self._cipher.open(row.text_sealed) if shown else "",
            score=row.score,
        )


@lru_cache(maxsize=1_000)
def _with_readability(principal: Principal) -> Select[Any]:
    """Citations with whether `principal` may read the document now."""
    readable = exists(
        select(documents.c.id)
        .join(collections)
        .where(documents.c.id == citations.c.document_id, readable_documents(principal))
    )
    return select(citations, readable.label("readable"))
