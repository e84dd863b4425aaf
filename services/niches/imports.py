"""Bringing figures of niches in, as administrators see it: preview, start, history, undoing; the jobs are next door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

from core.entities.niches import ImportRun
from core.entities.people import Principal
from core.errors import BadInput, Conflict, Forbidden, NotFound
from core.roles import Permission
from data.database import Database
from niches import deriving, mapping, reading
from niches.mapping import Mapping as ColumnMapping
from services.files.blobs import Blobs
from services.files.intake import clean_filename

LIMIT = 500 << 20  # bytes of a file
QUEUE = "text"


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would make of a file: the guessed `mapping`, the first rows, and how many rows there are in all
    (articles have no columns)."""

    filename: str
    mapping: ColumnMapping
    header: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    rows: int


class NicheImport:
    """For administrators; every method raises Forbidden for others."""

    def __init__(self, db: Database, blobs: Blobs) -> None:
        self._db = db
        self._blobs = blobs

    # --- for administrators -----------------------------------------------------------------------------------------

    def preview(self, principal: Principal, filename: str, stream: BinaryIO, sample: int = 20) -> Preview:
        """Guesses the roles of the columns. Raises Forbidden, UnsupportedFormat, ParseFailed, TooLarge."""
        name, sha256 = self._received(principal, filename, stream)
        with self._blobs.local(sha256) as path:
            if reading.is_articles(name):
                found = list(reading.articles(path))
                rows = tuple((one.code, one.title, one.sector, ", ".join(one.tags)) for one in found[:sample])
                header = ("article_id", "title", "meta_tags", "tags")
                return Preview(name, mapping.of_articles(name), header, rows, len(found))
            with reading.table(path, name) as table:
                guessed = mapping.guess(table.header, table.sample, name)
                first = tuple(tuple(row) for row in table.sample[:sample])
                return Preview(name, guessed, table.header, first, sum(1 for _ in table.rows))

    def start(
        self,
        principal: Principal,
        filename: str,
        stream: BinaryIO,
        correction: Mapping[str, Any] | None = None,
        *,
        dry_run: bool = False,
    ) -> UUID:
        """Stores the file and puts its import into the queue; returns the id of the job run, whose result has the
        counts. `correction` changes the guessed mapping where it says something (see `niches.mapping.Mapping`).

        Raises Forbidden, UnsupportedFormat, ParseFailed, TooLarge, or BadInput for a mapping that cannot be used.
        """
        name, sha256 = self._received(principal, filename, stream)
        with self._blobs.local(sha256) as path:
            mapping.check(mapping.of_file(path, name, correction))
        with self._db.begin() as tx:
            import_id = tx.niche_imports.start(
                name, sha256, {"correction": dict(correction or {}), "dry_run": dry_run}, principal.user_id
            )
            run = tx.jobs.start("import_niches", principal.user_id, result={"import_id": str(import_id)})
            tx.jobs.defer("import_niches", queue=QUEUE, lock="niches", run_id=run, import_id=import_id)
            tx.audit.write(principal, "niches.import", "niche_import", import_id, filename=name, dry_run=dry_run)
        return run

    def _received(self, principal: Principal, filename: str, stream: BinaryIO) -> tuple[str, str]:
        """The name of the file and where its bytes are kept."""
        _may_import(principal)
        name = clean_filename(filename)
        reading.suffix(name)
        received = self._blobs.receive(stream, LIMIT)
        self._blobs.keep(received)
        return name, received.sha256

    def history(self, principal: Principal) -> list[ImportRun]:
        """Imports, newest first."""
        _may_import(principal)
        with self._db.read() as tx:
            return tx.niche_imports.history()

    def undo(self, principal: Principal, import_id: UUID) -> None:
        """Makes the dataset what it was before its last import. Raises Conflict for an earlier one, NotFound."""
        _may_import(principal)
        with self._db.begin() as tx:
            tx.niche_imports.lock()
            found = tx.niche_imports.get(import_id)
            if found is None:
                raise NotFound
            last = tx.niche_imports.last_of(found.dataset)
            if found.demo or last is None or last.id != import_id:
                raise Conflict("Only the last import of a dataset can be undone.")
            if not found.undoable:
                raise Conflict("This import is too old to be undone.")
            dataset_id = tx.niche_imports.undo(import_id)
            if dataset_id is not None:
                deriving.recompute(tx, dataset_id, import_id)
            tx.audit.write(principal, "niches.undo", "niche_import", import_id, dataset=found.dataset)


def _may_import(principal: Principal) -> None:
    if not principal.may(Permission.CORPORA_MANAGE):
        raise Forbidden


def parse_correction(source: str | None) -> dict[str, Any] | None:
    """The JSON object of a form's `mapping`; raises BadInput."""
    if not source:
        return None
    try:
        found = json.loads(source.replace("\\u0000", ""))  # NUL, which cannot be stored
    except (ValueError, RecursionError) as error:
        raise BadInput("The mapping is not JSON.") from error
    if not isinstance(found, dict):
        raise BadInput("The mapping is not a JSON object.")
    return found
