"""What is kept of documents on their way, for many of them in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from core.entities.corpora import Chunk, CollectionVersion, Document, Stage
from data.database import Database
from data.stores.stages import Described
from data.stores.vectors import Vector
from data.transaction import Stores

BEFORE_CHUNKS = (Stage.RECEIVED, Stage.PARSED)

Identified = tuple[UUID, Chunk]


class Gone(Exception):
    """The document was deleted while it was being worked on."""


@dataclass(frozen=True, slots=True)
class Work:
    """A document and the collection version it goes into."""

    document: Document
    version: CollectionVersion

    @property
    def id(self) -> UUID:
        return self.document.id


@dataclass(frozen=True, slots=True)
class Read:
    """A document's chunks, and what parsing told unless that is known already."""

    work: Work
    chunks: Sequence[Chunk]
    described: Described | None


@dataclass(frozen=True, slots=True)
class Embedded:
    """Some of a document's vectors; `done` of its chunks need no more work, `last` says that none does."""

    document_id: UUID
    vectors: dict[UUID, Vector]
    done: int
    last: bool


class Keeping:
    """Every call is a transaction of its own."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, ids: list[UUID]) -> list[tuple[Work | None, int]]:
        """What is to be done about each document, and how often that was begun before it got any further."""
        with self._db.begin() as tx:
            attempts = tx.stages.begin(ids)
            works = self._works(tx, ids)
        return [(works.get(key), attempts.get(key, 0)) for key in ids]

    def _works(self, tx: Stores, ids: Sequence[UUID]) -> dict[UUID, Work]:
        pending = [document for document in tx.documents.get_many(ids) if not document.stage.ended]
        versions = {key: tx.collections.get(key) for key in {document.collection_id for document in pending}}
        works = {}
        for document in pending:
            if document.stage not in BEFORE_CHUNKS and not document.chunks:
                document = replace(document, stage=Stage.PARSED)  # its chunks are in a version that was left
            if (collection := versions[document.collection_id]) is not None:
                works[document.id] = Work(document, collection.version)
        return works

    def forgive(self, document_id: UUID) -> None:
        with self._db.begin() as tx:
            tx.stages.forgive(document_id)

    def fail(self, document_id: UUID, sentence: str) -> None:
        with self._db.begin() as tx:
            tx.stages.fail(document_id, sentence)

    def again(self, document_id: UUID) -> Work | None:
        """What is still to be done about it, in the version that is active by now."""
        with self._db.begin() as tx:
            return self._works(tx, [document_id]).get(document_id)

    def note_pages(self, document_id: UUID, done: int, total: int) -> None:
        """How many of its pages are read; raises `Gone`."""
        with self._db.begin() as tx:
            if not tx.ledger.read_pages(document_id, done, total):
                raise Gone

    def unembedded(self, work: Work) -> list[Identified]:
        """Its chunks in a language of the model that have no vector yet."""
        languages = work.version.fingerprint.languages
        with self._db.begin() as tx:
            return tx.vectors.missing(work.version.id, [work.id], languages, work.document.total)

    def put_chunks(self, items: list[Read]) -> list[list[UUID] | None]:
        """The chunks' ids, None for a document that is gone."""
        ids: dict[UUID, list[UUID]] = {}
        with self._db.begin() as tx:
            there = tx.stages.lock(item.work.id for item in items)
            tx.stages.describe([item.described for item in items if item.described is not None])
            by_version: dict[UUID, dict[UUID, Sequence[Chunk]]] = defaultdict(dict)
            for item in items:
                if item.work.id in there:
                    by_version[item.work.version.id][item.work.id] = item.chunks
            for version_id in sorted(by_version):  # one order of locks for every worker
                ids |= tx.chunks.put_many(version_id, by_version[version_id])
            tx.stages.progress(dict.fromkeys(ids, 0), {key: len(chunks) for key, chunks in ids.items()})
            tx.stages.advance(ids, Stage.CHUNKED)
        return [ids.get(item.work.id) for item in items]

    def keep_vectors(self, items: list[Embedded]) -> list[bool]:
        """Whether the document is still there."""
        with self._db.begin() as tx:
            there = tx.stages.lock(item.document_id for item in items)
            kept = [item for item in items if item.document_id in there]
            tx.vectors.put({key: vector for item in kept for key, vector in item.vectors.items()})
            tx.stages.progress({item.document_id: item.done for item in kept})
            tx.stages.advance([item.document_id for item in kept if item.last], Stage.EMBEDDED)
        return [item.document_id in there for item in items]
