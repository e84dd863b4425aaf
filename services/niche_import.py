"""Bringing figures of niches in: preview, dry run, import, undoing, history, and the demo set."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from core.entities.niches import ImportRun
from core.entities.people import Principal
from core.errors import BadInput, Conflict, Forbidden, NichewiseError, NotFound
from core.roles import Permission
from data.database import Database
from data.transaction import Stores
from niches import deriving, drafts, mapping, reading
from niches.lexicon import derived
from niches.mapping import Mapping as ColumnMapping
from services.blobs import Blobs
from services.intake import clean_filename

log = logging.getLogger(__name__)

LIMIT = 500 << 20  # bytes of a file
QUEUE = "text"
_PROGRESS_SECONDS = 0.5
_UNEXPECTED = "The import failed and nothing was changed. Tell an administrator this reference: %(reference)s."
_DEMO = {"name": "demo", "title": "Demo data", "title_ru": "Демо-данные", "source": "Generated for demonstration", "as_of": "", "demo": True}  # fmt: skip  # noqa: E501


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would make of a file: the guessed `mapping`, the first rows, and how many rows there are in all
    (articles have no columns)."""

    filename: str
    mapping: ColumnMapping
    header: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    rows: int


class RefusedRows(BadInput):
    """Some rows cannot be read, and the mapping does not say to skip them."""

    sentence = (
        "%(bad)s of %(rows)s rows cannot be imported, so nothing was changed. Correct them or skip bad rows. "
        "The first: line %(first)s"
    )


class DryRun(Exception):
    """Ends the transaction of a trial without keeping anything; carries the counts."""

    def __init__(self, counts: dict[str, Any]) -> None:
        super().__init__("dry run")
        self.counts = counts


class NicheImport:
    def __init__(self, db: Database, blobs: Blobs) -> None:
        self._db = db
        self._blobs = blobs

    # --- for administrators -----------------------------------------------------------------------------------------

    def preview(self, principal: Principal, filename: str, stream: BinaryIO, sample: int = 20) -> Preview:
        """Guesses the roles of the columns. Raises Forbidden, UnsupportedFormat, ParseFailed, TooLarge."""
        _may_import(principal)
        name = clean_filename(filename)
        reading.suffix(name)
        received = self._blobs.receive(stream, LIMIT)
        self._blobs.keep(received)
        with self._blobs.local(received.sha256) as path:
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
        _may_import(principal)
        name = clean_filename(filename)
        reading.suffix(name)
        received = self._blobs.receive(stream, LIMIT)
        self._blobs.keep(received)
        with self._blobs.local(received.sha256) as path:
            mapping.check(_mapping(path, name, correction))
        with self._db.begin() as tx:
            import_id = tx.niche_imports.start(
                name, received.sha256, {"correction": dict(correction or {}), "dry_run": dry_run}, principal.user_id
            )
            run = tx.jobs.start("import_niches", principal.user_id, result={"import_id": str(import_id)})
            tx.jobs.defer("import_niches", queue=QUEUE, lock="niches", run_id=run, import_id=import_id)
            tx.audit.write(principal, "niches.import", "niche_import", import_id, filename=name, dry_run=dry_run)
        return run

    def history(self, principal: Principal) -> list[ImportRun]:
        """Imports, newest first."""
        _may_import(principal)
        with self._db.begin() as tx:
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

    # --- the job ----------------------------------------------------------------------------------------------------

    def run(self, run_id: UUID, import_id: UUID) -> None:
        """Imports what `start` stored: all of it or nothing; a failure is a sentence in the job run."""
        with self._db.begin() as tx:
            source = tx.niche_imports.source(import_id)
            if source is None:
                return
            tx.jobs.update(run_id, status="running")
        filename, sha256, options = source
        progress = _Progress(self._db, run_id)
        try:
            counts = self._import(import_id, filename, sha256, options, progress)
        except DryRun as trial:
            self._end(run_id, import_id, "failed", "done", trial.counts)
        except NichewiseError as error:
            self._end(run_id, import_id, "failed", "failed", {"errors": progress.errors}, error.message)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("Import %s failed; reference %s", import_id, reference)
            self._end(run_id, import_id, "failed", "failed", {}, _UNEXPECTED % {"reference": reference})
            raise
        else:
            self._end(run_id, import_id, "applied", "done", counts)
            self._embed()

    def _end(
        self, run_id: UUID, import_id: UUID, state: str, status: str, counts: Mapping[str, Any], error: str = ""
    ) -> None:
        with self._db.begin() as tx:
            if state != "applied":
                tx.niche_imports.finish(import_id, state, counts)
            done = counts.get("rows", 0)
            result = {"import_id": str(import_id), **counts}
            tx.jobs.update(run_id, status=status, done=done, total=done, result=result, error=error)

    def _embed(self) -> None:
        with self._db.begin() as tx:
            tx.jobs.defer("embed_niches", queue=QUEUE, lock="embed_niches")

    def _import(
        self, import_id: UUID, filename: str, sha256: str, options: Mapping[str, Any], progress: _Progress
    ) -> dict[str, Any]:
        draft = drafts.Draft()
        with ExitStack() as stack:
            path = stack.enter_context(self._blobs.local(sha256))
            chosen = _mapping(path, filename, options.get("correction"))
            progress.total = _lines(path, filename)
            figures = _figures(path, filename, chosen, draft, stack)
            tx = stack.enter_context(self._db.begin())
            tx.niche_imports.lock()
            tx.niche_imports.stage_figures(_staged(progress.watch(figures)))
            progress.errors = draft.errors
            return self._merge(tx, import_id, filename, chosen, draft, bool(options.get("dry_run")))

    def _merge(
        self, tx: Stores, import_id: UUID, filename: str, chosen: ColumnMapping, draft: drafts.Draft, dry_run: bool
    ) -> dict[str, Any]:
        tx.niche_imports.stage_niches(draft.niches.values())
        name = tx.niche_imports.choose_dataset(chosen.dataset, mapping.slug(filename))
        if name == _DEMO["name"]:
            raise BadInput("The demo data cannot be changed. Choose another dataset.")
        for first, second in tx.niche_imports.contradictions(name):
            draft.refuse(second, f"another value than in line {first} for the same niche, metric, region and period")
        if draft.bad_rows and not chosen.skip_bad_rows and not dry_run:
            raise RefusedRows(bad=draft.bad_rows, rows=draft.rows, first=draft.errors[0])
        dataset = {
            "name": name, "title": chosen.title, "title_ru": "", "source": chosen.source or filename,
            "as_of": chosen.as_of, "demo": False,
        }  # fmt: skip
        dataset_id = tx.niche_imports.merge(import_id, dataset, [*draft.metrics.values()])
        counts = _apply_derived(tx, import_id, dataset_id, dataset)
        counts |= {"dataset": name, "niches": len(draft.niches), "rows": draft.rows, "empty": draft.empty}
        counts |= {"bad_rows": draft.bad_rows, "errors": list(draft.errors), "dry_run": dry_run}
        if dry_run:
            raise DryRun(counts)
        tx.niche_imports.finish(import_id, "applied", counts)
        tx.niche_imports.prune(name)
        return counts

    # --- the demo set -----------------------------------------------------------------------------------------------

    def ensure_demo(self) -> UUID | None:
        """Puts the loading of the demo set into the queue unless it is there as it would be made; the job run's id."""
        content = self._demo_content()
        with self._db.begin() as tx:
            last = tx.niche_imports.last_of("demo")
            if (last is not None and last.sha256 == content) or tx.jobs.waiting("load_demo_niches"):
                return None
            run = tx.jobs.start("load_demo_niches")
            tx.jobs.defer("load_demo_niches", queue=QUEUE, lock="niches", run_id=run)
        return run

    def load_demo(self, run_id: UUID) -> None:
        """Makes the demo set anew, all of it in one transaction."""
        from niches.demo import figures  # it reads the catalogue

        niches = figures.load()
        with self._db.begin() as progress:
            progress.jobs.update(run_id, status="running", total=len(niches))
        watch = _Progress(self._db, run_id, len(niches))
        with self._db.begin() as tx:
            store = tx.niche_imports
            store.lock()
            store.drop_dataset("demo")
            import_id = store.start("demo", self._demo_content(), {}, None, demo=True)
            store.stage_niches(map(figures.niche_draft, niches))
            store.stage_series(
                (one.id, metric, region, values)
                for one in watch.watch(niches)
                for metric, region, values in figures.series(one)
            )
            dataset_id = store.merge(import_id, _DEMO, figures.metrics()[:6], periods=figures.MONTHS)
            store.name_regions(dataset_id, [(one.title, one.title_ru, one.aliases) for one in figures.REGIONS])
            counts = _apply_derived(tx, import_id, dataset_id, _DEMO)
            store.finish(import_id, "applied", counts)
            tx.jobs.update(run_id, status="done", done=len(niches), result=counts)
        self._embed()

    def _demo_content(self) -> str:
        from niches.demo import figures

        return figures.fingerprint(figures.load())


