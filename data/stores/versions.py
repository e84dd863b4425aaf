"""Versions of collections: what is in them, what they lack, and what was found out about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.corpora import Chunk, CollectionVersion
from core.entities.people import Principal
from core.entities.versions import Figures, Sampled, TakenOver, VersionDetail, VersionReport
from data.access import readable_documents
from data.stores.chunks import chunk_of
from data.stores.collections import version_of
from data.stores.membership import among
from data.stores.vectors import Vector, vector_of
from data.stores.version_json import report_body, report_of
from data.tables.corpora import chunk_vectors, chunks, collection_versions, collections, documents, job_runs
from data.tables.versions import version_documents

State = Literal["building", "built", "active", "retired", "failed"]


class Versions:
    """For callers that have decided, but for `details`; `Collections` makes versions and switches between them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- what there is ------------------------------------------------------------------------------------------------

    def details(self, principal: Principal, collection_id: UUID, kept: timedelta) -> list[VersionDetail]:
        """Newest first; retired ones are kept for `kept`. Only documents that `principal` may read are named."""
        mine = collection_versions.c.collection_id == collection_id
        rows = self._connection.execute(_counted().where(mine).order_by(collection_versions.c.number.desc())).all()
        taken = self._taken_over(principal, [row.id for row in rows])
        return [_detail(row, kept, taken[row.id]) for row in rows]

    def models(self) -> list[str]:
        """The embedding models of the versions that are searched, the most used first."""
        model = collection_versions.c.fingerprint["model"].astext
        spoken = func.jsonb_array_length(collection_versions.c.fingerprint["languages"]) > 0
        query = select(model).where(collection_versions.c.state == "active", spoken).group_by(model)
        return list(self._connection.execute(query.order_by(func.count().desc(), model)).scalars())

    def figures(self, version_id: UUID) -> Figures:
        row = self._connection.execute(
            select(
                select(collection_versions.c.number).where(collection_versions.c.id == version_id).scalar_subquery(),
                func.count(func.distinct(chunks.c.document_id)),
                func.count(),
                func.count(chunk_vectors.c.chunk_id),
                func.coalesce(func.avg(chunks.c.tokens), 0),
            )
            .select_from(chunks.outerjoin(chunk_vectors, chunk_vectors.c.chunk_id == chunks.c.id))
            .where(chunks.c.version_id == version_id)
        ).one()
        return Figures(row[0], row[1], row[2], row[3], float(row[4]))

    def sample(self, version_id: UUID, n: int) -> list[Sampled]:
        """`n` chunks from all over the version, the same ones each time."""
        ready = chunks.join(documents, documents.c.id == chunks.c.document_id)
        query = select(chunks).select_from(ready).where(chunks.c.version_id == version_id, documents.c.stage == "ready")
        rows = self._connection.execute(query.order_by(func.md5(cast(chunks.c.id, Text))).limit(n))
        return [Sampled(row.id, row.document_id, chunk_of(row)) for row in rows]

    def chunks_of(self, ids: Collection[UUID]) -> dict[UUID, Sampled]:
        query = select(chunks).where(among(chunks.c.id, ids))
        return {row.id: Sampled(row.id, row.document_id, chunk_of(row)) for row in self._connection.execute(query)}

    # --- building -----------------------------------------------------------------------------------------------------

    def lacking(self, collection_id: UUID, version_id: UUID, limit: int) -> list[UUID]:
        """Documents that are ready and are not in the version as they are now, the oldest first."""
        query = _lacking(collection_id, version_id).with_only_columns(documents.c.id)
        rows = self._connection.execute(query.order_by(documents.c.created_at, documents.c.id).limit(limit))
        return list(rows.scalars())

    def count_lacking(self, collection_id: UUID, version_id: UUID) -> int:
        query = _lacking(collection_id, version_id).with_only_columns(func.count())
        return int(self._connection.execute(query).scalar_one())

    def now(self) -> datetime:
        at: datetime = self._connection.execute(select(func.clock_timestamp())).scalar_one()
        return at

    def note(self, version_id: UUID, document_ids: Iterable[UUID], at: datetime, taken: Mapping[UUID, str]) -> None:
        """The documents are in the version as they were `at`; `taken`: why the passages of some are those of before."""
        rows = [
            {
                "version_id": version_id, "document_id": key, "at": at,
                "taken_over": key in taken, "reason": taken.get(key, ""),
            }
            for key in document_ids
        ]  # fmt: skip
        if rows:
            statement = upsert(version_documents)
            changed = {name: statement.excluded[name] for name in ("at", "taken_over", "reason")}
            keys = ["version_id", "document_id"]
            self._connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)

    def built(self, version_id: UUID) -> tuple[int, int]:
        """How many documents a build has put into the version that are still ready, and how many of them have chunks
        there: a newer version of a document takes its chunks away, and leaves its note."""
        there = exists().where(
            chunks.c.version_id == version_id, chunks.c.document_id == version_documents.c.document_id
        )
        query = select(func.count(), func.count().filter(there)).join_from(version_documents, documents)
        query = query.where(version_documents.c.version_id == version_id, documents.c.stage == "ready")
        noted, found = self._connection.execute(query).one()
        return int(noted), int(found)

    def forget_notes(self, version_id: UUID) -> None:
        """From here on its own state says what is in it; what was taken over stays noted."""
        mine = version_documents.c.version_id == version_id
        self._connection.execute(version_documents.delete().where(mine, ~version_documents.c.taken_over))

    def passages(
        self, version_id: UUID, document_ids: Collection[UUID]
    ) -> dict[UUID, list[tuple[Chunk, Vector | None]]]:
        """The chunks of the documents in reading order, each with its vector if it has one."""
        query = (
            select(chunks, chunk_vectors.c.vector)
            .select_from(chunks.outerjoin(chunk_vectors, chunk_vectors.c.chunk_id == chunks.c.id))
            .where(chunks.c.version_id == version_id, among(chunks.c.document_id, document_ids))
            .order_by(chunks.c.document_id, chunks.c.position)
        )
        found: dict[UUID, list[tuple[Chunk, Vector | None]]] = defaultdict(list)
        for row in self._connection.execute(query):
            vector = vector_of(row.vector) if row.vector is not None else None
            found[row.document_id].append((chunk_of(row), vector))
        return found

    # --- states -------------------------------------------------------------------------------------------------------

    def move(self, version_id: UUID, state: State, *, of: Sequence[State]) -> bool:
        """Moves a version from one of the states `of`; False if it is in none of them."""
        statement = (
            update(collection_versions)
            .where(collection_versions.c.id == version_id, collection_versions.c.state.in_(of))
            .values(state=state)
        )
        return bool(self._connection.execute(statement).rowcount)

    def set_run(self, version_id: UUID, run_id: UUID) -> None:
        """Notes the job run that works on the version."""
        mine = collection_versions.c.id == version_id
        self._connection.execute(update(collection_versions).where(mine).values(run_id=run_id))

    def run_of(self, version_id: UUID) -> UUID | None:
        query = select(collection_versions.c.run_id).where(collection_versions.c.id == version_id)
        return self._connection.execute(query).scalar_one_or_none()

    def keep_report(self, version_id: UUID, report: VersionReport) -> None:
        mine = collection_versions.c.id == version_id
        self._connection.execute(update(collection_versions).where(mine).values(report=report_body(report)))

    def note_dimension(self, version: CollectionVersion, dimension: int) -> None:
        """Of its vectors, where nobody knew it before the first one was made."""
        if version.fingerprint.dimension:
            return
        known = func.jsonb_set(collection_versions.c.fingerprint, ["dimension"], func.to_jsonb(dimension))
        mine = collection_versions.c.id == version.id
        self._connection.execute(update(collection_versions).where(mine).values(fingerprint=known))

    def report(self, version_id: UUID) -> VersionReport | None:
        query = select(collection_versions.c.report).where(collection_versions.c.id == version_id)
        return report_of(self._connection.execute(query).scalar_one_or_none() or {})

    def empty(self, version_id: UUID) -> None:
        """Deletes the chunks of a version that is not the active one; its row and its report stay."""
        away = collection_versions.c.id == version_id, collection_versions.c.state != "active"
        ours = chunks.c.version_id.in_(select(collection_versions.c.id).where(*away))
        self._connection.execute(chunks.delete().where(ours))

    def outlived(self, kept: timedelta) -> list[UUID]:
        """Versions that were retired, or failed, longer ago than `kept`."""
        since = func.coalesce(collection_versions.c.retired_at, collection_versions.c.created_at)
        query = select(collection_versions.c.id).where(
            collection_versions.c.state.in_(("retired", "failed")), since < func.now() - literal(kept)
        )
        return list(self._connection.execute(query).scalars())

    def _taken_over(self, principal: Principal, version_ids: Sequence[UUID]) -> dict[UUID, tuple[TakenOver, ...]]:
        query = (
            select(version_documents, documents.c.title, documents.c.filename)
            .select_from(version_documents.join(documents).join(collections))
            .where(version_documents.c.version_id.in_(version_ids), version_documents.c.taken_over)
            .where(readable_documents(principal))
            .order_by(documents.c.title, documents.c.id)
        )
        found: dict[UUID, list[TakenOver]] = defaultdict(list)
        for row in self._connection.execute(query):
            found[row.version_id].append(TakenOver(row.document_id, row.title or row.filename, row.reason))
        return {key: tuple(found[key]) for key in version_ids}


