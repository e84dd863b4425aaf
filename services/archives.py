"""ZIP archives: taken in whole, expanded by a durable job whose members become documents one by one."""

from __future__ import annotations

import logging
import stat
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO
from uuid import UUID

from core.entities.corpora import Collection, JobRun
from core.entities.people import Principal, User, UserStatus
from core.errors import BadInput, Forbidden, NichewiseError, NotFound, TooLarge
from core.i18n import translate_error
from core.settings import Settings
from data.database import Database
from services.blobs import Blobs, Received
from services.intake import Intake, Taken, clean_filename, media_type_of

log = logging.getLogger(__name__)

NOT_A_ZIP = "The file is named .zip, but it is none, or it is cut off. Pack it again and upload it."
PASSWORD = "The ZIP is protected by a password. Unpack it and pack it again without one."  # noqa: S105  a sentence
NOTHING_WITHIN = "The ZIP holds no files."
TOO_MANY = "The ZIP holds more than %(limit)s files. Split it and upload the parts."
TOO_BIG = "The ZIP unpacks to more than %(limit)s MB. Split it and upload the parts."
BOMB = "The ZIP unpacks to more than %(limit)s times its size, as no honest archive does."
DAMAGED = "The file is damaged within the ZIP."
NESTED = "A ZIP within a ZIP is not opened. Upload it by itself."
NOT_ALLOWED_ANY_MORE = "The person who uploaded the ZIP may not add to this collection any more."

_KIND = "archive"
_MOST_RATIO = 200  # unpacked to packed; text packs to a tenth, and zeros to a thousandth
_SMALL = 10 << 20  # bytes, unpacked, below which no ratio is looked at
_TOGETHER = 64  # members that become documents in one transaction
_TOLD_SECONDS = 1.0  # at least so often people see how far it is
_LISTED = 100  # members that could not be taken in and are named
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
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


def is_archive(filename: str) -> bool:
    return PurePosixPath(filename).suffix.lower() == ".zip"


class Archives:
    def __init__(self, db: Database, blobs: Blobs, intake: Intake, settings: Settings) -> None:
        self._db = db
        self._blobs = blobs
        self._intake = intake
        self._settings = settings

    def start(self, principal: Principal, filename: str, stream: BinaryIO, collection: str = "documents") -> UUID:
        """Stores the ZIP and puts its expansion into the queue; returns the run, whose result tells what was refused.

        Raises `Forbidden`, `NotFound`, `TooLarge`, or `BadInput` for what is no ZIP, or one that would not fit.
        """
        name = clean_filename(filename)
        self._intake.target(principal, collection)
        received = self._intake.receive(principal, stream)
        try:
            with self._blobs.open_received(received) as packed:
                members = self._checked(packed, received.size)
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
        with self._db.begin() as tx:
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
            members = self._checked(packed, run.result.get("size", 0))
            batch = _Batch(run.done, dict(run.result))
            try:
                for member, name in list(zip(members, _names(members), strict=True))[run.done :]:
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

    def _checked(self, packed: BinaryIO, size: int) -> list[zipfile.ZipInfo]:
        """The members that are files of people. Raises `BadInput` or `TooLarge` for what must not be unpacked."""
        try:
            with zipfile.ZipFile(packed) as archive:
                members = [member for member in archive.infolist() if _is_a_file(member)]
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise BadInput(NOT_A_ZIP) from error
        unpacked = sum(member.file_size for member in members)
        if not members:
            raise BadInput(NOTHING_WITHIN)
        if len(members) > self._settings.archive_files:
            raise BadInput(TOO_MANY, limit=self._settings.archive_files)
        if any(member.flag_bits & _ENCRYPTED for member in members):
            raise BadInput(PASSWORD)
        if unpacked > self._settings.archive_mb << 20:
            raise TooLarge(TOO_BIG, limit=self._settings.archive_mb)
        if unpacked > _SMALL and size and unpacked > _MOST_RATIO * size:
            raise BadInput(BOMB, limit=_MOST_RATIO)
        return members

    def prune(self) -> int:
        """Removes archives that a crash left behind."""
        return self._blobs.prune_aside(_KEPT)


def _active(user: User | None) -> Principal:
    if user is None or user.status is not UserStatus.ACTIVE:
        raise Forbidden(NOT_ALLOWED_ANY_MORE)
    return Principal(role=user.role, user_id=user.id, email=user.email, name=user.name, locale=user.locale)


def _is_a_file(member: zipfile.ZipInfo) -> bool:
    """Neither a folder, nor a link, nor what systems leave in archives."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    name = member.filename.replace("\\", "/")
    litter = any(part in name for part in _LITTER) or PurePosixPath(name).name.startswith("._")
    return not member.is_dir() and kind in (0, stat.S_IFREG) and not litter


def _names(members: Sequence[zipfile.ZipInfo]) -> list[str]:
    """What the documents are called: the path within the archive, without the folder that holds everything.

    Folders stay in the name, so that two files of one name are not taken for versions of one document.
    """
    paths = [_safe_parts(_decoded(member)) for member in members]
    shared = {path[0] for path in paths if len(path) > 1}
    if len(shared) == 1 and all(len(path) > 1 for path in paths):
        paths = [path[1:] for path in paths]
    return [clean_filename(" - ".join(path)) if path else "?" for path in paths]


def _safe_parts(name: str) -> list[str]:
    parts = PurePosixPath(PureWindowsPath(name).as_posix()).parts
    return [
        part.replace("/", "").replace(":", "") for part in parts if part not in ("..", ".", "/") and part.strip("/. ")
    ]


def _decoded(member: zipfile.ZipInfo) -> str:
    """The name as it was meant: Windows writes Russian ones in cp866 and does not say so."""
    if member.flag_bits & _UTF8_NAME or member.filename.isascii():
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    russian = raw.decode("cp866", "replace")
    letters = [letter for letter in russian if letter.isalpha() and not letter.isascii()]
    return russian if letters and all("а" <= letter.lower() <= "ё" for letter in letters) else member.filename
