"""Versions of a collection for the people who look after it: building, checking, switching, going back, discarding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from core.entities.corpora import Collection, CollectionVersion, JobRun
from core.entities.people import Principal
from core.entities.versions import IndexPlan, VersionDetail
from core.errors import BadInput, Conflict, Forbidden, NotFound
from core.roles import Permission
from core.settings import Settings
from data.database import Database
from data.transaction import Stores
from services.corpora.embeddings import Embeddings
from services.corpora.fingerprints import Fingerprints

BUSY = "This collection is being re-indexed already. Wait until that ends."
INCOMPLETE = "The indexes of this version do not hold all of its passages. Discard it and re-index."
AS_IT_IS = IndexPlan()


class Versions:
    def __init__(self, db: Database, settings: Settings, fingerprints: Fingerprints, embeddings: Embeddings) -> None:
        self._db = db
        self._kept = timedelta(days=settings.keep_versions_days)
        self._fingerprints = fingerprints
        self._embeddings = embeddings

    # --- looking ----------------------------------------------------------------------------------------------------

    def list(self, principal: Principal, collection: str) -> Sequence[VersionDetail]:
        """Newest first, each with its report; for those who look after corpora."""
        may_read(principal)
        with self._db.begin() as tx:
            found = tx.collections.find(principal, collection)
            return tx.versions.details(principal, found.id, self._kept)

    def running(self, principal: Principal, collection: str) -> JobRun | None:
        """The job that builds a version of the collection or switches to one; None when there is none."""
        may_read(principal)
        with self._db.begin() as tx:
            found = tx.collections.find(principal, collection)
            return tx.jobs.running_on_versions(found.id)

    # --- changing ---------------------------------------------------------------------------------------------------

    def reindex(self, principal: Principal, collection: str, plan: IndexPlan = AS_IT_IS) -> UUID:
        """Starts building a new version beside the active one; returns the id of the job run.

        `Conflict` while one is being built already, `BadInput` for a plan that the embedding model cannot follow,
        `Unavailable` while that model cannot be used.
        """
        may_manage(principal)
        with self._db.begin() as tx:
            before = tx.collections.find(principal, collection).version.fingerprint
        fingerprint = self._fingerprints.planned(plan, before)
        if not self._fingerprints.same_vectors(fingerprint, before):
            self._embeddings.require(fingerprint)
        with self._db.begin() as tx:
            found = _locked(tx, principal, collection)
            _idle(tx, found)
            fingerprint = self._fingerprints.planned(plan, found.version.fingerprint)
            version = tx.collections.add_version(found.id, fingerprint)
            run = self._start(tx, principal, "reindex", found, version, switch=plan.switch)
            model = fingerprint.model
            tx.audit.write(
                principal, "collection.reindex", "collection", collection, version=version.number, model=model
            )
        return run

    def activate(self, principal: Principal, collection: str, number: int) -> UUID:
        """Starts the switch to a version that waits, or back to one that is kept; what came since is added to it
        first. Returns the id of the job run.

        `BadInput` for the active version or one that failed, `Unavailable` for one whose embedding model cannot be
        used now.
        """
        may_manage(principal)
        with self._db.begin() as tx:
            version = _numbered(tx, tx.collections.find(principal, collection), number)
        self._embeddings.require(version.fingerprint)
        with self._db.begin() as tx:
            found = _locked(tx, principal, collection)
            _idle(tx, found)
            version = _numbered(tx, found, number)
            if version.state not in ("built", "retired"):
                raise BadInput("Only a version that waits or is kept can be switched to.")
            report = tx.versions.report(version.id)
            if version.state == "built" and report is not None and not report.complete:
                raise BadInput(INCOMPLETE)
            run = self._start(tx, principal, "switch_version", found, version)
            action = "collection.rollback" if version.state == "retired" else "collection.publish"
            tx.audit.write(principal, action, "collection", collection, version=number)
        return run

    def discard(self, principal: Principal, collection: str, number: int) -> None:
        """Cancels the building of a version, or gives up one that waits or is kept; never the active one.

        What it holds is removed by a job as soon as nothing works on it any more.
        """
        may_manage(principal)
        with self._db.begin() as tx:
            found = _locked(tx, principal, collection)
            version = _numbered(tx, found, number)
            if not tx.versions.move(version.id, "failed", of=("building", "built", "retired", "failed")):
                raise BadInput("The active version cannot be discarded. Switch to another one first.")
            run = tx.versions.run_of(version.id)
            if run is not None and version.state == "building":
                tx.jobs.update(run, status="cancelled")
            tx.jobs.defer(
                "discard_version", queue="system", lock=f"reindex:{found.id}", version_id=version.id,
                keep=int(version.state == "building"),
            )  # fmt: skip
            tx.audit.write(principal, "collection.discard", "collection", collection, version=number)

    @staticmethod
    def _start(
        tx: Stores,
        principal: Principal,
        task: str,
        collection: Collection,
        version: CollectionVersion,
        *,
        switch: bool = True,
    ) -> UUID:
        result = {"collection": collection.name, "version": version.number, "switch": switch}
        run = tx.jobs.start(task, principal.user_id, result=result)
        tx.versions.set_run(version.id, run)
        defer(tx, task, run, version, switch=switch)
        return run


def defer(tx: Stores, task: str, run_id: UUID, version: CollectionVersion, *, switch: bool) -> None:
    """Puts a job that works on a version into the queue; those of one collection never run at once."""
    ids: dict[str, Any] = {"run_id": run_id, "version_id": version.id}
    if task == "reindex":
        ids["switch"] = int(switch)
    tx.jobs.defer(task, queue="system", lock=f"reindex:{version.collection_id}", **ids)


def may_read(principal: Principal) -> None:
    if not principal.may(Permission.CORPORA_READ):
        raise Forbidden


def may_manage(principal: Principal) -> None:
    if not principal.may(Permission.CORPORA_MANAGE):
        raise Forbidden


def _locked(tx: Stores, principal: Principal, name: str) -> Collection:
    found = tx.collections.find(principal, name)
    return tx.collections.get(found.id, lock="update") or found


def _idle(tx: Stores, collection: Collection) -> None:
    if tx.jobs.running_on_versions(collection.id):
        raise Conflict(BUSY)


def _numbered(tx: Stores, collection: Collection, number: int) -> CollectionVersion:
    found = next((one for one in tx.collections.versions(collection.id) if one.number == number), None)
    if found is None:
        raise NotFound("There is no version %(number)s of this collection.", number=number)
    return found
