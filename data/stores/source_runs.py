"""The ledger of sources: every run, what it did, and the records that a source had when it was read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.sources import Known, Outcome, RunMode, RunStatus, SourceRun
from core.errors import Conflict, NotFound
from data.tables.sources import source_records, source_runs

_ACTIVE = (RunStatus.WAITING.value, RunStatus.RUNNING.value)
_SHOWN_PROBLEMS = 50
_ABANDONED = text("""
    SELECT id, source_id FROM source_runs
    WHERE status IN ('waiting', 'running') AND created_at < now() - interval '2 minutes' AND NOT EXISTS (
        SELECT FROM procrastinate_jobs
        WHERE task_name = 'refresh_source' AND status IN ('todo', 'doing') AND args ->> 'run_id' = source_runs.id::text
    )
""")


def _run(row: Row[Any]) -> SourceRun:
    values = {**row._mapping, "status": RunStatus(row.status), "problems": tuple(map(tuple, row.problems))}
    return SourceRun(**values)


class SourceRuns:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- runs -------------------------------------------------------------------------------------------------------

    def start(self, source_id: UUID, started_by: UUID | None, mode: RunMode = "refresh", *, confirmed: bool) -> UUID:
        """`Conflict` while a run of the source waits or runs."""
        values = {"source_id": source_id, "started_by": started_by, "mode": mode, "confirmed": confirmed}
        statement = upsert(source_runs).values(values).on_conflict_do_nothing().returning(source_runs.c.id)
        made: UUID | None = self._connection.execute(statement).scalar_one_or_none()
        if made is None:
            raise Conflict("This source is being read already. Wait until that ends, or cancel it.")
        return made

    def get(self, run_id: UUID, *, lock: bool = False) -> SourceRun:
        query = select(source_runs).where(source_runs.c.id == run_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise NotFound("There is no such run.")
        return _run(row)

    def of_source(self, source_id: UUID, limit: int) -> list[SourceRun]:
        """Newest first."""
        mine = select(source_runs).where(source_runs.c.source_id == source_id)
        newest = mine.order_by(source_runs.c.created_at.desc(), source_runs.c.id)
        return [_run(row) for row in self._connection.execute(newest.limit(limit))]

    def latest(self, source_ids: Collection[UUID]) -> Mapping[UUID, SourceRun]:
        query = (
            select(source_runs)
            .ext(distinct_on(source_runs.c.source_id))
            .where(source_runs.c.source_id.in_(source_ids))
            .order_by(source_runs.c.source_id, source_runs.c.created_at.desc())
        )
        return {row.source_id: _run(row) for row in self._connection.execute(query)}

    def begin(self, run_id: UUID) -> bool:
        """False when the run has ended, by cancelling for example; a run that was cut short begins again."""
        values = {"status": RunStatus.RUNNING.value, "started_at": func.coalesce(source_runs.c.started_at, func.now())}
        return self._while_active(run_id, **values)

    def count(self, run_id: UUID) -> bool:
        """Sets the counts to what is in the records by now; False when the run was cancelled meanwhile."""
        seen = select(source_records.c.outcome, func.count()).where(source_records.c.run_id == run_id)
        rows = self._connection.execute(seen.group_by(source_records.c.outcome))
        counts = {row[0]: row[1] for row in rows}
        values = {outcome.value: counts.get(outcome.value, 0) for outcome in Outcome}
        return self._while_active(run_id, total=sum(counts.values()), **values)

    def end(self, run_id: UUID, status: RunStatus, error: str = "") -> bool:
        """False when it had ended already."""
        first = (
            select(source_records.c.key, source_records.c.reason)
            .where(source_records.c.run_id == run_id, source_records.c.outcome == Outcome.FAILED.value)
            .order_by(source_records.c.key)
            .limit(_SHOWN_PROBLEMS)
        )
        problems = [[row.key, row.reason] for row in self._connection.execute(first)]
        return self._while_active(run_id, status=status.value, error=error, problems=problems, ended_at=func.now())

    def cancel(self, run_id: UUID) -> bool:
        """False when it had ended; whoever works on it sees that at its next count."""
        return self.end(run_id, RunStatus.CANCELLED)

    def active(self, source_id: UUID) -> bool:
        mine = source_runs.c.source_id == source_id, source_runs.c.status.in_(_ACTIVE)
        return self._connection.execute(select(source_runs.c.id).where(*mine)).first() is not None

    def abandoned(self) -> list[tuple[UUID, UUID]]:
        """(run, source) of runs that are not ended, and that no job in the queue is about."""
        rows = self._connection.execute(_ABANDONED)
        return [(row.id, row.source_id) for row in rows]

    def prune(self, older_than: timedelta) -> int:
        """Deletes ended runs but for each source's newest."""
        newer = source_runs.alias("newer")
        later = newer.c.source_id == source_runs.c.source_id, newer.c.created_at > source_runs.c.created_at
        old = source_runs.c.ended_at < func.now() - older_than
        return self._connection.execute(delete(source_runs).where(old, exists().where(*later))).rowcount

    def _while_active(self, run_id: UUID, **values: Any) -> bool:
        statement = update(source_runs).where(source_runs.c.id == run_id, source_runs.c.status.in_(_ACTIVE))
        return self._connection.execute(statement.values(**values)).rowcount == 1

    # --- records ----------------------------------------------------------------------------------------------------

    def known(self, source_id: UUID) -> dict[str, Known]:
        """Everything that is remembered of the source, by key."""
        query = select(source_records).where(source_records.c.source_id == source_id)
        return {row.key: _known(row) for row in self._connection.execute(query)}

    def see(self, source_id: UUID, run_id: UUID, keys: Collection[str]) -> None:
        """Records that are as they were."""
        mine = and_(source_records.c.source_id == source_id, source_records.c.key.in_(keys))
        values = {"run_id": run_id, "outcome": Outcome.UNCHANGED.value, "reason": ""}
        self._connection.execute(update(source_records).where(mine).values(values))

    def put(self, source_id: UUID, record: Known, outcome: Outcome) -> None:
        """A record that is new or changed, with the document it is now."""
        values = {
            "document_id": record.document_id, "made": record.made, "stamp": record.stamp, "digest": record.digest,
            "run_id": record.run_id, "outcome": outcome.value, "reason": "", "updated_at": func.now(),
        }  # fmt: skip
        self._upsert(source_id, record.key, values)

    def fail(self, source_id: UUID, run_id: UUID, key: str, reason: str) -> None:
        """A record that is there and could not be taken: whatever document it had stays."""
        self._upsert(source_id, key, {"run_id": run_id, "outcome": Outcome.FAILED.value, "reason": reason})

    def forget(self, source_id: UUID, run_id: UUID, keys: Collection[str]) -> None:
        """Records that are gone, counted as removed by the run."""
        mine = and_(source_records.c.source_id == source_id, source_records.c.key.in_(keys))
        gone = self._connection.execute(delete(source_records).where(mine)).rowcount
        counted = update(source_runs).where(source_runs.c.id == run_id)
        self._connection.execute(counted.values(removed=source_runs.c.removed + gone))

    def forget_stamps(self, source_id: UUID) -> None:
        """The next run looks into every record: what is made of them has changed."""
        mine = update(source_records).where(source_records.c.source_id == source_id)
        self._connection.execute(mine.values(stamp=""))

    def feeding(self, document_id: UUID) -> int:
        """How many records, of whatever source, are this document."""
        query = select(func.count()).select_from(source_records).where(source_records.c.document_id == document_id)
        return self._connection.execute(query).scalar_one()

    def _upsert(self, source_id: UUID, key: str, values: dict[str, Any]) -> None:
        statement = upsert(source_records).values(source_id=source_id, key=key, **values)
        replaced = statement.on_conflict_do_update(index_elements=["source_id", "key"], set_=values)
        self._connection.execute(replaced)


def _known(row: Row[Any]) -> Known:
    return Known(row.key, row.document_id, row.made, row.stamp, row.digest, row.run_id, row.outcome)
