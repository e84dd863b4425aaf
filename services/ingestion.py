"""The stages that a document goes through between its upload and the first answer from it.

`received -> parsed -> chunked -> embedded -> indexed -> verified -> ready`, or `failed` with a sentence. Each stage is
done once its row says so, and doing one again after a crash changes nothing: ids of chunks are stable, and what each
stage needs is in the blobs and in SQL. Documents that are on their way at the same time share calls and commits.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from core.entities.corpora import Chunk, CollectionVersion, Document, Stage
from core.errors import NichewiseError, ParseFailed, Unavailable
from data.database import Database
from data.stores.chunks import Vector
from data.stores.documents import Described
from data.transaction import Stores
from services.batching import Batcher, Item, Result, Stopped, Traffic
from services.fingerprints import Fingerprints
from services.loops import LoopThread
from services.parses import Parses
from services.passages import Passages
from services.publishing import Outcome, Publishing
from services.quarantine import Quarantine, Quarantined
from services.sheet_making import SheetMaking

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5  # at one and the same stage
UNEXPECTED = "The document could not be indexed. Tell an administrator this reference: %(reference)s."
_SLICE = 64  # chunks of one document that are embedded and saved together: what a crash may cost
# Few enough that there are always as many documents again being parsed and as many being indexed while the model works.
_EMBEDDED_TOGETHER = 64
_ENOUGH = 32  # keeps the cores busy while the next ones arrive
_LINGER = 0.3  # seconds that a transaction waits for company: much less than one call of the model takes
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
class _Read:
    """A document's chunks, and what parsing told unless that is known already."""

    work: Work
    chunks: Sequence[Chunk]
    described: Described | None


@dataclass(frozen=True, slots=True)
class _Embedded:
    """Some of a document's vectors; `done` of its chunks need no more work, `last` says that none does."""

    document_id: UUID
    vectors: dict[UUID, Vector]
    done: int
    last: bool


