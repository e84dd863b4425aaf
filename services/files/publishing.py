"""The last stages of a document: its chunks into both indexes, counted there, and shown to people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from uuid import UUID

from core.entities.corpora import CollectionVersion, Document, Stage
from data.database import Database
from data.transaction import Stores
from rag.lexical import Lexical
from rag.vectors import Vectors
from services.files.indexing import Indexing
from services.files.succession import forget, succeed

_PENDING = (Stage.EMBEDDED, Stage.INDEXED, Stage.VERIFIED)


class Outcome(Enum):
    READY = auto()
    GONE = auto()  # deleted meanwhile
    MOVED = auto()  # another version of the collection became active: the document starts again from its parse


class Unverified(Exception):
    """An index does not hold what SQL holds."""


Pending = tuple[Document, CollectionVersion]


class Publishing:
    def __init__(self, db: Database, vectors: Vectors, lexical: Lexical, indexing: Indexing) -> None:
        self._db = db
        self._vectors = vectors
        self._lexical = lexical
        self._indexing = indexing

    def publish(self, pending: list[Pending]) -> list[Outcome]:
        """Brings documents that are embedded, or further, to `ready`. Raises `Unverified`; trying again mends it."""
        by_version: dict[UUID, list[UUID]] = defaultdict(list)
        versions = {version.id: version for _, version in pending}
        for document, version in pending:
            by_version[version.id].append(document.id)
        outcomes: dict[UUID, Outcome] = {}
        for version_id, ids in by_version.items():
            outcomes |= self._publish_version(versions[version_id], ids)
        return [outcomes[document.id] for document, _ in pending]

    def _publish_version(self, version: CollectionVersion, ids: Sequence[UUID]) -> dict[UUID, Outcome]:
        outcomes = dict.fromkeys(ids, Outcome.GONE)
        with self._db.begin() as tx:
            pending = self._pending(tx, version, ids, outcomes)
            self._index(tx, version, [key for key, stage in pending.items() if stage is Stage.EMBEDDED])
        self._indexing.catch_up(version)
        self._verify(version, [key for key, stage in pending.items() if stage is not Stage.VERIFIED])
        with self._db.begin() as tx:
            still = self._pending(tx, version, list(pending), outcomes)
            tx.stages.advance(still, Stage.READY)
            replaced = succeed(tx, still)
            versions = [found for key in replaced if (found := tx.collections.version(key))]
        forget(self._vectors, versions, replaced)
        return outcomes | dict.fromkeys(still, Outcome.READY)

    def _pending(
        self, tx: Stores, version: CollectionVersion, ids: Iterable[UUID], outcomes: dict[UUID, Outcome]
    ) -> dict[UUID, Stage]:
        """Those of `ids` that go on, locked. While this transaction lasts, the version stays the active one."""
        collection = tx.collections.get(version.collection_id, lock="share")
        stages = {key: stage for key, stage in tx.stages.lock(ids).items() if stage in _PENDING}
        if collection is None or collection.version.id == version.id:
            return stages
        tx.stages.advance(stages, Stage.PARSED)
        outcomes.update(dict.fromkeys(stages, Outcome.MOVED))
        return {}

    def _index(self, tx: Stores, version: CollectionVersion, ids: Sequence[UUID]) -> None:
        # The rows stay locked while the vectors are written: a deletion of the document comes before or after it.
        if not ids:
            return
        found = tx.vectors.of_documents(version.id, ids)
        if found:
            tx.versions.note_dimension(version, len(next(iter(found.values()))))  # of a new collection
            self._vectors.upsert(version.vector_name, found)
        tx.stages.advance(ids, Stage.INDEXED)

    def _verify(self, version: CollectionVersion, ids: Sequence[UUID]) -> None:
        """Both indexes hold each chunk of these documents that SQL holds; else they are to be indexed again."""
        if not ids:
            return
        with self._db.begin() as tx:
            stages = tx.stages.lock(ids)
            chunks, embedded = tx.chunks.ids_of_documents(version.id, list(stages))
            no_vector = embedded - self._vectors.present(version.vector_name, embedded)
            no_entry = chunks - self._lexical.present(version.vector_name, chunks)
            tx.stages.advance(stages, Stage.EMBEDDED if no_vector or no_entry else Stage.VERIFIED)
        if no_entry:
            self._indexing.repair(version)
        if no_vector or no_entry:
            raise Unverified(f"version {version.id} lacks {len(no_vector)} vectors, {len(no_entry)} lexical entries")
