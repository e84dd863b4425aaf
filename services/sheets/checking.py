"""Compares the typed tables with the documents that they are of, both ways, and mends what differs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from uuid import UUID

from core.entities.corpora import Document
from core.entities.versions import Finding
from core.errors import NichewiseError
from data.database import Database
from rag import tables
from services.files.parses import Parses
from services.sheets.making import SheetMaking

log = logging.getLogger(__name__)

_EXAMPLES = 5


class SheetChecking:
    def __init__(self, db: Database, parses: Parses, making: SheetMaking) -> None:
        self._db = db
        self._parses = parses
        self._making = making

    def collection(self, collection_id: UUID, compared: dict[str, int]) -> Iterator[Finding]:
        """Tables of versions that are replaced go; a spreadsheet without its tables, with a part of their rows, or with
        those of an older recogniser, gets them anew."""
        with self._db.begin() as tx:
            stale = tx.sheets.replaced(collection_id)
            removed = tx.sheets.remove(stale) if stale else 0
            known, missing = tx.sheets.compared(collection_id, tables.FORMATS, tables.LAYOUT)
            documents = tx.documents.get_many(missing)
        if known:
            compared["tables"] = known
        if stale:
            yield Finding("lone_tables", len(stale), len(stale), None, (f"{removed} rows",))
        if documents:
            made = sum(map(self._make, documents))
            names = tuple(document.filename for document in documents[:_EXAMPLES])
            yield Finding("no_tables", len(documents), made, None, names)

    def house(self) -> Finding | None:
        """Tables whose document is gone, which takes a database that was put together by hand."""
        with self._db.begin() as tx:
            gone = tx.sheets.remove_lone()
        return Finding("lone_tables", gone, gone) if gone else None

    def _make(self, document: Document) -> bool:
        try:
            self._making.make(document, self._parses.get(document.sha256, document.filename))
        except NichewiseError:
            log.warning("The tables of document %s cannot be made", document.id, exc_info=True)
            return False
        return True
