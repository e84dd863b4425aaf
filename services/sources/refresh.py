"""One run of a source: reads it, compares each record with what is remembered, and writes the ledger.

A run that was cut short goes on where it was: what it has dealt with carries its id, and is neither taken nor counted
again.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator
from uuid import UUID

from core.entities.sources import Broken, Known, Outcome, Record, RunStatus, Source, SourceRun
from core.errors import NichewiseError, SourceFailed, Unavailable
from core.settings import Settings
from data.database import Database
from rag.sources import KINDS, Limits, Reach, Surroundings
from services.sources.intake import SourceIntake

log = logging.getLogger(__name__)

_PULSE_SECONDS = 1.0  # how often a run says how far it is, and hears that it was cancelled
UNREADABLE = "The record could not be read."
DOUBLE = "Two records have the same id; the first one was taken."
TOO_MANY = "The source has more than %(limit)s records. Split it into several."
VANISHED = (
    "Of %(all)s records %(gone)s have vanished from the source, so nothing was removed. "
    "If that is meant, remove their documents; if not, look at the source."
)
UNEXPECTED = "The source could not be read. Tell an administrator this reference: %(reference)s."


class Cancelled(Exception):
    """Somebody ended the run while it was at work."""


class SourceRefresh:
    def __init__(self, db: Database, settings: Settings, intake: SourceIntake, limits: Limits | None = None) -> None:
        self._db = db
        self._settings = settings
        self._intake = intake
        self.limits = limits or Limits()

    def run(self, run_id: UUID) -> None:
        """Ends the run in the ledger, whatever comes; raises only what says that this machine cannot work now."""
        with self._db.begin() as tx:
            if not tx.source_runs.begin(run_id):
                return
            run = tx.source_runs.get(run_id)
            source = tx.sources.get(run.source_id)
        try:
            status, error = self._work(source, run)
        except Cancelled:
            return
        except Unavailable:
            raise
        except NichewiseError as failed:
            status, error = RunStatus.FAILED, failed.message
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("Run %s of source %s failed; reference %s", run_id, source.id, reference)
            status, error = RunStatus.FAILED, UNEXPECTED % {"reference": reference}
        self._end(source, run, status, error)

    def surroundings(self, limits: Limits | None = None) -> Surroundings:
        """What sources may touch as of now."""
        with self._db.begin() as tx:
            hosts = tx.sources.hosts()
        scratch = self._settings.var_dir / "scratch"
        return Surroundings(Reach(hosts), self._settings.readable_folders, limits or self.limits, scratch)

    def _work(self, source: Source, run: SourceRun) -> tuple[RunStatus, str]:
        with self._db.begin() as tx:
            known = tx.source_runs.known(source.id)
        seen = set() if run.mode == "removal" else self._reading(source, run, known)
        gone = [one for key, one in known.items() if key not in seen]
        before = [one for one in known.values() if (one.run_id, one.outcome) != (run.id, Outcome.ADDED.value)]
        if 2 * len(gone) > len(before) and not run.confirmed:
            return RunStatus.HELD, VANISHED % {"gone": len(gone), "all": len(before)}
        self._remove(source, run, gone)
        return RunStatus.DONE, ""

    def _reading(self, source: Source, run: SourceRun, known: dict[str, Known]) -> set[str]:
        return _Reading(self._db, self._intake, source, run, known).all(self._read(source), self.limits.records)

    def _read(self, source: Source) -> Iterator[Record | Broken]:
        kind = KINDS[source.kind]
        return kind.read(kind.config.model_validate(source.config), self.surroundings())

    def _remove(self, source: Source, run: SourceRun, gone: list[Known]) -> None:
        for start in range(0, len(gone), 20):
            _alive(self._db, run.id)
            self._intake.remove(source.id, run.id, gone[start : start + 20])

    def _end(self, source: Source, run: SourceRun, status: RunStatus, error: str) -> None:
        with self._db.begin() as tx:
            tx.source_runs.count(run.id)
            ended = tx.source_runs.end(run.id, status, error)
            if ended and run.mode == "removal" and status is RunStatus.DONE:
                tx.sources.delete(source.id)


class _Reading:
    """What one run does with the records as they come."""

    def __init__(
        self, db: Database, intake: SourceIntake, source: Source, run: SourceRun, known: dict[str, Known]
    ) -> None:
        self._db = db
        self._intake = intake
        self._source = source
        self._run = run
        self._known = known
        self._seen: set[str] = set()
        self._same: list[str] = []
        self._pulsed = time.monotonic()

    def all(self, records: Iterator[Record | Broken], most: int) -> set[str]:
        """Deals with every record; the keys that the source has now."""
        for record in records:
            if len(self._seen) >= most:
                raise SourceFailed(TOO_MANY, limit=most)
            self._deal_with(record)
            if time.monotonic() - self._pulsed > _PULSE_SECONDS:
                self._pulse()
        self._pulse()
        return self._seen

    def _deal_with(self, record: Record | Broken) -> None:
        if record.key in self._seen:
            record = Broken(f"{record.key} (2)", DOUBLE)
        before = self._known.get(record.key)
        if isinstance(record, Broken) and record.gone and before and before.document_id:
            return  # not seen, so it goes
        self._seen.add(record.key)
        if before and before.run_id == self._run.id:
            return
        if isinstance(record, Broken):
            self._fail(record.key, record.reason)
        elif before and before.digest and before.stamp and before.stamp == record.stamp:
            self._same.append(record.key)
        else:
            self._take(record, before)

    def _take(self, record: Record, before: Known | None) -> None:
        try:
            self._intake.take(self._source, self._run.id, record, before)
        except Unavailable:
            raise
        except NichewiseError as error:
            self._fail(record.key, error.message)
        except OSError:
            self._fail(record.key, UNREADABLE)

    def _fail(self, key: str, reason: str) -> None:
        with self._db.begin() as tx:
            tx.source_runs.fail(self._source.id, self._run.id, key, reason)

    def _pulse(self) -> None:
        if self._same:
            with self._db.begin() as tx:
                tx.source_runs.see(self._source.id, self._run.id, self._same)
            self._same.clear()
        _alive(self._db, self._run.id)
        self._pulsed = time.monotonic()


def _alive(db: Database, run_id: UUID) -> None:
    with db.begin() as tx:
        going_on = tx.source_runs.count(run_id)
    if not going_on:
        raise Cancelled
