"""ZIP archives: taken in whole, expanded by a durable job whose members become documents one by one."""

from __future__ import annotations

import logging
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, BinaryIO
from uuid import UUID

from core.entities.corpora import Collection, JobRun
from core.entities.people import Principal, User, UserStatus
from core.errors import BadInput, Forbidden, NichewiseError, NotFound
from core.i18n import translate_error
from core.settings import Settings
from data.database import Database
from services.files.blobs import Blobs, Received
from services.files.intake import Intake, Taken, clean_filename, media_type_of
from services.files.zips import ZipLimits, is_archive, members_of, names_of

log = logging.getLogger(__name__)

DAMAGED = "The file is damaged within the ZIP."
NESTED = "A ZIP within a ZIP is not opened. Upload it by itself."
NOT_ALLOWED_ANY_MORE = "The person who uploaded the ZIP may not add to this collection any more."

_KIND = "archive"
_TOGETHER = 64  # members that become documents in one transaction
_TOLD_SECONDS = 1.0  # at least so often people see how far it is
_LISTED = 100  # members that could not be taken in and are named
_KEPT = timedelta(days=7)


class _Batch:
    """Members of an archive on their way to become documents together, and what is told of all so far."""

    def __init__(self, done: int, result: dict[str, Any]) -> None:
        self.done, self.result = done, result  # members that are unpacked or refused; the run's result
        self._files: list[tuple[str, Received]] = []
        self._since = time.monotonic()

    @property
    def complete(self) -> bool:
        return len(self._files) >= _TOGETHER or time.monotonic() - self._since > _TOLD_SECONDS

    def add(self, name: str, received: Received) -> None:
        self._files.append((name, received))
        self.done += 1

    def refuse(self, name: str, reason: str) -> None:
        self.done += 1
        self.result["refused"] += 1
        if len(self.result["reasons"]) < _LISTED:
            self.result["reasons"] = [*self.result["reasons"], {"name": name, "reason": reason}]

    def groups(self) -> Iterator[dict[str, Received]]:
        """In order; within each no name and no bytes come twice: the second is a version, or the document itself."""
        group: dict[str, Received] = {}
        for name, received in self._files:
            if name in group or received.sha256 in {one.sha256 for one in group.values()}:
                yield group
                group = {}
            group[name] = received
        if group:
            yield group

    def count(self, taken: Sequence[Taken]) -> None:
        for one in taken:
            self.result["added" if one.created else "known"] += 1

    def discard(self, blobs: Blobs) -> None:
        for _, received in self._files:
            blobs.discard(received)
        self._files, self._since = [], time.monotonic()


