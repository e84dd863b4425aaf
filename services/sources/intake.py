"""Records of sources as documents: a new one is put in, a changed one replaces its document, a vanished one goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from uuid import UUID, uuid4

from core.entities.corpora import Document, Stage
from core.entities.sources import Known, Outcome, Record, Source
from data.database import Database
from data.stores.documents import NewDocument
from data.stores.lineages import Latest
from data.transaction import Stores
from services.files.blobs import Blobs, Received
from services.files.intake import LIMIT, clean_filename, defer_ingest, media_type_of
from services.files.removal import Removal

_BY = "system"
_STARTED_AGAIN = (Stage.REPLACED, Stage.FAILED, Stage.CANCELLED)


class SourceIntake:
    """Each record is one transaction: its document, its place in the queue, and what is remembered of it."""

    def __init__(self, db: Database, blobs: Blobs, removal: Removal) -> None:
        self._db = db
        self._blobs = blobs
        self._removal = removal

    def take(self, source: Source, run_id: UUID, record: Record, before: Known | None) -> Outcome:
        """Raises `TooLarge`, `BadInput` for what is empty, OSError for what cannot be opened any more."""
        with record.open() as stream:
            received = self._blobs.receive(stream, LIMIT)
        try:
            return self._take(source, run_id, record, before, received)
        finally:
            self._blobs.discard(received)

    def _take(self, source: Source, run_id: UUID, record: Record, before: Known | None, received: Received) -> Outcome:
        digest = record.digest or received.sha256
        if before and before.digest == digest:
            return self._unchanged(source, run_id, record, before)
        outcome = Outcome.CHANGED if before and before.digest else Outcome.ADDED
        with self._db.begin() as tx:
            tx.documents.guard_bytes(received.sha256)
            self._blobs.keep(received)
            own = self._own(tx, before)
            document, made = self._placed(tx, source, record, received, tx.lineages.of(own) if own else None)
            known = Known(record.key, document.id, made, record.stamp, digest, run_id)
            tx.source_runs.put(source.id, known, outcome)
        if own and not made:  # its new content was there already, as another document
            self._remove(own)
        return outcome

    def _unchanged(self, source: Source, run_id: UUID, record: Record, before: Known) -> Outcome:
        known = Known(record.key, before.document_id, before.made, record.stamp, before.digest, run_id)
        with self._db.begin() as tx:
            tx.source_runs.put(source.id, known, Outcome.UNCHANGED)
        return Outcome.UNCHANGED

    def remove(self, source_id: UUID, run_id: UUID, gone: Sequence[Known]) -> None:
        """Documents that came with these records go with them, unless another record is the same document."""
        for known in gone:
            with self._db.begin() as tx:
                own = self._own(tx, known)
            if own:
                self._remove(own)
            with self._db.begin() as tx:
                tx.source_runs.forget(source_id, run_id, [known.key])

    def _remove(self, document_id: UUID) -> None:
        """With every version of it."""
        with self._db.begin() as tx:
            versions = tx.documents.get_many(tx.lineages.siblings([document_id]))
        for version in versions:
            self._removal.remove(version, _BY)

    def _own(self, tx: Stores, known: Known | None) -> UUID | None:
        """The record's document where it came with this record, and is this record's alone."""
        if known is None or known.document_id is None or not known.made:
            return None
        return known.document_id if tx.source_runs.feeding(known.document_id) == 1 else None

    def _placed(
        self, tx: Stores, source: Source, record: Record, received: Received, before: Latest | None
    ) -> tuple[Document, bool]:
        """The document of these bytes in the collection, and whether it came with this record: as the next version of
        `before`, whose place it takes once it is ready."""
        name = clean_filename(record.filename)
        new = NewDocument(
            collection_id=source.collection_id,
            filename=name,
            media_type=media_type_of(name),
            sha256=received.sha256,
            size=received.size,
            title=PurePosixPath(name).stem,
            version=before.version + 1 if before else 1,
            lineage=before.lineage if before else uuid4(),
        )
        made = tx.documents.add(new) is not None
        document = tx.documents.same_bytes(source.collection_id, received.sha256)
        assert document is not None  # noqa: S101 - it was put there in this transaction
        if document.stage is Stage.REPLACED:
            tx.lineages.revive(document.id, new)
            made = True
        elif not made:
            tx.ledger.restart(document.id, (Stage.FAILED, Stage.CANCELLED))
        if made and before:
            tx.readers.inherit(document.id, before.document_id)
        if not document.stage.ended or document.stage in _STARTED_AGAIN:
            defer_ingest(tx, document.id, None)
        return document, made
