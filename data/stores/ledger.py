"""The ledger of documents on their way: how alive the work on each is, what there is of each stage, and being told to
stop or to go on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, text, true, update

from core.entities.corpora import Document, Stage
from core.entities.ledger import RUNNING_STAGES, LedgerCounts, LedgerLine, Pulse
from core.entities.people import Principal
from core.roles import Permission
from data.access import readable_documents
from data.stores.collections import PERSONAL
from data.tables.corpora import chunks, collections, documents

_BEAT = 30.0  # seconds without a heartbeat after which a worker counts as dead; it beats every 10
_STUCK = 180.0  # seconds without progress
_FRESH = 60.0  # seconds of progress that speak for a document which has no job of its own
_SOME_PACE = 2.0  # seconds before there is a rate to speak of

_JOBS = text("""
    SELECT DISTINCT ON (job.lock)
        job.lock, job.status::text AS status, job.scheduled_at,
        extract(epoch FROM now() - worker.last_heartbeat) AS silent
    FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.lock = ANY(:locks) AND job.status IN ('todo', 'doing')
    ORDER BY job.lock, job.status = 'doing' DESC, job.scheduled_at
""")
_SHARED_JOBS = text("""
    SELECT count(*) FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') AND task_name IN ('load_demo', 'refresh_source', 'expand')
""")  # jobs that work on many documents


@dataclass(frozen=True, slots=True)
class _Clock:
    """Seconds since the document last got on, and since its stage began, by the database's clock."""

    still: float
    in_stage: float


