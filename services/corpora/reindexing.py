"""The jobs that build a version beside the one that is searched, and that switch from one version to another."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from uuid import UUID

from core.entities.corpora import CollectionVersion
from core.entities.versions import VersionReport
from core.errors import Conflict, NichewiseError, Unavailable
from data.database import Database
from data.transaction import Stores
from rag.lexical import Lexical
from rag.questions import Questions
from rag.vectors import Vectors
from services.corpora.building import Building, Cancelled
from services.corpora.comparing import Comparing
from services.corpora.fingerprints import Fingerprints
from services.corpora.verification import Verification
from services.files.batching import Stopped

log = logging.getLogger(__name__)

UNEXPECTED = (
    "The collection could not be re-indexed; the old index stays. Tell an administrator this reference: %(reference)s."
)
INCOMPLETE = "The indexes of the new version do not hold all of its passages; the old version stays in use."
HELD = "The new version did not pass every check, so it waits: look at its report, then switch to it or discard it."
CANCELLED = "The re-indexing was cancelled; the old version stays in use."
_MOST_MENDED = 3  # times that a version whose indexes differ from SQL is mended before it is given up


class _Outcome(Enum):
    SWITCHED = auto()
    LACKING = auto()  # a document became ready, or was read anew, since the version was built
    DIFFERENT = auto()  # an index does not hold what SQL holds


class Reindexing:
    def __init__(
        self,
        db: Database,
        building: Building,
        verification: Verification,
        comparing: Comparing,
        fingerprints: Fingerprints,
        vectors: Vectors,
        lexical: Lexical,
        questions: Questions,
    ) -> None:
        self._db = db
        self.building = building
        self.verification = verification
        self._comparing = comparing
        self._fingerprints = fingerprints
        self._vectors = vectors
        self._lexical = lexical
        self._questions = questions

    def stop(self) -> None:
        """Breaks off what runs; the next process goes on with it."""
        self.building.stop()

    def run(self, run_id: UUID, version_id: UUID, *, switch: bool = True) -> None:
        """Builds the version until it lacks nothing, checks it, and makes it the active one.

        With `switch` False, or when a check fails that a person may overrule, it waits in the state `built`. After a
        failure that will not pass it is `failed`, and the active version stays. Safe to call again after a crash.
        """
        with self._guarded(run_id, version_id):
            version = self._begin(run_id, version_id, "building")
            if version is None:
                return
            report = self._build(run_id, version)
            if not report.complete:
                raise Conflict(INCOMPLETE)
            if switch and report.passed:
                self._switch(run_id, version)
            else:
                self._hold(run_id, version, report)

    def switch(self, run_id: UUID, version_id: UUID) -> None:
        """Makes a version active that waits, or that was active before: what it lacks is added to it first."""
        with self._guarded(run_id, version_id):
            version = self._begin(run_id, version_id, "built", "retired")
            if version is not None:
                self._switch(run_id, version)

    def drop(self, version: CollectionVersion, *, keep_row: bool = False) -> None:
        """Removes what a version that is not active holds in both indexes and in SQL; `keep_row` leaves its report."""
        self._vectors.drop(version.vector_name)
        self._lexical.drop(version.vector_name)
        with self._db.begin() as tx:
            if keep_row:
                tx.versions.empty(version.id)
            else:
                tx.collections.drop_version(version.id)

    # --- steps ------------------------------------------------------------------------------------------------------

    def _begin(self, run_id: UUID, version_id: UUID, *states: str) -> CollectionVersion | None:
        """The version if it is in one of `states`; None when there is nothing left to do."""
        with self._db.begin() as tx:
            version = tx.collections.version(version_id)
            if version is None or version.state == "failed":
                raise Cancelled
            if version.state not in states:
                return None
            tx.jobs.update(run_id, status="running")
        self._fingerprints.check(version.fingerprint)
        return self._measured(version) if version.state == "building" else version

    def _measured(self, version: CollectionVersion) -> CollectionVersion:
        """With the dimension that its model has now: what is called as before may have become another one."""
        made = version.fingerprint
        if made.dimension or not made.languages:
            return version
        dimension = self.building.dimension(version)
        with self._db.begin() as tx:
            tx.versions.note_dimension(version, dimension)
        return replace(version, fingerprint=replace(made, dimension=dimension))

    def _build(self, run_id: UUID, version: CollectionVersion) -> VersionReport:
        started = time.monotonic()
        made = self.building.add_lacking(version, self._progress(run_id))
        with self._db.begin() as tx:
            collection = tx.collections.get(version.collection_id)
        if collection is None:
            raise Cancelled
        seconds = time.monotonic() - started
        check = partial(self.building.check, version)
        report = self.verification.report(version, collection.version, made, seconds, check)
        with self._db.begin() as tx:
            tx.versions.keep_report(version.id, report)
        return report

    def _progress(self, run_id: UUID) -> Callable[[int, int], None]:
        def report(done: int, total: int) -> None:
            with self._db.begin() as tx:
                tx.jobs.update(run_id, done=done, total=total)

        return report

    def _switch(self, run_id: UUID, version: CollectionVersion) -> None:
        if version.fingerprint.languages:
            self._questions.model(version.fingerprint.model)  # loaded before the first question needs it, or not at all
        mended = 0
        while (outcome := self._try_switch(run_id, version)) is not _Outcome.SWITCHED:
            if outcome is _Outcome.LACKING:
                self.building.add_lacking(version, self._progress(run_id))
                continue
            if mended == _MOST_MENDED:
                raise Conflict(INCOMPLETE)
            mended += 1
            self._comparing.mend(version, self._comparing.differences(version))

    def _try_switch(self, run_id: UUID, version: CollectionVersion) -> _Outcome:
        """One transaction, in which nobody adds, publishes or deletes a document of the collection: the version lacks
        nothing, both of its indexes hold what SQL holds, the pointer moves."""
        with self._db.begin() as tx:
            tx.collections.get(version.collection_id, lock="update")
            now = tx.collections.version(version.id)
            if now is None or now.state == "failed":
                raise Cancelled
            if tx.versions.count_lacking(version.collection_id, version.id):
                return _Outcome.LACKING
            if self._comparing.differences(version):
                return _Outcome.DIFFERENT
            self._activate(tx, run_id, version)
        return _Outcome.SWITCHED

    def _activate(self, tx: Stores, run_id: UUID, version: CollectionVersion) -> None:
        tx.collections.activate(version)
        tx.versions.forget_notes(version.id)
        tx.collections.touch_revision(version.collection_id)
        ready = tx.documents.count_ready(version.collection_id)
        tx.jobs.update(run_id, status="done", done=ready, total=ready, error="")
        tx.audit.write("system", "collection.switch", "collection", version.collection_id, version=version.number)

    def _hold(self, run_id: UUID, version: CollectionVersion, report: VersionReport) -> None:
        with self._db.begin() as tx:
            if not tx.versions.move(version.id, "built", of=("building",)):
                raise Cancelled
            tx.jobs.update(run_id, status="done", error="" if report.passed else HELD)

    # --- failures ---------------------------------------------------------------------------------------------------

    @contextmanager
    def _guarded(self, run_id: UUID, version_id: UUID) -> Iterator[None]:
        """What becomes of a job that ends early; one that a shutdown or an outage ended is tried again."""
        try:
            yield
        except (Stopped, Unavailable):
            raise
        except Cancelled:
            self._fail(run_id, version_id, "cancelled", CANCELLED)
        except NichewiseError as error:
            self._fail(run_id, version_id, "failed", error.message)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("Version %s cannot be built; reference %s", version_id, reference)
            self._fail(run_id, version_id, "failed", UNEXPECTED % {"reference": reference})

    def _fail(self, run_id: UUID, version_id: UUID, status: str, sentence: str) -> None:
        """A version that was being built is emptied; one that was kept for a rollback stays as it is."""
        with self._db.begin() as tx:
            tx.versions.move(version_id, "failed", of=("building",))
            tx.jobs.update(run_id, status=status, error=sentence)
            version = tx.collections.version(version_id)
        if version is not None and version.state == "failed":
            self.drop(version, keep_row=True)
