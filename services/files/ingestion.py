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
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from uuid import UUID

from core.entities.corpora import Stage
from core.errors import NichewiseError, ParseFailed, Unavailable
from data.database import Database
from data.stores.stages import Described
from services.corpora.fingerprints import Fingerprints
from services.files.batching import Batcher, Item, Result, Stopped, Traffic
from services.files.keeping import BEFORE_CHUNKS, Embedded, Gone, Identified, Keeping, Read, Work
from services.files.parses import Parses
from services.files.passages import Passages
from services.files.publishing import Outcome, Publishing
from services.files.quarantine import Quarantine, Quarantined
from services.loops import LoopThread
from services.sheets.making import SheetMaking

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5  # at one and the same stage
UNEXPECTED = "The document could not be indexed. Tell an administrator this reference: %(reference)s."
_SLICE = 64  # chunks of one document that are embedded and saved together: what a crash may cost
# Few enough that there are always as many documents again being parsed and as many being indexed while the model works.
_EMBEDDED_TOGETHER = 128
_ENOUGH = 32  # keeps the cores busy while the next ones arrive
_LINGER = 0.3  # seconds that a transaction waits for company: much less than one call of the model takes


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
        self._keeping = Keeping(db)
        self._parses = parses
        self._passages = passages
        self._fingerprints = fingerprints
        self._quarantine = quarantine
        self._sheets = sheets
        self._loop = LoopThread("ingestion")
        self._reading = ThreadPoolExecutor(1 + (os.cpu_count() or 1), thread_name_prefix="reading")
        self._traffic = Traffic()
        self._beginning = self._together(self._keeping.begin, 64, linger=_LINGER)
        self._chunking = self._together(self._keeping.put_chunks, 512, linger=_LINGER, enough=_EMBEDDED_TOGETHER)
        self._embedding = self._together(passages.of_many, _EMBEDDED_TOGETHER, linger=0.2, enough=_ENOUGH)
        self._saving = self._together(self._keeping.keep_vectors, 512, linger=_LINGER)
        # A commit of either index costs about as much for one document as for fifty: the fewer calls, the better.
        self._publishing = self._together(publishing.publish, 512, linger=2.0)

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
                await asyncio.to_thread(self._keeping.forgive, document_id)
                raise
            except NichewiseError as error:
                await asyncio.to_thread(self._keeping.fail, document_id, error.message)
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
        for batcher in (self._beginning, self._chunking, self._embedding, self._saving, self._publishing):
            batcher.stop()

    def close(self) -> None:
        self._loop.close()
        self._reading.shutdown()

    def _fail_unexpectedly(self, document_id: UUID) -> None:
        reference = secrets.token_hex(4)
        log.exception("Document %s cannot be indexed; reference %s", document_id, reference)
        self._keeping.fail(document_id, UNEXPECTED % {"reference": reference})

    # --- the way ----------------------------------------------------------------------------------------------------

    async def _carry(self, work: Work) -> Work | None:
        """None once the document is ready; else what is to be carried on, in the version that is active by now."""
        self._fingerprints.check(work.version.fingerprint)
        stage = work.document.stage
        if stage in BEFORE_CHUNKS:
            await self._embed(work, await self._chunk(work))
        elif stage is Stage.CHUNKED:
            await self._embed(work, await asyncio.to_thread(self._keeping.unembedded, work))
        if await self._publishing((work.document, work.version), max(work.document.total, 1)) is Outcome.READY:
            return None
        return await asyncio.to_thread(self._keeping.again, work.id)

    async def _chunk(self, work: Work) -> list[Identified]:
        read = await asyncio.get_running_loop().run_in_executor(self._reading, self._read, work)
        ids = await self._chunking(read, len(read.chunks))
        if ids is None:
            raise Gone
        return list(zip(ids, read.chunks, strict=True))

    def _read(self, work: Work) -> Read:
        document = work.document
        parsed = self._parses.get(document.sha256, document.filename, partial(self._keeping.note_pages, document.id))
        self._quarantine.admit(document, parsed)
        self._sheets.keep(document, parsed)
        chunks = self._fingerprints.chunks(parsed, work.version.fingerprint)
        if not chunks:
            raise ParseFailed("The file has no text.")
        if document.stage is not Stage.RECEIVED:
            return Read(work, chunks, None)
        language = Counter(chunk.language for chunk in chunks).most_common(1)[0][0]
        described = Described(document.id, parsed.title, language, parsed.pages, parsed.tags, parsed.notes)
        return Read(work, chunks, described)

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
            embedded = Embedded(work.id, dict(zip(keys, vectors, strict=True)), done, last)
            if not await self._saving(embedded, len(piece)):
                raise Gone
