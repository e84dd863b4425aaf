"""Documents: uploading, listing, looking into and deleting them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import BinaryIO
from uuid import UUID

from core.entities.corpora import Collection, Document, JobRun, Removed, Stage
from core.entities.people import Principal
from core.errors import Forbidden
from core.roles import Permission
from data.database import Database
from services.files.blobs import Blobs
from services.files.images import PageImages
from services.files.intake import Intake, Upload, clean_filename, media_type_of, require_write
from services.files.removal import Removal

_LONGEST_PAGE = 200


class Documents:
    def __init__(self, db: Database, blobs: Blobs, intake: Intake, images: PageImages, removal: Removal) -> None:
        self._db = db
        self._blobs = blobs
        self._intake = intake
        self._images = images
        self._removal = removal

    # --- into a collection ------------------------------------------------------------------------------------------

    def upload(self, principal: Principal, filename: str, stream: BinaryIO, collection: str = "documents") -> Upload:
        """Stores the file and puts its indexing into the queue, both or neither.

        The same bytes again are the document that is there; one that had failed is tried again. Other bytes under the
        name of one's own document are its next version, which takes its place once it is ready. Raises `Forbidden`,
        `NotFound`, `UnsupportedFormat`, `TooLarge`, or `BadInput` for an empty file or a name that says nothing.
        """
        name = clean_filename(filename)
        media_type_of(name)  # refuses before a byte is stored
        return self._intake.add(principal, self._intake.target(principal, collection), name, stream)

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
        with self._db.read() as tx:
            return tx.documents.page(
                principal, collection=collection, text=text, stages=stages, limit=limit, offset=offset
            )

    def get(self, principal: Principal, document_id: UUID) -> Document:
        with self._db.read() as tx:
            return tx.documents.find(principal, document_id)

    def job(self, principal: Principal, run_id: UUID) -> JobRun:
        """The progress of a job that the caller started."""
        _signed_in(principal)
        with self._db.read() as tx:
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
        """Removes the document from everywhere, and with its last version those that it had replaced; for its owner and
        those who manage the collection."""
        document = self.get(principal, document_id)
        if not self.may_delete(principal, document):
            raise Forbidden
        with self._db.begin() as tx:
            replaced = tx.documents.get_many(tx.lineages.only_replaced_beside(document_id))
        removed = [self._removal.remove(one, principal) for one in (*replaced, document)]
        return Removed(*(sum(getattr(one, name) for one in removed) for name in Removed.__slots__))

    def may_delete(self, principal: Principal, document: Document) -> bool:
        own = principal.user_id is not None and document.owner_id == principal.user_id
        return own or principal.may(Permission.CORPORA_MANAGE)

    def largest(self, principal: Principal) -> int:
        """Bytes that one file of the caller may have."""
        return self._intake.limit(principal.role)

    # --- who may ----------------------------------------------------------------------------------------------------

    def may_upload(self, principal: Principal, collection: Collection) -> bool:
        try:
            require_write(principal, collection)
        except Forbidden:
            return False
        return True


def _signed_in(principal: Principal) -> None:
    if not principal.may(Permission.UPLOAD):
        raise Forbidden
