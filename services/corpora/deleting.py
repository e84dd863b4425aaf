"""Deleting a collection: out of SQL at once, both or neither of all it holds; files and indexes follow in a job."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.entities.corpora import Collection, CollectionContents, CollectionKind, JobRun
from core.entities.people import Principal
from core.errors import BadInput, Conflict, NichewiseError, NotFound
from data.database import Database
from data.stores.jobs import DELETE_COLLECTION
from rag.lexical import Damaged, Lexical
from rag.vectors import Vectors
from services.answer.cache import Retrievals
from services.corpora.collections import BUILT_IN
from services.corpora.versions import may_manage
from services.files.batching import Stopped
from services.files.images import PageImages
from services.files.removal import Removal

log = logging.getLogger(__name__)

UNEXPECTED = "Something of the collection could not be removed. Tell an administrator this reference: %(reference)s."
_FILES = 50  # removed before it is noted how far the job is


@dataclass(frozen=True, slots=True)
class Deletion:
    """A collection that nobody sees any more. `contents`: what went with it; the result of the job `job_id` is the
    proof, with the counts of `Removed`."""

    job_id: UUID
    contents: CollectionContents


class Deleting:
    def __init__(
        self,
        db: Database,
        removal: Removal,
        vectors: Vectors,
        lexical: Lexical,
        images: PageImages,
        retrievals: Retrievals,
    ) -> None:
        self._db = db
        self._removal = removal
        self._vectors = vectors
        self._lexical = lexical
        self._images = images
        self._retrievals = retrievals

    def contents(self, principal: Principal, name: str) -> CollectionContents:
        """What would go with the collection."""
        may_manage(principal)
        with self._db.read() as tx:
            return tx.collection_contents.of(tx.collections.find(principal, name).id)

    def delete(self, principal: Principal, name: str) -> Deletion:
        """Deletes the collection and all that belongs to it; its name is free at once.

        `BadInput` for one that every installation has, or a personal one; `NotFound` also for the second of two at
        once. What was running on it ends: its next look at SQL finds nothing to go on with.
        """
        may_manage(principal)
        with self._db.begin() as tx:
            found = tx.collections.find(principal, name)
            _check(found)
            if tx.collections.get(found.id, lock="update") is None:  # somebody else was first
                raise NotFound
            contents = tx.collection_contents.of(found.id)
            indexes = [version.vector_name for version in tx.collections.versions(found.id)]
            taken = tx.collection_contents.remove(found.id, found.name)
            cached = taken.kept + sum(map(self._forget, taken.documents))
            removed = {"files": 0, "chunks": taken.chunks, "vectors": 0, "lexical": 0, "cache": cached,
                       "rows": taken.rows}  # fmt: skip
            total = len(indexes) + len(taken.hashes)
            result = {"collection": found.name, "title": found.title, "removed": removed, "indexes": {}}
            run = tx.jobs.start(DELETE_COLLECTION, principal.user_id, total=total, result=result)
            tx.jobs.defer(
                # After whatever still builds a version of it, and would write into the index that goes.
                DELETE_COLLECTION, queue="system", lock=f"reindex:{found.id}", run_id=run,
                indexes=",".join(indexes), hashes=",".join(taken.hashes),
            )  # fmt: skip
            tx.audit.write(
                principal, "collection.delete", "collection", found.name, title=found.title,
                documents=contents.documents, passages=contents.passages, versions=contents.versions,
            )  # fmt: skip
        return Deletion(run, contents)

    def recent(self, principal: Principal) -> list[JobRun]:
        """The caller's deletions of the last day, the newest first."""
        may_manage(principal)
        if principal.user_id is None:
            return []
        with self._db.read() as tx:
            return tx.jobs.recent(DELETE_COLLECTION, principal.user_id)

    def again(self, principal: Principal, run_id: UUID) -> None:
        """Tries once more what a deletion that failed has left. `Conflict` for one that has not failed."""
        may_manage(principal)
        with self._db.begin() as tx:
            run = tx.jobs.find(principal, run_id)
            if run.kind != DELETE_COLLECTION or run.status != "failed" or not tx.jobs.again(run_id):
                raise Conflict("This deletion is going on, or has ended.")

    def _forget(self, document_id: UUID) -> int:
        return self._retrievals.forget_document(document_id) + self._images.forget(document_id)

    # --- the job ------------------------------------------------------------------------------------------------------

    def run(self, run_id: UUID, indexes: Sequence[str], hashes: Sequence[str]) -> None:
        """Removes the indexes, and the files that nobody else holds. Called again after a crash, it goes on where it
        was: what was counted before stays counted. What goes wrong is noted, and raised to be tried again."""
        with self._db.begin() as tx:
            run = tx.jobs.get(run_id)
            if run is None or run.status == "done":
                return
            tx.jobs.update(run_id, status="running")
        with self._noted(run_id):
            self._clear(run, indexes, hashes)

    @contextmanager
    def _noted(self, run_id: UUID) -> Iterator[None]:
        try:
            yield
        except Stopped:
            raise
        except Exception as error:
            reference = secrets.token_hex(4)
            log.exception("The deletion %s broke off; reference %s", run_id, reference)
            told = error.message if isinstance(error, NichewiseError) else UNEXPECTED % {"reference": reference}
            with self._db.begin() as tx:
                tx.jobs.update(run_id, error=told)
            raise

    def _clear(self, run: JobRun, indexes: Sequence[str], hashes: Sequence[str]) -> None:
        run_id = run.id
        result = dict(run.result)
        for done, name in enumerate(indexes, start=1):
            self._drop(name, result, run_id)
            self._note(run_id, result, done)
        for done, files in _pieces(hashes, run.done - len(indexes)):
            result["removed"] = {**result["removed"], "files": result["removed"]["files"] + self._remove(files)}
            self._note(run_id, result, len(indexes) + done)
        with self._db.begin() as tx:
            proof = {key: result[key] for key in result if key != "indexes"}
            tx.jobs.update(run_id, status="done", result=proof, error="")
            tx.audit.write(
                "system", "collection.deleted", "collection", result["collection"], title=result["title"],
                **result["removed"],
            )  # fmt: skip

    def _drop(self, name: str, result: dict[str, Any], run_id: UUID) -> None:
        if name not in result["indexes"]:
            counted = {"vectors": self._vectors.count(name), "lexical": self._words(name)}
            result["indexes"] = {**result["indexes"], name: counted}
            sums = {key: result["removed"][key] + counted[key] for key in counted}
            result["removed"] = {**result["removed"], **sums}
            self._note(run_id, result)
        self._vectors.drop(name)
        self._lexical.drop(name)

    def _words(self, name: str) -> int:
        try:
            return self._lexical.count(name)
        except Damaged:
            return 0

    def _remove(self, hashes: Sequence[str]) -> int:
        return sum(map(self._removal.remove_files, hashes))

    def _note(self, run_id: UUID, result: dict[str, Any], done: int | None = None) -> None:
        with self._db.begin() as tx:
            tx.jobs.update(run_id, result=result, **({} if done is None else {"done": done}))


def _pieces(hashes: Sequence[str], done: int) -> Iterator[tuple[int, Sequence[str]]]:
    """The files that are left in handfuls, each with how many are done after it."""
    for start in range(max(done, 0), len(hashes), _FILES):
        piece = hashes[start : start + _FILES]
        yield start + len(piece), piece


def _check(collection: Collection) -> None:
    if collection.kind is CollectionKind.PERSONAL:
        raise BadInput("A personal collection goes with its person and cannot be deleted. Delete its documents.")
    if collection.name in BUILT_IN:
        raise BadInput("Every installation has this collection, so it cannot be deleted. Delete its documents instead.")
