"""The stages that a document goes through between its upload and the first answer from it.

`received -> parsed -> chunked -> embedded -> indexed -> verified -> ready`, or `failed` with a sentence. Each stage is
done once its row says so, and doing one again after a crash changes nothing: ids of chunks are stable, and what each
stage needs is in the blobs and in SQL. Documents that are on their way at the same time share calls and commits.
"""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from core.entities import Chunk, CollectionVersion, Document, Stage
from core.errors import NichewiseError, ParseFailed, Unavailable
from data.database import Database, Stores
from data.stores.chunks import Vector
from data.stores.documents import Described
from services.batching import Batcher, Stopped, Traffic
from services.fingerprints import Fingerprints
from services.parses import Parses
from services.passages import Passages
from services.publishing import Outcome, Publishing

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5  # at one and the same stage
UNEXPECTED = "The document could not be indexed. Tell an administrator this reference: %(reference)s."
_SLICE = 64  # chunks of one document that are embedded and saved together: what a crash may cost
_LINGER = 0.05  # seconds that a transaction waits for company
_BEFORE_CHUNKS = (Stage.RECEIVED, Stage.PARSED)

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
class _Chunked:
    work: Work
    chunks: Sequence[Chunk]


@dataclass(frozen=True, slots=True)
class _Embedded:
    """Some of a document's vectors; `done` of its chunks need no more work, `last` says that none does."""

    document_id: UUID
    vectors: dict[UUID, Vector]
    done: int
    last: bool


