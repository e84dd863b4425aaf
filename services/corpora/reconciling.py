"""Compares files, SQL, vectors, words and tables both ways, every night and on demand, and mends what differs."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from core.entities.corpora import Collection, CollectionVersion, Stage
from core.entities.people import Principal
from core.entities.versions import Finding, Reconciliation
from core.errors import Conflict, FingerprintMismatch, Unavailable
from core.roles import Permission
from data.database import Database
from rag.lexical import Lexical
from rag.vectors import Vectors
from services.corpora.comparing import Comparing, findings
from services.corpora.versions import defer, may_manage, may_read
from services.files.blobs import Blobs
from services.files.intake import defer_ingest
from services.sheets.checking import SheetChecking

log = logging.getLogger(__name__)

BUSY = "This collection is being checked already. Wait until that ends."
_YOUNG = timedelta(days=1)  # a file without a row may still be getting one
_EXAMPLES = 5
_TASK = "reconcile"
_OURS = re.compile(r"v-[0-9a-f]{32}")  # `CollectionVersion.vector_name`


class Reconciling:
    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        vectors: Vectors,
        lexical: Lexical,
        comparing: Comparing,
        sheets: SheetChecking,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._vectors = vectors
        self._lexical = lexical
        self._comparing = comparing
        self._sheets = sheets

    # --- for people -------------------------------------------------------------------------------------------------

    def start(self, principal: Principal, collection: str) -> UUID:
        """Starts a check of the collection and of what belongs to none; returns the id of the job run."""
        may_manage(principal)
        with self._db.begin() as tx:
            found = tx.collections.find(principal, collection)
            tx.collections.get(found.id, lock="update")
            if tx.jobs.running_of(_TASK, found.id):
                raise Conflict(BUSY)
            result = {"collection": collection, "collection_id": str(found.id)}
            run = tx.jobs.start(_TASK, principal.user_id, result=result)
            tx.jobs.defer(_TASK, queue="system", run_id=run, collection_id=found.id)
            tx.audit.write(principal, "collection.check", "collection", collection)
        return run

    def latest(self, principal: Principal, collection: str, limit: int = 10) -> list[Reconciliation]:
        """What the last checks of the collection found, newest first; files are named to those who may read all."""
        may_read(principal)
        with self._db.begin() as tx:
            found = tx.soundness.latest(tx.collections.find(principal, collection).id, limit)
        return found if principal.may(Permission.CORPORA_MANAGE) else [_without_names(one) for one in found]

    def latest_of_house(self, principal: Principal) -> Reconciliation | None:
        """What the last check found that belongs to no collection; for those who see the whole system."""
        may_read(principal)
        if not principal.may(Permission.SYSTEM):
            return None
        with self._db.begin() as tx:
            return next(iter(tx.soundness.latest(None)), None)

    def running(self, principal: Principal, collection: str) -> UUID | None:
        """The run that checks the collection now."""
        may_read(principal)
        with self._db.begin() as tx:
            return tx.jobs.running_of(_TASK, tx.collections.find(principal, collection).id)

    # --- jobs -------------------------------------------------------------------------------------------------------

    def run(self, run_id: UUID, collection_id: UUID) -> None:
        with self._db.begin() as tx:
            tx.jobs.update(run_id, status="running", total=2)
        self.collection(collection_id)
        with self._db.begin() as tx:
            tx.jobs.update(run_id, done=1)
        self.house()
        with self._db.begin() as tx:
            tx.jobs.update(run_id, status="done", done=2)

    def nightly(self) -> None:
        """Checks and mends every collection, and what belongs to none; takes up work whose job was lost."""
        self.resume()
        with self._db.begin() as tx:
            ids = {version.collection_id for version in tx.collections.all_versions()}
        for collection_id in sorted(ids):
            self.collection(collection_id)
        self.house()

    def collection(self, collection_id: UUID) -> Reconciliation | None:
        """Compares the files and every kept version of a collection and mends what can be mended."""
        started = time.monotonic()
        with self._db.begin() as tx:
            collection = tx.collections.get(collection_id)
            versions = [one for one in tx.collections.versions(collection_id) if one.state in ("active", "retired")]
        if collection is None:
            return None
        compared: dict[str, int] = {}
        found = [*self._files(collection, compared), *self._unindexed(collection)]
        for version in versions:
            found += self._version(version, compared)
        found += self._sheets.collection(collection_id, compared)
        return self._keep(collection_id, compared, found, started)

    def house(self) -> Reconciliation:
        """Finds and removes what belongs to no collection: files, temporary files, indexes and folders."""
        started = time.monotonic()
        originals = self._blobs.originals()
        compared = {"files": len(originals)}
        found = [self._lone_files(set(originals)), self._temporary(), *self._lone_indexes(), self._sheets.house()]
        return self._keep(None, compared, [one for one in found if one is not None], started)

    def resume(self) -> int:
        """Puts builds and switches whose job was lost into the queue again; returns how many."""
        with self._db.begin() as tx:
            lost = tx.soundness.abandoned()
            for one in lost:
                version = tx.collections.version(one.version_id)
                if version is not None:
                    defer(tx, one.kind, one.run_id, version, switch=one.switch)
        return len(lost)

    # --- of a collection --------------------------------------------------------------------------------------------

    def _version(self, version: CollectionVersion, compared: dict[str, int]) -> list[Finding]:
        before = self._comparing.differences(version)
        compared["chunks"] = compared.get("chunks", 0) + before.chunks
        compared["vectors"] = compared.get("vectors", 0) + before.vectors
        try:
            after = self._comparing.mend(version, before)
        except (Unavailable, FingerprintMismatch) as error:  # the next check finds what is left again
            log.warning("Version %s is mended in part: %s", version.id, error.message)
            after = self._comparing.differences(version)
        return findings(version, before, after)

    def _files(self, collection: Collection, compared: dict[str, int]) -> list[Finding]:
        """Documents whose file is gone; only who has it can bring it back."""
        with self._db.begin() as tx:
            files = tx.soundness.files(collection.id)
        compared["documents"] = len(files)
        missing = sorted(name for sha256, name in files.items() if not self._blobs.exists(sha256))
        return [Finding("no_file", len(missing), 0, None, tuple(missing[:_EXAMPLES]))] if missing else []

    def _unindexed(self, collection: Collection) -> list[Finding]:
        """Documents that count as ready and have no passage to be found by: they are indexed once more."""
        with self._db.begin() as tx:
            ids = tx.soundness.without_chunks(collection.id, collection.version.id)
            documents = tx.documents.get_many(ids)
            tx.stages.advance(ids, Stage.RECEIVED)
            for key in ids:
                defer_ingest(tx, key, None)
        names = tuple(document.filename for document in documents[:_EXAMPLES])
        return [Finding("no_chunks", len(documents), len(documents), None, names)] if documents else []

    # --- of the house -----------------------------------------------------------------------------------------------

    def _lone_files(self, originals: set[str]) -> Finding | None:
        with self._db.begin() as tx:
            lone = sorted(originals - tx.soundness.blobs_in_use(originals))
        old = [sha256 for sha256 in lone if self._blobs.older(sha256, _YOUNG)]
        removed = sum(self._remove_lone(sha256) for sha256 in old)
        return Finding("lone_file", len(old), removed, None, tuple(old[:_EXAMPLES])) if old else None

    def _remove_lone(self, sha256: str) -> bool:
        with self._db.begin() as tx:
            tx.documents.guard_bytes(sha256)
            if tx.soundness.blobs_in_use([sha256]):
                return True  # somebody stored the same bytes meanwhile
            return self._blobs.remove(sha256) > 0

    def _temporary(self) -> Finding | None:
        left = self._blobs.left_behind(_YOUNG)
        for path in left:
            self._blobs.remove_temporary(path)
        return Finding("temporary_file", len(left), len(left)) if left else None

    def _lone_indexes(self) -> list[Finding | None]:
        vectors = {name for name in self._vectors.names() if _OURS.fullmatch(name)}
        words = {name for name in self._lexical.names() if _OURS.fullmatch(name)}
        with self._db.begin() as tx:
            known = {one.vector_name for one in tx.collections.all_versions() if one.state != "failed"}
        for name in vectors - known:
            self._vectors.drop(name)
        for name in words - known:
            self._lexical.drop(name)
        lone = sorted((vectors | words) - known)
        loose = self._vectors.remove_loose()
        return [
            Finding("lone_index", len(lone), len(lone), None, tuple(lone[:_EXAMPLES])) if lone else None,
            Finding("loose_folder", len(loose), len(loose), None, tuple(loose[:_EXAMPLES])) if loose else None,
        ]

    def _keep(
        self, collection_id: UUID | None, compared: dict[str, int], found: list[Finding], started: float
    ) -> Reconciliation:
        seconds = round(time.monotonic() - started, 2)
        kept = Reconciliation(datetime.now(UTC), collection_id, compared, tuple(found), seconds)
        with self._db.begin() as tx:
            tx.soundness.keep(kept)
        return kept


def _without_names(check: Reconciliation) -> Reconciliation:
    return replace(check, findings=tuple(replace(finding, examples=()) for finding in check.findings))
