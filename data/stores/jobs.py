"""Job runs (what the caller of a job sees) and the door into procrastinate's queue."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    insert,
    literal_column,
    not_,
    select,
    text,
    true,
    update,
)

from core.entities.corpora import JobRun
from core.entities.people import Principal
from core.errors import NotFound
from core.roles import Permission
from data.tables.corpora import collection_versions, documents, job_runs

INGEST = "ingest"  # its progress is its document's: there is one truth about it
DELETE_COLLECTION = "delete_collection"

_DEFER = text("""
    SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[ROW(
        :queue, :task, :priority, :lock, :queueing_lock, CAST(:args AS jsonb), NULL
    )::procrastinate_job_to_defer_v1]))
""")
_AGAIN = text("""
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        queue_name, task_name, priority, lock, queueing_lock, args, NULL
    )::procrastinate_job_to_defer_v1])
    FROM (SELECT * FROM procrastinate_jobs WHERE args->>'run_id' = :run_id ORDER BY id DESC LIMIT 1) AS last
    WHERE status NOT IN ('todo', 'doing')
""")
_START_INGESTION = text("""
    WITH work AS (
        SELECT run, document FROM unnest(CAST(:runs AS uuid[]), CAST(:documents AS uuid[])) AS work (run, document)
    ), started AS (
        INSERT INTO job_runs (id, kind, created_by, total, result)
        SELECT run, 'ingest', CAST(:created_by AS uuid), 0, jsonb_build_object('document_id', document) FROM work
    )
    SELECT procrastinate_defer_jobs_v1(array_agg(ROW(
        'ingest', 'ingest', CAST(:priority AS integer), 'document:' || document, NULL,
        jsonb_build_object('document_id', document), NULL
    )::procrastinate_job_to_defer_v1)) FROM work
