"""The job of an import: all rows of a file or none, with progress; and what every job on figures shares."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from core.entities.niches import ImportSource
from core.errors import BadInput, NichewiseError
from data.database import Database
from data.transaction import Stores
from niches import article_drafts, deriving, drafts, mapping, reading, table_drafts
from niches.mapping import Mapping as ColumnMapping
from services.files.blobs import Blobs
from services.niches.imports import QUEUE

log = logging.getLogger(__name__)

DEMO = "demo"  # the dataset that nobody imports into
_PROGRESS_SECONDS = 0.5
_UNEXPECTED = "The import failed and nothing was changed. Tell an administrator this reference: %(reference)s."


class RefusedRows(BadInput):
    """Some rows cannot be read, and the mapping does not say to skip them; the run's result lists them."""

    sentence = (
        "%(bad)s of %(rows)s rows cannot be imported, so nothing was changed. Correct them, or have such rows skipped."
    )


class _DryRun(Exception):
    """Ends the transaction of a trial without keeping anything; carries the counts."""

    def __init__(self, counts: dict[str, Any]) -> None:
        super().__init__("dry run")
        self.counts = counts


@dataclass
class Progress:
    """Tells the job run how many rows are through, at most twice a second, in transactions of its own."""

    db: Database
    run_id: UUID
    total: int = 0
    errors: Sequence[str] = field(default_factory=list)

    def watch(self, items: Iterable[Any]) -> Iterator[Any]:
        said = time.monotonic()
        for position, item in enumerate(items, start=1):
            yield item
            if position % 256 == 0 and time.monotonic() - said > _PROGRESS_SECONDS:
                said = time.monotonic()
                done = getattr(item, "line", position)
                with self.db.begin() as tx:
                    tx.jobs.update(self.run_id, done=done, total=max(self.total, done))


def embed_titles(db: Database) -> None:
    """Puts the embedding of new titles into the queue."""
    with db.begin() as tx:
        tx.jobs.defer("embed_niches", queue=QUEUE, lock="embed_niches")


class NicheImportJob:
    def __init__(self, db: Database, blobs: Blobs) -> None:
        self._db = db
        self._blobs = blobs

    def run(self, run_id: UUID, import_id: UUID) -> None:
        """Imports what `NicheImport.start` stored: all of it or nothing; a failure is a sentence in the job run."""
        with self._db.begin() as tx:
            source = tx.niche_imports.source(import_id)
            if source is None:
                return
            tx.jobs.update(run_id, status="running")
        progress = Progress(self._db, run_id)
        try:
            counts = self._import(source, progress)
        except _DryRun as trial:
            self._end(run_id, import_id, trial.counts)
        except NichewiseError as error:
            self._end(run_id, import_id, {"errors": progress.errors}, error.message)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("Import %s failed; reference %s", import_id, reference)
            self._end(run_id, import_id, {}, _UNEXPECTED % {"reference": reference})
            raise
        else:
            self._end(run_id, import_id, counts, applied=True)
            embed_titles(self._db)

    def _end(
        self, run_id: UUID, import_id: UUID, counts: Mapping[str, Any], error: str = "", *, applied: bool = False
    ) -> None:
        """What was `applied` is finished with its figures; a trial ends without an `error`, and changed nothing."""
        with self._db.begin() as tx:
            if not applied:
                tx.niche_imports.finish(import_id, "failed", {**counts, "error": error})
            done = counts.get("rows", 0)
            result = {"import_id": str(import_id), **counts}
            status = "failed" if error else "done"
            tx.jobs.update(run_id, status=status, done=done, total=done, result=result, error=error)

    def _import(self, source: ImportSource, progress: Progress) -> dict[str, Any]:
        draft = drafts.Draft()
        with ExitStack() as stack:
            path = stack.enter_context(self._blobs.local(source.sha256))
            chosen = mapping.of_file(path, source.filename, source.correction)
            progress.total, progress.errors = _lines(path, source.filename), draft.errors
            figures = _figures(path, source.filename, chosen, draft, stack)
            tx = stack.enter_context(self._db.begin())
            tx.niche_imports.lock()
            tx.niche_staging.figures(_staged(progress.watch(figures)))
            return _merge(tx, source, chosen, draft)


def _merge(tx: Stores, source: ImportSource, chosen: ColumnMapping, draft: drafts.Draft) -> dict[str, Any]:
    tx.niche_staging.niches(draft.niches.values())
    name = tx.niche_staging.choose_dataset(chosen.dataset, mapping.slug(source.filename))
    if name == DEMO:
        raise BadInput("The demo data cannot be changed. Choose another dataset.")
    _refuse_contradictions(tx, name, draft)
    if draft.bad_rows and not chosen.skip_bad_rows and not source.dry_run:
        raise RefusedRows(bad=draft.bad_rows, rows=draft.rows)
    dataset = {
        "name": name, "title": chosen.title, "title_ru": "", "source": chosen.source or source.filename,
        "as_of": chosen.as_of, "demo": False,
    }  # fmt: skip
    dataset_id = tx.niche_merging.merge(source.id, dataset, [*draft.metrics.values()])
    counts = deriving.complete(tx, dataset_id, source.id, dataset)
    counts |= {"dataset": name, "niches": len(draft.niches), "rows": draft.rows, "empty": draft.empty}
    counts |= {"bad_rows": draft.bad_rows, "errors": list(draft.errors), "dry_run": source.dry_run}
    if source.dry_run:
        raise _DryRun(counts)
    tx.niche_imports.finish(source.id, "applied", counts)
    tx.niche_imports.prune(name)
    return counts


def _refuse_contradictions(tx: Stores, dataset: str, draft: drafts.Draft) -> None:
    """Rows that say something else than an earlier one, or give no month where there are months, are bad rows."""
    timeless = set(tx.niche_staging.timeless(dataset))
    for line in sorted(timeless):
        draft.refuse(line, drafts.NO_PERIOD)
    others = [(first, line) for first, line in tx.niche_staging.contradictions() if line not in timeless]
    for first, line in others:
        draft.refuse(line, drafts.ANOTHER_VALUE, first=first)
    tx.niche_staging.drop_lines([*timeless, *(line for _first, line in others)])


def _figures(
    path: Path, filename: str, chosen: ColumnMapping, draft: drafts.Draft, stack: ExitStack
) -> Iterator[drafts.Figure]:
    if chosen.layout == "articles":
        return article_drafts.of_articles(path, draft)
    return table_drafts.of_table(stack.enter_context(reading.table(path, filename)), chosen, draft)


def _staged(
    figures: Iterable[drafts.Figure],
) -> Iterator[tuple[int, str, str, str, date | None, float | None]]:
    return ((one.line, one.code, one.metric, one.region, one.period, one.value) for one in figures)


def _lines(path: Path, filename: str) -> int:
    if reading.suffix(filename) == ".xlsx":
        return 0
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))
