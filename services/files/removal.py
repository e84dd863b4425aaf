"""Deleting a document from everywhere it went, with proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from core.entities.corpora import CollectionVersion, Document, Removed
from core.entities.people import Principal
from core.errors import Unavailable
from data.database import Database
from rag.lexical import Lexical
from rag.vectors import Vectors
from services.answer.cache import Retrievals
from services.files.blobs import Blobs
from services.files.images import PageImages
from services.files.indexing import Indexing


class Removal:
    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        vectors: Vectors,
        lexical: Lexical,
        indexing: Indexing,
        images: PageImages,
        retrievals: Retrievals | None = None,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._vectors = vectors
        self._lexical = lexical
        self._indexing = indexing
        self._images = images
        self._retrievals = retrievals

    def remove(self, document: Document, who: Principal | str) -> Removed:
        """Removes files, chunks, vectors, lexical entries and rows of tables in every version, and blanks citations.

        All but the lexical index, which follows the log of changes, goes in one transaction; when it ends well, a
        search cannot find the document any more.
        """
        with self._db.begin() as tx:
            tx.collections.get(document.collection_id, lock="share")  # not while a new version is being switched to
            tx.documents.guard_bytes(document.sha256)
            tx.stages.lock([document.id])
            ids = tx.chunks.remove_document(document.id)
            versions = {key: version for key in ids if (version := tx.collections.version(key))}
            indexed = sum(len(self._lexical.present(v.vector_name, ids[key])) for key, v in versions.items())
            vectors = sum(self._vectors.delete(v.vector_name, ids[key]) for key, v in versions.items())
            tx.citations.blank(document.id)
            kept = tx.kept_answers.forget_document(document.id)
            rows = tx.sheets.remove([document.id])
            tx.jobs.cancel_of_document(document.id)
            if tx.documents.delete(document.id):  # of two who delete it at once, one did
                tx.audit.write(who, "document.delete", "document", document.id, filename=document.filename)
        files = self.remove_files(document.sha256)
        kept += self._retrievals.forget_document(document.id) if self._retrievals else 0
        cached = kept + self._images.forget(document.id)
        self._follow(versions, ids)
        return Removed(files, sum(map(len, ids.values())), vectors, indexed, cached, rows)

    def remove_files(self, sha256: str) -> int:
        """Removes the bytes and what was derived from them unless somebody else holds them; returns how many files."""
        # After the commit: a crash before it must leave the document its file. One that a crash leaves behind is found
        # by the reconciler.
        with self._db.begin() as tx:
            tx.documents.guard_bytes(sha256)
            return 0 if tx.soundness.blobs_in_use([sha256]) else self._blobs.remove(sha256)

    def _follow(self, versions: Mapping[UUID, CollectionVersion], ids: Mapping[UUID, Sequence[UUID]]) -> None:
        for key, version in versions.items():
            self._indexing.catch_up(version)
            if self._lexical.present(version.vector_name, ids[key]):
                raise Unavailable(
                    "The document is deleted, but the search index still holds it. Try again in a minute."
                )