class Ingestion:
    def __init__(
        self,
        db: Database,
        parses: Parses,
        passages: Passages,
        publishing: Publishing,
        fingerprints: Fingerprints,
        traffic: Traffic,
    ) -> None:
        self._db = db
        self._parses = parses
        self._passages = passages
        self._publishing = publishing
        self._fingerprints = fingerprints
        self._traffic = traffic
        linger = traffic.linger(_LINGER)
        self._beginning = Batcher(self._begin, limit=64, linger=linger)
        self._describing = Batcher(self._describe, limit=64, linger=linger)
        self._chunking = Batcher(self._put_chunks, limit=512, linger=linger)
        self._keeping = Batcher(self._keep, limit=512, linger=linger)

    def run(self, document_id: UUID) -> None:
        """Takes the document as far as it goes, from where it is; called again after a failure, and safe to be.

        Raises `Stopped` at shutdown, `Unavailable` while something is down, the unexpected up to MAX_ATTEMPTS times.
        """
        with self._traffic.passing():
            self._run(document_id)

    def _run(self, document_id: UUID) -> None:
        work, attempts = self._beginning(document_id)
        if work is not None and attempts > MAX_ATTEMPTS:  # it took the process down each time
            self._fail_unexpectedly(document_id)
            return
        try:
            while work is not None:
                work = self._carry(work)
        except Gone:
            log.info("Document %s was deleted while it was being indexed", document_id)
        except (Stopped, Unavailable):
            self._forgive(document_id)
            raise
        except NichewiseError as error:
            self._fail(document_id, error.message)
        except Exception:
            if attempts < MAX_ATTEMPTS:
                raise
            self._fail_unexpectedly(document_id)

    def stop(self) -> None:
        """Breaks off what runs; the next process resumes it."""
        for batcher in (self._beginning, self._describing, self._chunking, self._keeping):
            batcher.stop()
        self._parses.stop()
        self._passages.stop()
        self._publishing.stop()

    # --- beginning and ending ---------------------------------------------------------------------------------------

    def _begin(self, ids: list[UUID]) -> list[tuple[Work | None, int]]:
        """What is to be done about each document, and how often that was begun before it got any further."""
        with self._db.begin() as tx:
            attempts = tx.documents.begin(ids)
            works = self._works(tx, ids)
        return [(works.get(key), attempts.get(key, 0)) for key in ids]

    def _works(self, tx: Stores, ids: Sequence[UUID]) -> dict[UUID, Work]:
        pending = [document for document in tx.documents.get_many(ids) if not document.stage.ended]
        versions = {key: tx.collections.get(key) for key in {document.collection_id for document in pending}}
        works = {}
        for document in pending:
            if document.stage not in _BEFORE_CHUNKS and not document.chunks:
                document = replace(document, stage=Stage.PARSED)  # its chunks are in a version that was left
            if (collection := versions[document.collection_id]) is not None:
                works[document.id] = Work(document, collection.version)
        return works

    def _forgive(self, document_id: UUID) -> None:
        with self._db.begin() as tx:
            tx.documents.forgive(document_id)

    def _fail(self, document_id: UUID, sentence: str) -> None:
        with self._db.begin() as tx:
            tx.documents.fail(document_id, sentence)

    def _fail_unexpectedly(self, document_id: UUID) -> None:
        reference = secrets.token_hex(4)
        log.exception("Document %s cannot be indexed; reference %s", document_id, reference)
        self._fail(document_id, UNEXPECTED % {"reference": reference})

    # --- the way ----------------------------------------------------------------------------------------------------

    def _carry(self, work: Work) -> Work | None:
        """None once the document is ready; else what is to be carried on, in the version that is active by now."""
        self._fingerprints.check(work.version.fingerprint)
        stage = work.document.stage
        if stage in _BEFORE_CHUNKS:
            self._embed(work, self._chunk(work))
        elif stage is Stage.CHUNKED:
            self._embed(work, self._stored_chunks(work))
        if self._publishing(work.document, work.version) is Outcome.READY:
            return None
        with self._db.begin() as tx:
            return self._works(tx, [work.id]).get(work.id)

    def _chunk(self, work: Work) -> list[Identified]:
        document = work.document
        parsed = self._parses.get(document.sha256, document.filename)
        chunks = self._fingerprints.chunks(parsed, work.version.fingerprint)
        if not chunks:
            raise ParseFailed("The file has no text.")
        if document.stage is Stage.RECEIVED:
            language = Counter(chunk.language for chunk in chunks).most_common(1)[0][0]
            self._describing(Described(document.id, parsed.title, language, parsed.pages, parsed.tags, parsed.notes))
        ids = self._chunking(_Chunked(work, chunks), len(chunks))
        if ids is None:
            raise Gone
        return list(zip(ids, chunks, strict=True))

    def _embed(self, work: Work, missing: Sequence[Identified]) -> None:
        """Chunks in a language that the model does not speak get no vectors and count as done."""
        spoken = [(key, chunk) for key, chunk in missing if chunk.language in work.version.fingerprint.languages]
        done = max(work.document.total, len(missing)) - len(spoken)
        for start in range(0, max(len(spoken), 1), _SLICE):
            piece = spoken[start : start + _SLICE]
            vectors = self._passages.vectors([chunk for _, chunk in piece])
            done += len(piece)
            keys = (key for key, _ in piece)
            last = start + _SLICE >= len(spoken)
            if not self._keeping(_Embedded(work.id, dict(zip(keys, vectors, strict=True)), done, last), len(piece)):
                raise Gone

    def _stored_chunks(self, work: Work) -> list[Identified]:
        languages = work.version.fingerprint.languages
        with self._db.begin() as tx:
            return tx.chunks.without_vector(work.version.id, [work.id], languages, work.document.total)

    # --- what documents do together ---------------------------------------------------------------------------------

    def _describe(self, described: list[Described]) -> list[None]:
        with self._db.begin() as tx:
            tx.documents.describe(described)
        return [None] * len(described)

    def _put_chunks(self, items: list[_Chunked]) -> list[list[UUID] | None]:
        """The chunks' ids, None for a document that is gone."""
        ids: dict[UUID, list[UUID]] = {}
        with self._db.begin() as tx:
            there = tx.documents.lock(item.work.id for item in items)
            for item in sorted(items, key=lambda item: item.work.version.id):  # one order of locks for every worker
                if item.work.id in there:
                    ids[item.work.id] = tx.chunks.put(item.work.version.id, item.work.id, item.chunks)
            tx.documents.progress(dict.fromkeys(ids, 0), {key: len(chunks) for key, chunks in ids.items()})
            tx.documents.advance(ids, Stage.CHUNKED)
        return [ids.get(item.work.id) for item in items]

    def _keep(self, items: list[_Embedded]) -> list[bool]:
        """Whether the document is still there."""
        with self._db.begin() as tx:
            there = tx.documents.lock(item.document_id for item in items)
            kept = [item for item in items if item.document_id in there]
            tx.chunks.put_vectors({key: vector for item in kept for key, vector in item.vectors.items()})
            tx.documents.progress({item.document_id: item.done for item in kept})
            tx.documents.advance([item.document_id for item in kept if item.last], Stage.EMBEDDED)
        return [item.document_id in there for item in items]