@dataclass
class _Progress:
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


def _apply_derived(tx: Stores, import_id: UUID, dataset_id: int, dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Adds and computes derived metrics; returns what the dataset holds now."""
    catalogue = tx.niches.catalogue()
    have = [one for one in catalogue.metrics.values() if one.dataset_id == dataset_id]
    names = frozenset(one.name for one in have if not one.derived)
    missing = [one for one in derived(names) if one.name not in {metric.name for metric in have}]
    tx.niche_imports.add_metrics(import_id, dataset_id, dataset, missing, after=len(have))
    deriving.recompute(tx, dataset_id, import_id)
    tx.niches.analyze()
    return tx.niche_imports.counts(dataset_id)


def _mapping(path: Path, filename: str, correction: Mapping[str, Any] | None) -> ColumnMapping:
    if reading.is_articles(filename):
        return mapping.corrected(mapping.of_articles(filename), correction)
    with reading.table(path, filename) as table:
        return mapping.corrected(mapping.guess(table.header, table.sample, filename), correction)


def _figures(
    path: Path, filename: str, chosen: ColumnMapping, draft: drafts.Draft, stack: ExitStack
) -> Iterator[drafts.Figure]:
    if chosen.layout == "articles":
        return drafts.of_articles(path, draft)
    return drafts.of_table(stack.enter_context(reading.table(path, filename)), chosen, draft)


def _staged(
    figures: Iterable[drafts.Figure],
) -> Iterator[tuple[int, str, str, str, date | None, float | None]]:
    return ((one.line, one.code, one.metric, one.region, one.period, one.value) for one in figures)


def _lines(path: Path, filename: str) -> int:
    if reading.suffix(filename) == ".xlsx":
        return 0
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))


def _may_import(principal: Principal) -> None:
    if not principal.may(Permission.CORPORA_MANAGE):
        raise Forbidden


def parse_correction(source: str | None) -> dict[str, Any] | None:
    """The JSON object of a form's `mapping`; raises BadInput."""
    if not source:
        return None
    try:
        found = json.loads(source)
    except ValueError as error:
        raise BadInput("The mapping is not JSON.") from error
    if not isinstance(found, dict):
        raise BadInput("The mapping is not a JSON object.")
    return found