""")

ALIVE: ColumnElement[bool] = literal_column(  # of a run: a job is waiting or running for it
    "EXISTS (SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND args->>'run_id' = job_runs.id::text)",
    Boolean,
)
_LOST = and_(  # every one of these has a job: without one, nobody tries it again
    job_runs.c.kind == DELETE_COLLECTION, job_runs.c.status.in_(("waiting", "running")), not_(ALIVE)
)


def _query() -> Select[Any]:
    followed = and_(job_runs.c.kind == INGEST, documents.c.id == cast(job_runs.c.result["document_id"].astext, Uuid))
    by_stage = case(
        (_LOST, "failed"),
        (documents.c.id.is_(None), job_runs.c.status),
        (documents.c.stage == "ready", "done"),
        (documents.c.stage.in_(("failed", "quarantined")), "failed"),
        (documents.c.stage == "cancelled", "cancelled"),
        (documents.c.stage == "replaced", "done"),
        (and_(documents.c.stage == "received", documents.c.attempts == 0), "waiting"),
        else_="running",
    )
    return select(
        job_runs.c.id, job_runs.c.kind, job_runs.c.result, job_runs.c.created_at,
        cast(by_stage, Text).label("status"),
        func.coalesce(documents.c.done, job_runs.c.done).label("done"),
        func.coalesce(documents.c.total, job_runs.c.total).label("total"),
        func.coalesce(documents.c.error, job_runs.c.error).label("error"),
        func.greatest(documents.c.updated_at, job_runs.c.updated_at).label("updated_at"),
    ).join_from(job_runs, documents, followed, isouter=True)  # fmt: skip


def _run(row: Row[Any]) -> JobRun:
    return JobRun(**row._mapping)


class Jobs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def defer(
        self,
        task: str,
        *,
        queue: str,
        priority: int = 0,
        lock: str | None = None,
        queueing_lock: str | None = None,
        **ids: str | UUID | int,
    ) -> int:
        """Puts a job into the queue as part of this transaction; it can start once that is committed.

        Jobs with the same `lock` never run at once. A higher `priority` starts earlier. Returns procrastinate's id.
        """
        args = json.dumps({name: value if isinstance(value, int) else str(value) for name, value in ids.items()})
        values = {
            "queue": queue, "task": task, "priority": priority, "lock": lock, "queueing_lock": queueing_lock,
            "args": args,
        }  # fmt: skip
        return int(self._connection.execute(_DEFER, values).scalar_one())

    def again(self, run_id: UUID) -> bool:
        """Puts the last job of a run into the queue once more; False where one waits or runs, or none is known."""
        return self._connection.execute(_AGAIN, {"run_id": str(run_id)}).first() is not None

    def waiting(self, task: str) -> int:
        """How many jobs of this task wait or run."""
        query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task AND status IN ('todo', 'doing')")
        return int(self._connection.execute(query, {"task": task}).scalar_one())

    def served(self, within: float) -> bool:
        """Whether a worker, of whichever process, has been heard of `within` so many seconds."""
        heard = "SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - :within * interval '1 s'"
        query = text(f"SELECT EXISTS ({heard})")
        return bool(self._connection.execute(query, {"within": within}).scalar_one())

    def start(
        self, kind: str, created_by: UUID | None = None, *, total: int = 0, result: Mapping[str, Any] | None = None
    ) -> UUID:
        row = {"kind": kind, "created_by": created_by, "total": total, "result": dict(result or {})}
        run_id: UUID = self._connection.execute(insert(job_runs).values(row).returning(job_runs.c.id)).scalar_one()
        return run_id

    def start_ingestion(self, documents: Sequence[UUID], created_by: UUID | None, priority: int) -> dict[UUID, UUID]:
        """A run and a job in the queue for each of `documents`, with this transaction; returns the runs by document.

        A document's jobs never run at once.
        """
        runs = {document: uuid4() for document in documents}
        values = {"runs": list(runs.values()), "documents": list(runs), "created_by": created_by, "priority": priority}
        if runs:
            self._connection.execute(_START_INGESTION, values)
        return runs

    def find(self, principal: Principal, run_id: UUID) -> JobRun:
        """A run that `principal` started, or any for those who may see the system; else `NotFound`."""
        mine = job_runs.c.created_by == principal.user_id
        seen = true() if principal.may(Permission.SYSTEM) else mine
        row = self._connection.execute(_query().where(job_runs.c.id == run_id, seen)).one_or_none()
        if row is None:
            raise NotFound
        return _run(row)

    def get(self, run_id: UUID) -> JobRun | None:
        row = self._connection.execute(_query().where(job_runs.c.id == run_id)).one_or_none()
        return _run(row) if row else None

    def recent(self, kind: str, created_by: UUID) -> list[JobRun]:
        """What a person started within the last day, the newest first."""
        lately = job_runs.c.created_at > func.now() - text("interval '1 day'")
        mine = _query().where(job_runs.c.kind == kind, job_runs.c.created_by == created_by, lately)
        return [_run(row) for row in self._connection.execute(mine.order_by(job_runs.c.created_at.desc()).limit(20))]

    def starter(self, run_id: UUID) -> UUID | None:
        """Who started the run; None when the person or the run is gone."""
        query = select(job_runs.c.created_by).where(job_runs.c.id == run_id)
        return self._connection.execute(query).scalar_one_or_none()

    def going(self, run_id: UUID) -> bool:
        """Whether the run is neither done nor failed nor cancelled."""
        query = select(job_runs.c.status).where(job_runs.c.id == run_id)
        return self._connection.execute(query).scalar_one_or_none() in ("waiting", "running")

    def latest(self, kind: str) -> JobRun | None:
        query = _query().where(job_runs.c.kind == kind).order_by(job_runs.c.created_at.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return _run(row) if row else None

    def running_of(self, kind: str, collection_id: UUID) -> UUID | None:
        """The run of this kind on the collection (`collection_id` in its result) whose job waits or runs."""
        mine = job_runs.c.kind == kind, job_runs.c.result["collection_id"].astext == str(collection_id)
        open_ = job_runs.c.status.in_(("waiting", "running")), ALIVE
        query = select(job_runs.c.id).where(*mine, *open_).order_by(job_runs.c.created_at.desc()).limit(1)
        return self._connection.execute(query).scalar_one_or_none()

    def running_on_versions(self, collection_id: UUID) -> JobRun | None:
        """The run that has not ended of those that work on a version of the collection."""
        mine = select(collection_versions.c.run_id).where(collection_versions.c.collection_id == collection_id)
        query = _query().where(job_runs.c.id.in_(mine), job_runs.c.status.in_(("waiting", "running")))
        row = self._connection.execute(query.order_by(job_runs.c.created_at.desc()).limit(1)).one_or_none()
        return _run(row) if row else None

    def update(self, run_id: UUID, **values: Any) -> None:
        """Sets `status`, `done`, `total`, `result` or `error`."""
        self._connection.execute(
            update(job_runs).where(job_runs.c.id == run_id).values(**values, updated_at=func.now())
        )

    def cancel_of_document(self, document_id: UUID) -> None:
        """Ends the runs of a document that is being deleted."""
        self._connection.execute(
            update(job_runs)
            .where(job_runs.c.kind == INGEST, job_runs.c.result["document_id"].astext == str(document_id))
            .values(status="cancelled", updated_at=func.now())
        )