class Ingestion:
    """Documents are coroutines of one loop: hundreds on their way cost no threads. Files are read beside one another,
    everything else is done for many documents in one call."""

    def __init__(
        self,
        db: Database,
        parses: Parses,
        passages: Passages,
        publishing: Publishing,
        fingerprints: Fingerprints,
        quarantine: Quarantine,
        sheets: SheetMaking,
    ) -> None:
        self._db = db
        self._parses = parses
        self._passages = passages
        self._fingerprints = fingerprints
        self._quarantine = quarantine
        self._sheets = sheets
        self._loop = LoopThread("ingestion")
        self._reading = ThreadPoolExecutor(1 + (os.cpu_count() or 1), thread_name_prefix="reading")
        self._traffic = Traffic()
        self._beginning = self._together(self._begin, 64, linger=_LINGER)
        self._chunking = self._together(self._put_chunks, 512, linger=_LINGER, enough=_EMBEDDED_TOGETHER)
        self._embedding = self._together(passages.of_many, _EMBEDDED_TOGETHER, linger=0.2, enough=_ENOUGH)
        self._keeping = self._together(self._keep, 512, linger=_LINGER)
        # A commit of either index costs about as much for one document as for fifty.
        self._publishing = self._together(publishing.publish, 512, linger=0.3)

    def _together(
        self, work: Callable[[list[Item]], Sequence[Result]], limit: int, *, linger: float, enough: int = 0
    ) -> Batcher[Item, Result]:
        return Batcher(work, limit, traffic=self._traffic, linger=linger, enough=enough)

    def run(self, document_id: UUID) -> None:
        """Takes the document as far as it goes, from where it is; called again after a failure, and safe to be.

        Raises `Stopped` at shutdown, `Unavailable` while something is down, the unexpected up to MAX_ATTEMPTS times.
        """
        self.start(document_id).result()

    def start(self, document_id: UUID) -> Future[None]:
        """`run` without waiting for it."""
        return self._loop.run(self._run(document_id))

    async def _run(self, document_id: UUID) -> None:
        with self._traffic.passing():
            work, attempts = await self._beginning(document_id)
            if work is not None and attempts > MAX_ATTEMPTS:  # it took the process down each time
                self._fail_unexpectedly(document_id)
                return
            try:
                while work is not None:
                    work = await self._carry(work)
            except Gone:
                log.info("Document %s was deleted while it was being indexed", document_id)
            except Quarantined:
                log.info("Document %s waits for an administrator", document_id)
            except (Stopped, Unavailable):
                await asyncio.to_thread(self._forgive, document_id)
                raise
            except NichewiseError as error:
                await asyncio.to_thread(self._fail, document_id, error.message)
            except Exception:
                if attempts < MAX_ATTEMPTS:
                    raise
                self._fail_unexpectedly(document_id)

    def stop(self) -> None:
        """Breaks off what runs; the next process resumes it."""
        self._loop.soon(self._stop_here)
        self._parses.stop()
        self._passages.stop()

    def _stop_here(self) -> None:
        for batcher in (self._beginning, self._chunking, self._embedding, self._keeping, self._publishing):
            batcher.stop()

    def close(self) -> None:
        self._loop.close()
        self._reading.shutdown()

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

    async def _carry(self, work: Work) -> Work | None:
        """None once the document is ready; else what is to be carried on, in the version that is active by now."""
        self._fingerprints.check(work.version.fingerprint)
        stage = work.document.stage
        if stage in _BEFORE_CHUNKS:
            await self._embed(work, await self._chunk(work))
        elif stage is Stage.CHUNKED:
            await self._embed(work, await asyncio.to_thread(self._stored_chunks, work))
        if await self._publishing((work.document, work.version), max(work.document.total, 1)) is Outcome.READY:
            return None
        return await asyncio.to_thread(self._again, work.id)

    def _again(self, document_id: UUID) -> Work | None:
        with self._db.begin() as tx:
            return self._works(tx, [document_id]).get(document_id)

    async def _chunk(self, work: Work) -> list[Identified]:
        read = await asyncio.get_running_loop().run_in_executor(self._reading, self._read, work)
        ids = await self._chunking(read, len(read.chunks))
        if ids is None:
            raise Gone
        return list(zip(ids, read.chunks, strict=True))

    def _read(self, work: Work) -> _Read:
        document = work.document
        parsed = self._parses.get(document.sha256, document.filename, partial(self._note_pages, document.id))
        self._quarantine.admit(document, parsed)
        self._sheets.keep(document, parsed)
        chunks = self._fingerprints.chunks(parsed, work.version.fingerprint)
        if not chunks:
            raise ParseFailed("The file has no text.")
        if document.stage is not Stage.RECEIVED:
            return _Read(work, chunks, None)
        language = Counter(chunk.language for chunk in chunks).most_common(1)[0][0]
        described = Described(document.id, parsed.title, language, parsed.pages, parsed.tags, parsed.notes)
        return _Read(work, chunks, described)

    def _note_pages(self, document_id: UUID, done: int, total: int) -> None:
        with self._db.begin() as tx:
            if not tx.ledger.read_pages(document_id, done, total):
                raise Gone

    async def _embed(self, work: Work, missing: Sequence[Identified]) -> None:
        """Chunks in a language that the model does not speak get no vectors and count as done."""
        spoken = [(key, chunk) for key, chunk in missing if chunk.language in work.version.fingerprint.languages]
        done = max(work.document.total, len(missing)) - len(spoken)
        for start in range(0, max(len(spoken), 1), _SLICE):
            piece = spoken[start : start + _SLICE]
            made = work.version.fingerprint, [chunk for _, chunk in piece]
            vectors = await self._embedding(made, len(piece)) if piece else []
            done += len(piece)
            keys = (key for key, _ in piece)
            last = start + _SLICE >= len(spoken)
            embedded = _Embedded(work.id, dict(zip(keys, vectors, strict=True)), done, last)
            if not await self._keeping(embedded, len(piece)):
                raise Gone

    def _stored_chunks(self, work: Work) -> list[Identified]:
        languages = work.version.fingerprint.languages
        with self._db.begin() as tx:
            return tx.chunks.without_vector(work.version.id, [work.id], languages, work.document.total)

    # --- what documents do together ---------------------------------------------------------------------------------

    def _put_chunks(self, items: list[_Read]) -> list[list[UUID] | None]:
        """The chunks' ids, None for a document that is gone."""
        ids: dict[UUID, list[UUID]] = {}
        with self._db.begin() as tx:
            there = tx.documents.lock(item.work.id for item in items)
            tx.documents.describe([item.described for item in items if item.described is not None])
            by_version: dict[UUID, dict[UUID, Sequence[Chunk]]] = defaultdict(dict)
            for item in items:
                if item.work.id in there:
                    by_version[item.work.version.id][item.work.id] = item.chunks
            for version_id in sorted(by_version):  # one order of locks for every worker
                ids |= tx.chunks.put_many(version_id, by_version[version_id])
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
