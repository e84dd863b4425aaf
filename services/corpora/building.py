"""Puts the documents of a collection into a version beside the one that is searched, some at a time."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from core.entities.corpora import Chunk, CollectionVersion, Document
from core.errors import NichewiseError, Unavailable
from data.database import Database
from data.stores.vectors import Vector
from data.transaction import Stores
from rag.vectors import Vectors
from services.corpora.fingerprints import Fingerprints
from services.files.batching import Stopped
from services.files.parses import Parses
from services.files.passages import Passages

log = logging.getLogger(__name__)

UNEXPECTED = "The file could not be read. Tell an administrator this reference: %(reference)s."
NO_TEXT = "The file has no text."
_DOCUMENTS = 32  # that are put into the version together: what a crash may cost
_SLICE = 96  # chunks that are embedded in one call

Before = Mapping[UUID, Sequence[tuple[Chunk, Vector | None]]]
Progress = Callable[[int, int], None]  # documents that are in the version, of all that are ready


class Cancelled(Exception):
    """Somebody cancelled the building of the version."""


@dataclass(slots=True)
class Made:
    """How many vectors were taken over from the version before, and how many were embedded."""

    reused: int = 0
    embedded: int = 0


@dataclass(slots=True)
class _Batch:
    """Documents of one step, cut; `taken` says why some keep the passages of before."""

    at: datetime
    chunks: dict[UUID, Sequence[Chunk]] = field(default_factory=dict)
    vectors: dict[UUID, dict[int, Vector]] = field(default_factory=dict)  # by position
    taken: dict[UUID, str] = field(default_factory=dict)


class Building:
    def __init__(
        self, db: Database, parses: Parses, passages: Passages, fingerprints: Fingerprints, vectors: Vectors
    ) -> None:
        self._db = db
        self._parses = parses
        self._passages = passages
        self._fingerprints = fingerprints
        self._vectors = vectors
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Breaks off what is being built; the next process goes on with it."""
        self._stopping.set()

    def dimension(self, version: CollectionVersion) -> int:
        """Of the vectors that the version's model makes."""
        return self._passages.dimension(version.fingerprint)

    def add_lacking(self, version: CollectionVersion, progress: Progress) -> Made:
        """Puts every ready document into `version` that is not in it as it is now; until there is none left.

        A document is in the version as a whole or not at all, so doing this again after a crash goes on where it was.
        Raises `Cancelled`, `Stopped` at shutdown, `Unavailable` while the model cannot be used.
        """
        made = Made()
        while documents := self._next(version, progress):
            self.check(version)
            self._add(version, documents, made)
        return made

    def _next(self, version: CollectionVersion, progress: Progress) -> list[Document]:
        with self._db.begin() as tx:
            ids = tx.versions.lacking(version.collection_id, version.id, _DOCUMENTS)
            left = tx.versions.count_lacking(version.collection_id, version.id)
            ready = tx.documents.count_ready(version.collection_id)
            documents = tx.documents.get_many(ids)
        progress(max(ready - left, 0), ready)
        return documents

    def check(self, version: CollectionVersion) -> None:
        """Raises `Cancelled` for a version that somebody gave up, `Stopped` at shutdown."""
        if self._stopping.is_set():
            raise Stopped
        with self._db.begin() as tx:
            now = tx.collections.version(version.id)
        if now is None or now.state == "failed":
            raise Cancelled

    def _add(self, version: CollectionVersion, documents: Sequence[Document], made: Made) -> None:
        with self._db.begin() as tx:
            batch = _Batch(tx.versions.now())
            collection = tx.collections.get(version.collection_id)
            if collection is None:
                raise Cancelled
            before = tx.versions.passages(collection.version.id, [document.id for document in documents])
        for document in documents:
            batch.chunks[document.id] = self._cut(version, document, before, batch.taken)
        self._fail_empty(batch)
        if self._fingerprints.same_vectors(collection.version.fingerprint, version.fingerprint):
            made.reused += self._reuse(version, before, batch)
        made.embedded += self._embed(version, batch)
        with self._db.begin() as tx:
            there = tx.stages.lock(batch.chunks)
            stale = {id_ for key in there for id_ in self._put(tx, version, key, batch)}
            tx.versions.note(version.id, there, batch.at, batch.taken)
        self._index(version, list(there), stale)

    def _cut(
        self, version: CollectionVersion, document: Document, before: Before, taken: dict[UUID, str]
    ) -> Sequence[Chunk]:
        """The document's chunks; those of the version before when the file cannot be read any more."""
        try:
            parsed = self._parses.get(document.sha256, document.filename)
            if chunks := self._fingerprints.chunks(parsed, version.fingerprint):
                return chunks
            taken[document.id] = NO_TEXT
        except (Stopped, Unavailable):
            raise
        except NichewiseError as error:
            taken[document.id] = error.message
        except Exception:  # one file must not keep a whole collection from being indexed
            reference = secrets.token_hex(4)
            log.exception("Document %s cannot be cut; reference %s", document.id, reference)
            taken[document.id] = UNEXPECTED % {"reference": reference}
        return [chunk for chunk, _ in before.get(document.id, ())]

    def _fail_empty(self, batch: _Batch) -> None:
        """A document that has neither a readable file nor passages cannot be found by anybody, and says so."""
        empty = [key for key, chunks in batch.chunks.items() if not chunks]
        with self._db.begin() as tx:
            for key in empty:
                tx.stages.fail(key, batch.taken.pop(key))
        batch.chunks = {key: chunks for key, chunks in batch.chunks.items() if chunks}

    def _reuse(self, version: CollectionVersion, before: Before, batch: _Batch) -> int:
        """Takes the vectors of passages that read as they did; how many."""
        for key, chunks in batch.chunks.items():
            known = {(c.heading, c.text): vector for c, vector in before.get(key, ()) if vector is not None}
            same = {c.position: known.get((c.heading, c.text)) for c in self._spoken(version, chunks)}
            batch.vectors[key] = {position: vector for position, vector in same.items() if vector is not None}
        return sum(map(len, batch.vectors.values()))

    def _embed(self, version: CollectionVersion, batch: _Batch) -> int:
        missing = [
            (key, chunk)
            for key, chunks in batch.chunks.items()
            for chunk in self._spoken(version, chunks)
            if chunk.position not in batch.vectors.get(key, {})
        ]
        for start in range(0, len(missing), _SLICE):
            self.check(version)
            piece = missing[start : start + _SLICE]
            vectors = self._passages.vectors(version.fingerprint, [chunk for _, chunk in piece])
            for (key, chunk), vector in zip(piece, vectors, strict=True):
                batch.vectors.setdefault(key, {})[chunk.position] = vector
        return len(missing)

    @staticmethod
    def _spoken(version: CollectionVersion, chunks: Sequence[Chunk]) -> Iterator[Chunk]:
        return (chunk for chunk in chunks if chunk.language in version.fingerprint.languages)

    def _put(self, tx: Stores, version: CollectionVersion, key: UUID, batch: _Batch) -> set[UUID]:
        """Makes the batch's chunks those of the document; the ids that it does not have any more."""
        before, _ = tx.chunks.ids_of_documents(version.id, [key])
        chunks, vectors = batch.chunks[key], batch.vectors.get(key, {})
        ids = tx.chunks.put(version.id, key, chunks)
        tx.vectors.put(
            {id_: vectors[chunk.position] for id_, chunk in zip(ids, chunks, strict=True) if chunk.position in vectors}
        )
        return before - set(ids)

    def _index(self, version: CollectionVersion, ids: Sequence[UUID], stale: set[UUID]) -> None:
        # After the commit, so that no vector is ever there without its chunk; the rows are locked, so that a deletion
        # of a document comes before or after this. What a crash leaves out is added when the version is checked.
        with self._db.begin() as tx:
            there = tx.stages.lock(ids)
            found = tx.vectors.of_documents(version.id, list(there))
            self._vectors.upsert(version.vector_name, found)
        if stale:
            self._vectors.delete(version.vector_name, stale)