class Ledger:
    """`counts` asks the permission function; the other methods are for callers that have decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- looking ----------------------------------------------------------------------------------------------------

    def lines(self, found: Sequence[Document]) -> list[LedgerLine]:
        """In the order of `found`."""
        running = [one for one in found if not one.stage.ended]
        if not running:
            return [LedgerLine(one, "ended") for one in found]
        jobs = self._jobs([one.id for one in running])
        clocks = self._clocks([one.id for one in running])
        shared = bool(self._connection.execute(_SHARED_JOBS).scalar_one())
        return [
            _line(one, jobs.get(one.id), clocks[one.id], shared) if one.id in clocks else LedgerLine(one, "ended")
            for one in found
        ]

    def counts(self, principal: Principal, *, collection: str | None = None, mine: bool = False) -> LedgerCounts:
        """Of what `principal` may read, without replaced versions; `mine`: of their own uploads alone."""
        where = [readable_documents(principal), documents.c.stage != Stage.REPLACED.value]
        if mine:
            where.append(documents.c.owner_id == principal.user_id)
        if collection == PERSONAL:
            where.append(collections.c.owner_id == principal.user_id)
        elif collection:
            where.append(collections.c.name == collection)
        joined = documents.join(collections)
        stages = select(documents.c.stage, func.count()).select_from(joined).where(*where).group_by(documents.c.stage)
        lately = documents.c.ready_at > func.now() - text("interval '1 minute'")
        pace = select(func.count(), func.coalesce(func.sum(documents.c.total), 0)).select_from(joined)
        ready, passages = self._connection.execute(pace.where(*where, lately)).one()
        return LedgerCounts({row[0]: row[1] for row in self._connection.execute(stages)}, ready, passages)

    def _jobs(self, ids: Sequence[UUID]) -> dict[UUID, Any]:
        rows = self._connection.execute(_JOBS, {"locks": [f"document:{key}" for key in ids]})
        return {UUID(row.lock.removeprefix("document:")): row for row in rows}

    def _clocks(self, ids: Sequence[UUID]) -> Mapping[UUID, _Clock]:
        still = func.extract("epoch", func.now() - documents.c.updated_at)
        in_stage = func.extract("epoch", func.now() - documents.c.stage_at)
        query = select(documents.c.id, still, in_stage).where(documents.c.id.in_(list(ids)))
        return {row[0]: _Clock(float(row[1]), float(row[2])) for row in self._connection.execute(query)}

    # --- telling ----------------------------------------------------------------------------------------------------

    def cancel(self, principal: Principal, only: UUID | None = None) -> list[UUID]:
        """Stops what is on its way and may be deleted by `principal` (their own; all for those who manage); what was
        done so far stays, for going on. Returns which documents that were."""
        going = documents.c.stage.in_(RUNNING_STAGES), documents.c.demo.is_(False)
        values = {"stage": Stage.CANCELLED.value, "attempts": 0, "updated_at": func.now(), "stage_at": func.now()}
        return self._change(principal, and_(*going), values, only)

    def go_on(self, principal: Principal, stages: Collection[Stage], only: UUID | None = None) -> list[UUID]:
        """Puts documents that ended in one of `stages` back to the last batch that was saved. Returns which."""
        return self._change(principal, _ended_in(stages), _from_last_batch(), only)

    def restart(self, document_id: UUID, stages: Collection[Stage]) -> None:
        """As `go_on`, for one document, whoever asks."""
        mine = and_(documents.c.id == document_id, _ended_in(stages))
        self._connection.execute(update(documents).where(mine).values(_from_last_batch()))

    def read_pages(self, document_id: UUID, done: int, total: int) -> bool:
        """Notes how many pages are read; False for a document that is gone or not wanted any more."""
        wanted = documents.c.id == document_id, documents.c.stage.in_(RUNNING_STAGES)
        values = {"pages_read": done, "pages": total, "updated_at": func.now()}
        return bool(self._connection.execute(update(documents).where(*wanted).values(values)).rowcount)

    def _change(
        self, principal: Principal, where: ColumnElement[bool], values: Mapping[str, Any], only: UUID | None
    ) -> list[UUID]:
        own = documents.c.owner_id == principal.user_id
        theirs = true() if principal.may(Permission.CORPORA_MANAGE) else own
        readable = select(documents.c.id).join_from(documents, collections).where(readable_documents(principal))
        one = documents.c.id == only if only else true()
        found = and_(where, one, or_(own, theirs), documents.c.id.in_(readable))
        ordered = select(documents.c.id).where(found).order_by(documents.c.id).with_for_update().subquery()
        statement = (
            update(documents).where(documents.c.id.in_(select(ordered.c.id))).values(values).returning(documents.c.id)
        )
        return list(self._connection.execute(statement).scalars())


def _ended_in(stages: Collection[Stage]) -> ColumnElement[bool]:
    return documents.c.stage.in_([stage.value for stage in stages])


def _from_last_batch() -> dict[str, Any]:
    kept = (
        select(chunks.c.id)
        .join(collections, collections.c.active_version_id == chunks.c.version_id)
        .where(chunks.c.document_id == documents.c.id, collections.c.id == documents.c.collection_id)
        .correlate(documents)
        .exists()
    )
    return {
        "stage": case((kept, Stage.CHUNKED.value), else_=Stage.RECEIVED.value),
        "done": case((kept, documents.c.done), else_=0),
        "total": case((kept, documents.c.total), else_=0),
        "attempts": 0, "error": "", "updated_at": func.now(), "stage_at": func.now(),
    }  # fmt: skip


def _line(document: Document, job: Any, clock: _Clock, shared: bool) -> LedgerLine:
    later: datetime | None = job.scheduled_at if job is not None and job.status == "todo" else None
    rate = document.done / clock.in_stage if document.stage is Stage.CHUNKED and clock.in_stage > _SOME_PACE else None
    return LedgerLine(document, _pulse(job, clock, shared), later, rate or None)


def _pulse(job: Any, clock: _Clock, shared: bool) -> Pulse:
    if job is None:
        return "waiting" if shared else "busy" if clock.still < _FRESH else "dead"
    if job.status == "todo":
        return "waiting"
    if job.silent is None or job.silent > _BEAT:
        return "dead"
    return "busy" if clock.still < _STUCK else "stuck"
