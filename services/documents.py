"""Documents: uploading, listing, looking into and deleting them."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import BinaryIO
from uuid import UUID

from core.entities import Collection, CollectionKind, Document, JobRun, Principal, Removed, Stage
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Permission, Role
from data.database import Database, Stores
from data.stores.documents import NewDocument
from services.blobs import Blobs, Received
from services.collections import Collections
from services.fingerprints import Fingerprints
from services.images import PageImages
from services.removal import Removal

LIMIT = 200 << 20  # bytes
ADMIN_LIMIT = 1 << 30
LONGEST_NAME = 255  # bytes of UTF-8, what file systems take
_LONGEST_PAGE = 200
_MEDIA_TYPES = {".md": "text/markdown"}  # not known to every system


@dataclass(frozen=True, slots=True)
class Upload:
    """`job_id` is the job that indexes the document, None when it is there and ready; `created` is False for bytes
    that the collection had already."""

    document: Document
    job_id: UUID | None
    created: bool


class Documents:
    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        collections: Collections,
        fingerprints: Fingerprints,
        images: PageImages,
        removal: Removal,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._collections = collections
        self._fingerprints = fingerprints
        self._images = images
        self._removal = removal

    # --- into a collection ------------------------------------------------------------------------------------------

    def upload(self, principal: Principal, filename: str, stream: BinaryIO, collection: str = "documents") -> Upload:
        """Stores the file and puts its indexing into the queue, both or neither.

        The same bytes again are the document that is there; one that had failed is tried again. Raises `Forbidden`,
        `NotFound`, `UnsupportedFormat`, `TooLarge`, or `BadInput` for an empty file or a name that says nothing.
        """
        name = clean_filename(filename)
        media_type = _media_type(name)
        with self._db.begin() as tx:
            target = self._collections.find(tx, principal, collection)
        _may_write(principal, target)
        self._fingerprints.check(target.version.fingerprint)
        received = self._blobs.receive(stream, ADMIN_LIMIT if principal.role is Role.ADMIN else LIMIT)
        try:
            return self._take_in(principal, target, name, media_type, received)
        finally:
            self._blobs.discard(received)

    def _take_in(
        self, principal: Principal, target: Collection, name: str, media_type: str, received: Received
    ) -> Upload:
        new = NewDocument(
            target.id, name, media_type, received.sha256, received.size, principal.user_id, PurePosixPath(name).stem
        )
        with self._db.begin() as tx:
            tx.documents.guard_bytes(received.sha256)
            self._blobs.keep(received)
            document_id = tx.documents.add(new)
            document = tx.documents.same_bytes(target.id, received.sha256)
            if document is None:
                raise NotFound("The collection was removed while the file was being uploaded.")
            if document_id is None:
                return Upload(document, self._again(tx, principal, document), created=False)
            tx.audit.write(principal, "document.upload", "document", document.id, filename=name, collection=target.name)
            return Upload(document, defer_ingest(tx, document.id, principal.user_id), created=True)

    def _again(self, tx: Stores, principal: Principal, document: Document) -> UUID | None:
        if document.stage is Stage.READY:
            return None
        if document.stage is Stage.FAILED:
            tx.documents.advance([document.id], Stage.RECEIVED)
        return defer_ingest(tx, document.id, principal.user_id)

    # --- looking ----------------------------------------------------------------------------------------------------

    def list(
        self,
        principal: Principal,
        *,
        collection: str | None = None,
        text: str | None = None,
        stages: Iterable[Stage] | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[Sequence[Document], int]:
        """Documents that the caller may read, newest first, and how many match; `text` is part of a title or name."""
        _signed_in(principal)
        limit, offset = min(max(limit, 1), _LONGEST_PAGE), max(offset, 0)
        with self._db.begin() as tx:
            return tx.documents.page(
                principal, collection=collection, text=text, stages=stages, limit=limit, offset=offset
            )

    def get(self, principal: Principal, document_id: UUID) -> Document:
        with self._db.begin() as tx:
            return tx.documents.find(principal, document_id)

    def job(self, principal: Principal, run_id: UUID) -> JobRun:
        """The progress of a job that the caller started."""
        _signed_in(principal)
        with self._db.begin() as tx:
            return tx.jobs.find(principal, run_id)

    def open(self, principal: Principal, document_id: UUID) -> tuple[Document, BinaryIO]:
        """The document and its bytes as they were uploaded; the caller closes the stream."""
        document = self.get(principal, document_id)
        return document, self._blobs.open(document.sha256)

    def page_image(self, principal: Principal, document_id: UUID, page: int, passage: str = "") -> bytes:
        """PNG of a page of a PDF (from 1) with `passage` marked; `NotFound` where there is no such page."""
        return self._images.png(self.get(principal, document_id), page, passage)

    # --- out of it --------------------------------------------------------------------------------------------------

    def delete(self, principal: Principal, document_id: UUID) -> Removed:
        """Removes the document from everywhere; for its owner and those who manage the collection."""
        document = self.get(principal, document_id)
        if not self.may_delete(principal, document):
            raise Forbidden
        return self._removal.remove(document, principal)

    def may_delete(self, principal: Principal, document: Document) -> bool:
        own = principal.user_id is not None and document.owner_id == principal.user_id
        return own or principal.may(Permission.CORPORA_MANAGE)

    # --- who may ----------------------------------------------------------------------------------------------------

    def may_upload(self, principal: Principal, collection: Collection) -> bool:
        try:
            _may_write(principal, collection)
        except Forbidden:
            return False
        return True


def defer_ingest(tx: Stores, document_id: UUID, created_by: UUID | None) -> UUID:
    """Puts the indexing of a document into the queue with this transaction; returns the id of the job run."""
    run = tx.jobs.start("ingest", created_by, result={"document_id": str(document_id)})
    tx.jobs.defer("ingest", queue="ingest", priority=10, lock=f"document:{document_id}", document_id=document_id)
    return run


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


def _media_type(name: str) -> str:
    """By the name, whatever a browser says; `UnsupportedFormat` where no reader knows the format."""
    from rag.readers import suffix_of

    suffix = suffix_of(name)
    return _MEDIA_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _may_write(principal: Principal, collection: Collection) -> None:
    """One's own collection and `documents` kinds are for all who upload; the others are for those who manage them."""
    open_to_all = collection.kind in (CollectionKind.PERSONAL, CollectionKind.DOCUMENTS)
    if not principal.may(Permission.UPLOAD if open_to_all else Permission.CORPORA_MANAGE):
        raise Forbidden


def _signed_in(principal: Principal) -> None:
    if not principal.may(Permission.UPLOAD):
        raise Forbidden
