"""Taking files in: who may put what where, how large, under which name, and as which version of which document."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from threading import Lock
from typing import BinaryIO
from uuid import UUID, uuid4

from core.entities.corpora import Collection, CollectionKind, Document, Stage
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Permission, Role
from core.settings import Settings
from data.database import Database
from data.stores.documents import NewDocument
from data.stores.lineages import Latest
from data.transaction import Stores
from services.corpora.collections import Collections
from services.corpora.fingerprints import Fingerprints
from services.files.blobs import Blobs, Received

CEILING = 1 << 30  # bytes; no role may have a higher limit
LIMIT = 200 << 20  # of what does not come from a person
_ALONE, _AMONG_MANY = 10, 5  # priorities: who brings one file does not wait for somebody's thousand
_REMOVED = "The collection was removed while the file was being uploaded."
LONGEST_NAME = 255  # bytes of UTF-8, what file systems take
_MEDIA_TYPES = {  # not known to every system
    ".md": "text/markdown",
    ".eml": "message/rfc822",
    ".msg": "application/vnd.ms-outlook",
    ".epub": "application/epub+zip",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".rtf": "application/rtf",
    ".tsv": "text/tab-separated-values",
    ".xml": "application/xml",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """`job_id` is the job that indexes the document, None when there is nothing to do; `created` is False for bytes
    that the collection had already."""

    document: Document
    job_id: UUID | None
    created: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """An `Upload` by its document's id."""

    document_id: UUID
    job_id: UUID | None
    created: bool


