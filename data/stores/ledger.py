"""The ledger of documents on their way: how alive the work on each is, what there is of each stage, and being told to
stop or to go on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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

# With the job that is under way before one that waits. Some jobs work on many documents, which have none of their own.
_LIVENESS = text("""
    SELECT documents.id, job.status, job.scheduled_at, job.silent,
        extract(epoch FROM now() - documents.updated_at) AS still,
        extract(epoch FROM now() - documents.stage_at) AS in_stage,
        EXISTS (
            SELECT FROM procrastinate_jobs
            WHERE status IN ('todo', 'doing') AND task_name IN ('load_demo', 'refresh_source', 'expand')) AS shared
    FROM documents LEFT JOIN (
        SELECT DISTINCT ON (job.lock)
            job.lock, job.status::text AS status, job.scheduled_at,
            extract(epoch FROM now() - worker.last_heartbeat) AS silent
        FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
        WHERE job.lock = ANY(:locks) AND job.status IN ('todo', 'doing')
        ORDER BY job.lock, job.status = 'doing' DESC, job.scheduled_at
    ) job ON job.lock = 'document:' || documents.id
    WHERE documents.id = ANY(:ids)
""")


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
        ids = [one.id for one in running]
        locks = [f"document:{key}" for key in ids]
        rows = {row.id: row for row in self._connection.execute(_LIVENESS, {"ids": ids, "locks": locks})}
        return [_line(one, rows[one.id]) if one.id in rows else LedgerLine(one, "ended") for one in found]

    def counts(self, principal: Principal, *, collection: str | None = None) -> LedgerCounts:
        """Of what `principal` may read, without replaced versions."""
        where = [readable_documents(principal), documents.c.stage != Stage.REPLACED.value]
        if collection == PERSONAL:
            where.append(collections.c.owner_id == principal.user_id)
        elif collection:
            where.append(collections.c.name == collection)
        lately = documents.c.ready_at > func.now() - text("interval '1 minute'")
        own = and_(documents.c.owner_id == principal.user_id, documents.c.stage.in_(RUNNING_STAGES))
        query = (
            select(
                documents.c.stage,
                func.count(),
                func.count().filter(own),
                func.count().filter(lately),
                func.coalesce(func.sum(documents.c.total).filter(lately), 0),
            )
            .select_from(documents.join(collections))
            .where(*where)
            .group_by(documents.c.stage)
        )
        rows = self._connection.execute(query).all()
        own_running, ready, passages = (sum(row[place] for row in rows) for place in (2, 3, 4))
        return LedgerCounts({row[0]: row[1] for row in rows}, own_running, ready, passages)

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


def _line(document: Document, row: Any) -> LedgerLine:
    """`row` is of `_LIVENESS`; all its times are by the database's clock."""
    later: datetime | None = row.scheduled_at if row.status == "todo" else None
    in_stage = float(row.in_stage)
    rate = document.done / in_stage if document.stage is Stage.CHUNKED and in_stage > _SOME_PACE else None
    return LedgerLine(document, _pulse(row), later, rate or None)


def _pulse(row: Any) -> Pulse:
    if row.status is None:
        return "waiting" if row.shared else "busy" if row.still < _FRESH else "dead"
    if row.status == "todo":
        return "waiting"
    if row.silent is None or row.silent > _BEAT:
        return "dead"
    return "busy" if row.still < _STUCK else "stuck"
