"""Makes the typed tables of a spreadsheet, while it goes in or when somebody corrects a type, all of them or none."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

from core.entities.corpora import Document
from core.entities.reading import Parsed
from core.entities.sheets import Correction
from core.errors import NichewiseError
from data.database import Database
from rag import tables
from rag.parsing import Limits, Parser
from rag.tables import written
from services.files.batching import Stopped

log = logging.getLogger(__name__)


class SheetMaking:
    def __init__(self, db: Database, parser: Parser) -> None:
        self._db = db
        self._parser = parser

    def keep(self, document: Document, parsed: Parsed | Callable[[], Parsed]) -> None:
        """Makes the tables that the document does not have yet; what is no spreadsheet costs nothing."""
        if not tables.has_tables(document.filename):
            return
        with self._db.begin() as tx:
            known, _ = tx.sheets.layout(document.id)
        if known != tables.LAYOUT:
            self.make(document, parsed() if callable(parsed) else parsed)

    def make(self, document: Document, parsed: Parsed, correct: Correction | None = None) -> None:
        """Makes them anew, with the kinds that people chose for them or for the version before, and with `correct`.

        A file whose tables cannot be recognised keeps its passages, and the reason is kept beside it.
        """
        with self._db.begin() as tx:
            chosen = tx.sheets.corrections(document.id)
        if correct is not None:
            chosen.append(correct)
        with tempfile.TemporaryDirectory(prefix="sheets-") as folder:
            source, target = Path(folder, "blocks"), Path(folder, "tables")
            source.write_text(json.dumps([(block.text, block.kind) for block in parsed.blocks]), encoding="utf-8")
            corrections = [(one.title, one.header, one.kind) for one in chosen]
            problem = ""
            try:
                self._parser.tables(source, target, document.filename, corrections, Limits())
            except NichewiseError as error:
                if self._parser.closed:  # the file is not to blame
                    raise Stopped from error
                log.warning("The tables of document %s cannot be made", document.id, exc_info=True)
                problem = error.message
            self._store(document, target if not problem else None, problem)

    def _store(self, document: Document, target: Path | None, problem: str) -> None:
        with self._db.begin() as tx:
            if document.id not in tx.stages.lock([document.id]):
                return  # deleted or cancelled meanwhile
            tx.sheets.begin(document.id, tables.LAYOUT, problem)
            for n, (table, lines) in enumerate(written.read(target) if target else (), start=1):
                tx.sheets.add(document.id, n, table, lines)