class Archives:
    def __init__(self, db: Database, blobs: Blobs, intake: Intake, settings: Settings) -> None:
        self._db = db
        self._blobs = blobs
        self._intake = intake
        self._limits = ZipLimits(settings.archive_files, settings.archive_mb)

    def start(self, principal: Principal, filename: str, stream: BinaryIO, collection: str = "documents") -> UUID:
        """Stores the ZIP and puts its expansion into the queue; returns the run, whose result tells what was refused.

        Raises `Forbidden`, `NotFound`, `TooLarge`, or `BadInput` for what is no ZIP, or one that would not fit.
        """
        name = clean_filename(filename)
        self._intake.target(principal, collection)
        received = self._intake.receive(principal, stream)
        try:
            with self._blobs.open_received(received) as packed:
                members = members_of(packed, received.size, self._limits)
            return self._deferred(principal, collection, name, received, len(members))
        finally:
            self._blobs.discard(received)

    def _deferred(self, principal: Principal, collection: str, name: str, received: Received, total: int) -> UUID:
        result = {
            "filename": name,
            "collection": collection,
            "size": received.size,
            "added": 0,
            "known": 0,
            "refused": 0,
            "reasons": [],
        }
        with self._db.begin() as tx:
            run = tx.jobs.start(_KIND, principal.user_id, total=total, result=result)
            self._blobs.set_aside(received, str(run))
            tx.jobs.defer("expand", queue="text", priority=10, lock=f"archive:{run}", run_id=run)
            tx.audit.write(principal, "archive.upload", "job", run, filename=name, files=total, collection=collection)
        return run

    def cancel(self, principal: Principal, run_id: UUID) -> None:
        """Stops the expansion after the member that is being taken in; what is in stays in."""
        with self._db.begin() as tx:
            run = tx.jobs.find(principal, run_id)
            if run.kind != _KIND:
                raise NotFound
            if tx.jobs.going(run_id):
                tx.jobs.update(run_id, status="cancelled")
                tx.audit.write(principal, "archive.cancel", "job", run_id, filename=run.result.get("filename", ""))

    def recent(self, principal: Principal) -> list[JobRun]:
        """The caller's archives of the last day, the newest first."""
        if principal.user_id is None:
            raise Forbidden
        with self._db.read() as tx:
            return tx.jobs.recent(_KIND, principal.user_id)

    # --- the job ------------------------------------------------------------------------------------------------------

    def run(self, run_id: UUID) -> None:
        """Expands what is left of an archive; called again after a crash, it goes on where it was."""
        with self._db.begin() as tx:
            run, user_id = tx.jobs.get(run_id), tx.jobs.starter(run_id)
            user = tx.users.get(user_id) if user_id else None
            if going := tx.jobs.going(run_id):
                tx.jobs.update(run_id, status="running")
        if run is not None and going:
            try:
                self._expand(_active(user), run)
            except NichewiseError as error:
                with self._db.begin() as tx:
                    tx.jobs.update(run_id, status="failed", error=error.message)
        self._blobs.remove_aside(str(run_id))

    def _expand(self, principal: Principal, run: JobRun) -> None:
        target = self._intake.target(principal, run.result["collection"])
        with self._blobs.open_aside(str(run.id)) as packed, zipfile.ZipFile(packed) as archive:
            members = members_of(packed, run.result.get("size", 0), self._limits)
            batch = _Batch(run.done, dict(run.result))
            try:
                for member, name in list(zip(members, names_of(members), strict=True))[run.done :]:
                    self._unpack(principal, archive, member, name, batch)
                    if batch.complete and not self._take(principal, target, run.id, batch):
                        return
                if self._take(principal, target, run.id, batch):
                    with self._db.begin() as tx:
                        tx.jobs.update(run.id, status="done")
            finally:
                batch.discard(self._blobs)

    def _unpack(
        self, principal: Principal, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, batch: _Batch
    ) -> None:
        try:
            if is_archive(name):
                raise BadInput(NESTED)
            media_type_of(name)
            with archive.open(member) as content:
                batch.add(name, self._intake.receive(principal, content))  # type: ignore[arg-type]
        except NichewiseError as error:
            batch.refuse(name, translate_error("en", error))
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError) as error:
            log.info("A member of an archive cannot be unpacked: %s", error)
            batch.refuse(name, DAMAGED)

    def _take(self, principal: Principal, target: Collection, run_id: UUID, batch: _Batch) -> bool:
        """Makes documents of what is unpacked and notes how far that is, both or neither; False where it is not wanted
        any more."""
        with self._db.begin() as tx:
            if not tx.jobs.going(run_id):
                return False
            for files in batch.groups():
                batch.count(self._intake.take_in(tx, principal, target, files))
            tx.jobs.update(run_id, done=batch.done, result=batch.result)
        batch.discard(self._blobs)
        return True

    def prune(self) -> int:
        """Removes archives that a crash left behind."""
        return self._blobs.prune_aside(_KEPT)


def _active(user: User | None) -> Principal:
    if user is None or user.status is not UserStatus.ACTIVE:
        raise Forbidden(NOT_ALLOWED_ANY_MORE)
    return Principal(role=user.role, user_id=user.id, email=user.email, name=user.name, locale=user.locale)