class Intake:
    def __init__(
        self, db: Database, blobs: Blobs, collections: Collections, fingerprints: Fingerprints, settings: Settings
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._collections = collections
        self._fingerprints = fingerprints
        self._settings = settings
        self._entering = Lock()  # uploads come in one after another: together they are no faster, and hold up the pages

    def target(self, principal: Principal, collection: str) -> Collection:
        """The collection that the caller may add to now. Raises `Forbidden`, `NotFound`, `FingerprintMismatch`."""
        with self._collections.looking(collection) as tx:
            found = self._collections.find(tx, principal, collection)
        require_write(principal, found)
        self._fingerprints.check(found.version.fingerprint)
        return found

    def limit(self, role: Role) -> int:
        """Bytes of one file, by the settings."""
        megabytes = {Role.ADMIN: self._settings.upload_mb_admin, Role.ANALYST: self._settings.upload_mb_analyst}
        return megabytes.get(role, self._settings.upload_mb) << 20

    def receive(self, principal: Principal, stream: BinaryIO) -> Received:
        """Streams the bytes to disk; `TooLarge` beyond the caller's limit, `BadInput` for none."""
        return self._blobs.receive(stream, self.limit(principal.role))

    def add(self, principal: Principal, target: Collection, name: str, stream: BinaryIO) -> Upload:
        """Stores the file and puts its indexing into the queue, both or neither. `name` is a clean one."""
        media_type_of(name)
        received = self.receive(principal, stream)
        try:
            with self._entering, self._db.begin() as tx:
                (taken,) = self.take_in(tx, principal, target, {name: received})
                document = tx.documents.get(taken.document_id)
        finally:
            self._blobs.discard(received)
        if document is None:
            raise NotFound(_REMOVED)
        return Upload(document, taken.job_id, taken.created)

    def take_in(
        self, tx: Stores, principal: Principal, target: Collection, files: Mapping[str, Received]
    ) -> list[Taken]:
        """Received bytes, all different, as documents with a job each; within the caller's transaction, for the price
        of a few statements. Names are clean ones. The caller discards the bytes whatever happens."""
        hashes = {received.sha256: name for name, received in files.items()}
        tx.lineages.guard(target.id, files, hashes)
        for received in files.values():
            self._blobs.keep(received)
        found = tx.lineages.latest(principal, target.id, files)
        latest = {name: known for name, one in found.items() if (known := _replaceable(principal, one))}
        new = {name: _new(principal, target, name, files[name], latest.get(name)) for name in files}
        added = {hashes[sha256]: key for sha256, key in tx.documents.add_many(list(new.values())).items()}
        for name in added.keys() & latest.keys():
            tx.readers.inherit(added[name], latest[name].document_id)
        upload = {key: {"filename": name, "collection": target.name, "version": new[name].version}
                  for name, key in added.items()}  # fmt: skip
        tx.audit.write_each(principal, "document.upload", "document", upload)
        jobs = defer_ingests(tx, list(added.values()), principal.user_id)
        return [
            Taken(added[name], jobs[added[name]], created=True)
            if name in added
            else self._known(tx, principal, new[name], latest.get(name))
            for name in files
        ]

    def _known(self, tx: Stores, principal: Principal, new: NewDocument, latest: Latest | None) -> Taken:
        """A document whose bytes came again: what has failed is tried again, what was replaced returns. A file that
        failed because its name was wrong gets the new one."""
        document = tx.documents.same_bytes(new.collection_id, new.sha256)
        if document is None:
            raise NotFound(_REMOVED)
        if document.stage in (Stage.READY, Stage.QUARANTINED):
            return Taken(document.id, None, created=False)
        renamed = document.filename != new.filename and _theirs(principal, document.owner_id)
        if document.stage is Stage.REPLACED or (document.stage is Stage.FAILED and renamed):
            tx.lineages.revive(document.id, new)
            if latest:
                tx.readers.inherit(document.id, latest.document_id)
        else:
            tx.ledger.restart(document.id, (Stage.FAILED, Stage.CANCELLED))
        return Taken(document.id, defer_ingest(tx, document.id, principal.user_id), created=False)


def _new(principal: Principal, target: Collection, name: str, received: Received, latest: Latest | None) -> NewDocument:
    return NewDocument(
        collection_id=target.id,
        filename=name,
        media_type=media_type_of(name),
        sha256=received.sha256,
        size=received.size,
        owner_id=principal.user_id,
        title=PurePosixPath(name).stem,
        version=latest.version + 1 if latest else 1,
        lineage=latest.lineage if latest else uuid4(),
    )


def _replaceable(principal: Principal, latest: Latest | None) -> Latest | None:
    """Only one's own documents get a new version, unless one manages the collection; anything else of the same name is
    another document."""
    if latest is None or latest.demo:
        return None
    return latest if _theirs(principal, latest.owner_id) else None


def _theirs(principal: Principal, owner_id: UUID | None) -> bool:
    own = principal.user_id is not None and owner_id == principal.user_id
    return own or principal.may(Permission.CORPORA_MANAGE)


def require_write(principal: Principal, collection: Collection) -> None:
    """One's own collection and `documents` kinds are for all who upload; the others are for those who manage them."""
    open_to_all = collection.kind in (CollectionKind.PERSONAL, CollectionKind.DOCUMENTS)
    if not principal.may(Permission.UPLOAD if open_to_all else Permission.CORPORA_MANAGE):
        raise Forbidden


def defer_ingest(tx: Stores, document_id: UUID, created_by: UUID | None) -> UUID:
    """Puts the indexing of a document into the queue with this transaction; returns the id of the job run."""
    return defer_ingests(tx, [document_id], created_by)[document_id]


def defer_ingests(tx: Stores, documents: Sequence[UUID], created_by: UUID | None) -> dict[UUID, UUID]:
    """The same for each of `documents`: the runs by document. Many at once let single ones go first."""
    return tx.jobs.start_ingestion(documents, created_by, _ALONE if len(documents) == 1 else _AMONG_MANY)


def clean_filename(filename: str) -> str:
    """The last part of the path, without control characters, at most LONGEST_NAME bytes with its suffix kept."""
    last = PurePosixPath(PureWindowsPath(filename).as_posix()).name
    visible = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    name = re.sub(r"\s+", " ", visible).strip(" .")
    if not name:
        raise BadInput("The file has no name. Give it one and upload it again.")
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > 16:
        stem, suffix = name, ""
    room = LONGEST_NAME - len(f"{dot}{suffix}".encode())
    return stem.encode()[:room].decode(errors="ignore") + (f".{suffix}" if suffix else "")


def media_type_of(name: str) -> str:
    """By the name, whatever a browser says; `UnsupportedFormat` where no reader knows the format."""
    from rag.readers import suffix_of

    suffix = suffix_of(name)
    return _MEDIA_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
