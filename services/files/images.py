"""Images of PDF pages with a passage marked, the last ones kept in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from uuid import UUID

from core.entities.corpora import Document
from core.errors import NotFound
from rag.parsing import page_png
from services.files.blobs import Blobs

_KEPT = 64  # about 15 MB

_Key = tuple[UUID, int, str]


class PageImages:
    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, bytes] = OrderedDict()

    def png(self, document: Document, page: int, passage: str) -> bytes:
        """`NotFound` for a document that is no PDF, or has no such page."""
        if document.media_type != "application/pdf":
            raise NotFound("Only PDF documents have page images.")
        key = (document.id, page, passage)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        image = self._drawn(document, page, passage)
        with self._lock:
            self._kept[key] = image
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return image

    def forget(self, document_id: UUID) -> int:
        """Drops the images of a document; returns how many there were."""
        with self._lock:
            gone = [key for key in self._kept if key[0] == document_id]
            for key in gone:
                del self._kept[key]
        return len(gone)

    def _drawn(self, document: Document, page: int, passage: str) -> bytes:
        with self._blobs.local(document.sha256) as path:
            return page_png(path, page, passage)
