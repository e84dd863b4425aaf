"""Answers kept for the very same question, sealed at rest; a kept answer goes with any document whose text it holds."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Integer, cast, delete, func, select, true, update
from sqlalchemy.dialects.postgresql import insert

from core.entities.people import Principal
from core.security import Cipher
from data.access import readable_documents
from data.tables.answers import answer_cache as kept
from data.tables.answers import answer_cache_documents as sources
from data.tables.corpora import chunk_changes, collections, documents


class KeptAnswers:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def revision(self, principal: Principal, collection_id: UUID) -> str:
        """Changes with whatever `principal` can read in the collection: an ingest, a deletion, a new version of a
        document, a change of who may read it, a switch of versions. It is derived, so that no path can forget it."""
        seen = func.concat(documents.c.id, documents.c.sha256, documents.c.version, documents.c.stage)
        readable = (
            select(
                func.count().label("count"),
                func.bit_xor(func.hashtextextended(seen, cast(0, BigInteger))).label("mixed"),
            )
            .select_from(documents.join(collections))
            .where(documents.c.collection_id == collection_id, readable_documents(principal))
            .subquery()
        )
        version = collections.c.active_version_id
        last = select(func.max(chunk_changes.c.seq)).where(chunk_changes.c.version_id == version)
        query = select(
            version,
            collections.c.revision,
            last.correlate(collections).scalar_subquery(),
            readable.c.count,
            readable.c.mixed,
        ).select_from(collections.join(readable, true()))
        row = self._connection.execute(query.where(collections.c.id == collection_id)).one()
        return ":".join(map(str, row))

    def find(self, key: bytes) -> tuple[UUID, str, dict[str, Any]] | None:
        """The collection, the revision it was given at, and the answer."""
        query = select(kept.c.collection_id, kept.c.revision, kept.c.answer_sealed).where(kept.c.key == key)
        row = self._connection.execute(query).one_or_none()
        return (row.collection_id, row.revision, json.loads(self._cipher.open(row.answer_sealed))) if row else None

    def used(self, key: bytes) -> None:
        self._connection.execute(update(kept).where(kept.c.key == key).values(hits=kept.c.hits + 1, used_at=func.now()))

    def keep(
        self, key: bytes, collection_id: UUID, revision: str, answer: Mapping[str, Any], of: Collection[UUID]
    ) -> None:
        """`of`: the documents whose text stands in it; nothing is kept where one of them is gone."""
        ids = set(of)
        query = select(documents.c.id).where(documents.c.id.in_(ids)).with_for_update(key_share=True, read=True)
        if set(self._connection.execute(query).scalars()) != ids:
            return
        sealed = self._cipher.seal(json.dumps(answer, ensure_ascii=False, default=str))
        values = {"collection_id": collection_id, "revision": revision, "answer_sealed": sealed}
        fresh = {**values, "hits": cast(0, Integer), "created_at": func.now(), "used_at": func.now()}
        statement = insert(kept).values(key=key, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=fresh))
        self._connection.execute(delete(sources).where(sources.c.key == key))
        if ids:
            self._connection.execute(insert(sources), [{"key": key, "document_id": one} for one in sorted(ids)])

    def forget_document(self, document_id: UUID) -> int:
        """Deletes every kept answer that holds text of the document; returns how many."""
        keys = select(sources.c.key).where(sources.c.document_id == document_id)
        return self._connection.execute(delete(kept).where(kept.c.key.in_(keys))).rowcount

    def prune(self, *, most: int, older: timedelta) -> int:
        """Keeps the `most` used last, none that was given `older` ago."""
        beyond = select(kept.c.key).order_by(kept.c.used_at.desc()).offset(most)
        old = kept.c.created_at < func.now() - older
        return self._connection.execute(delete(kept).where(old | kept.c.key.in_(beyond))).rowcount
