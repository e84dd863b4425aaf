"""Building a new version of a collection beside the one that is searched, and switching to it."""

from __future__ import annotations

import logging
import secrets
from uuid import UUID

from core.entities import CollectionVersion
from core.errors import NichewiseError, ParseFailed, Unavailable
from data.database import Database, Stores
from rag.lexical import Lexical
from rag.vectors import Vectors
from services.batching import Stopped
from services.fingerprints import Fingerprints
from services.indexing import Indexing
from services.parses import Parses
from services.passages import Passages

log = logging.getLogger(__name__)

UNEXPECTED = (
    "The collection could not be re-indexed; the old index stays. Tell an administrator this reference: %(reference)s."
)
_KEPT_VERSIONS = 1  # retired ones, for going back
_SLICE = 64


class Unequal(Exception):
    """The new version's indexes do not hold what SQL holds."""


class Reindexing:
    def __init__(
        self,
        db: Database,
        parses: Parses,
        passages: Passages,
        fingerprints: Fingerprints,
        vectors: Vectors,
        lexical: Lexical,
        indexing: Indexing,
    ) -> None:
        self._db = db
        self._parses = parses
        self._passages = passages
        self._fingerprints = fingerprints
        self._vectors = vectors
        self._lexical = lexical
        self._indexing = indexing

    def run(self, run_id: UUID, version_id: UUID) -> None:
        """Builds the version from the stored parses until nothing is missing, then makes it the active one.

        Resumable: a document is in the new version as a whole or not at all. After a failure that will not pass, the
        version is dropped and the active one stays.
        """
        try:
            self._build(run_id, version_id)
        except (Stopped, Unavailable):
            raise
        except NichewiseError as error:
            self._give_up(run_id, version_id, error.message)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("Version %s cannot be built; reference %s", version_id, reference)
            self._give_up(run_id, version_id, UNEXPECTED % {"reference": reference})

    def _build(self, run_id: UUID, version_id: UUID) -> None:
        with self._db.begin() as tx:
            version = tx.collections.version(version_id)
            if version is None or version.state != "building":
                return
            tx.jobs.update(run_id, status="running")
        self._fingerprints.check(version.fingerprint)
        while not self._switched(run_id, version):
            self._add_lacking(run_id, version)
        self._drop_old(version.collection_id)

    def _add_lacking(self, run_id: UUID, version: CollectionVersion) -> None:
        with self._db.begin() as tx:
            lacking = tx.documents.lacking(version.collection_id, version.id)
            ready = tx.documents.count_ready(version.collection_id)
        for position, document_id in enumerate(lacking):
            self._add(version, document_id)
            with self._db.begin() as tx:
                tx.jobs.update(run_id, done=ready - len(lacking) + position + 1, total=ready)
        self._indexing.catch_up(version)

    def _add(self, version: CollectionVersion, document_id: UUID) -> None:
        with self._db.begin() as tx:
            document = tx.documents.get(document_id)
        if document is None:
            return
        try:
            parsed = self._parses.get(document.sha256, document.filename)
        except NichewiseError as error:
            raise ParseFailed("%(title)s: %(reason)s", title=document.title, reason=error.message) from error
        chunks = self._fingerprints.chunks(parsed, version.fingerprint)
        if not chunks:
            raise Unequal(f"document {document_id} has no chunks any more")
        spoken = [chunk for chunk in chunks if chunk.language in version.fingerprint.languages]
        embedded = [
            vector
            for start in range(0, len(spoken), _SLICE)
            for vector in self._passages.vectors(spoken[start : start + _SLICE])
        ]
        by_position = {chunk.position: vector for chunk, vector in zip(spoken, embedded, strict=True)}
        with self._db.begin() as tx:
            if not tx.documents.lock([document_id]):
                return
            ids = tx.chunks.put(version.id, document_id, chunks)
            found = {
                key: by_position[chunk.position]
                for key, chunk in zip(ids, chunks, strict=True)
                if chunk.position in by_position
            }
            tx.chunks.put_vectors(found)
            if found:
                self._vectors.upsert(version.vector_name, list(found), [vector.tolist() for vector in found.values()])

    def _switched(self, run_id: UUID, version: CollectionVersion) -> bool:
        """Makes the version active if it holds all that is ready; nobody adds or removes a document meanwhile."""
        with self._db.begin() as tx:
            tx.collections.get(version.collection_id, lock="update")
            if tx.documents.lacking(version.collection_id, version.id):
                return False
            self._compare(tx, version)
            tx.collections.activate(version)
            ready = tx.documents.count_ready(version.collection_id)
            tx.jobs.update(run_id, status="done", done=ready, total=ready)
            tx.audit.write("system", "collection.switch", "collection", version.collection_id, version=version.number)
        return True

    def _compare(self, tx: Stores, version: CollectionVersion) -> None:
        self._indexing.catch_up(version)
        expected = tx.chunks.count(version.id), tx.chunks.count_vectors(version.id)
        found = self._lexical.count(version.vector_name), self._vectors.count(version.vector_name)
        if expected != found:
            raise Unequal(f"version {version.id}: SQL has (chunks, vectors) {expected}, the indexes have {found}")

    def _give_up(self, run_id: UUID, version_id: UUID, sentence: str) -> None:
        with self._db.begin() as tx:
            version = tx.collections.version(version_id)
            tx.collections.fail_version(version_id)
            tx.jobs.update(run_id, status="failed", error=sentence)
        if version is not None:
            self._drop(version)

    def _drop_old(self, collection_id: UUID) -> None:
        with self._db.begin() as tx:
            versions = tx.collections.versions(collection_id)
        retired = [version for version in versions if version.state == "retired"]
        failed = [version for version in versions if version.state == "failed"]
        for version in (*retired[_KEPT_VERSIONS:], *failed):
            self._drop(version)

    def _drop(self, version: CollectionVersion) -> None:
        self._vectors.drop(version.vector_name)
        self._lexical.drop(version.vector_name)
        with self._db.begin() as tx:
            tx.collections.drop_version(version.id)