def _lacking(collection_id: UUID, version_id: UUID) -> Select[Any]:
    there = exists().where(chunks.c.version_id == version_id, chunks.c.document_id == documents.c.id)
    version = collection_versions.alias()
    # What went into a version while it was active has no note: it was as it is until the version was retired.
    seen = func.coalesce(version_documents.c.at, version.c.retired_at)
    changed: ColumnElement[bool] = documents.c.ready_at > seen
    noted = and_(version_documents.c.document_id == documents.c.id, version_documents.c.version_id == version_id)
    return (
        select(documents.c.id)
        .select_from(documents.join(version, version.c.id == version_id).outerjoin(version_documents, noted))
        .where(documents.c.collection_id == collection_id, documents.c.stage == "ready", or_(~there, changed))
    )


def _counted() -> Select[Any]:
    of_chunks = select(func.count()).where(chunks.c.version_id == collection_versions.c.id).scalar_subquery()
    of_documents = (
        select(func.count(func.distinct(chunks.c.document_id)))
        .where(chunks.c.version_id == collection_versions.c.id)
        .scalar_subquery()
    )
    error = select(job_runs.c.error).where(job_runs.c.id == collection_versions.c.run_id).scalar_subquery()
    return select(
        collection_versions, of_chunks.label("chunks"), of_documents.label("documents"), error.label("run_error")
    )


def _detail(row: Row[Any], kept: timedelta, taken: tuple[TakenOver, ...]) -> VersionDetail:
    return VersionDetail(
        version=version_of(row),
        documents=row.documents,
        chunks=row.chunks,
        activated_at=row.activated_at,
        retired_at=row.retired_at,
        keep_until=row.retired_at + kept if row.state == "retired" else None,
        run_id=row.run_id,
        report=report_of(row.report),
        taken_over=taken,
        error=row.run_error or "",
    )
