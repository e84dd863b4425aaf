"""Sources besides upload, their configuration sealed, and the hosts that they may reach."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.sources import Host, Source, SourceKind
from core.errors import Conflict, NotFound
from core.security import Cipher
from data.tables.corpora import documents
from data.tables.sources import source_hosts, source_records, sources


def _query() -> Select[Any]:
    fed = source_records.join(documents, documents.c.id == source_records.c.document_id)
    mine = source_records.c.source_id == sources.c.id
    count = select(func.count()).select_from(fed).where(mine).correlate(sources)
    unready = count.where(documents.c.stage == "failed")
    return select(sources, count.scalar_subquery().label("fed"), unready.scalar_subquery().label("unready"))


class Sources:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    # --- reading ----------------------------------------------------------------------------------------------------

    def get(self, source_id: UUID, *, lock: bool = False) -> Source:
        """`NotFound` when there is none; `lock` keeps others from changing it until the transaction ends."""
        query = _query().where(sources.c.id == source_id)
        row = self._connection.execute(query.with_for_update(of=sources) if lock else query).one_or_none()
        if row is None:
            raise NotFound("There is no such source.")
        return self._source(row)

    def of_collection(self, collection_id: UUID) -> list[Source]:
        """By name."""
        query = _query().where(sources.c.collection_id == collection_id).order_by(sources.c.name)
        return [self._source(row) for row in self._connection.execute(query)]

    def due(self, limit: int) -> list[UUID]:
        """Sources whose time has come, locked; those that another process holds are left to it."""
        query = select(sources.c.id).where(sources.c.due_at <= func.now()).order_by(sources.c.due_at).limit(limit)
        return list(self._connection.execute(query.with_for_update(skip_locked=True)).scalars())

    # --- writing ----------------------------------------------------------------------------------------------------

    def add(
        self,
        collection_id: UUID,
        kind: SourceKind,
        name: str,
        config: Mapping[str, Any],
        interval_minutes: int | None,
        created_by: UUID | None,
    ) -> UUID:
        """`Conflict` when the collection has a source of this name."""
        values = {
            "collection_id": collection_id, "kind": kind.value, "name": name, "config_sealed": self._sealed(config),
            "interval_minutes": interval_minutes, "created_by": created_by,
        }  # fmt: skip
        statement = upsert(sources).values(values).on_conflict_do_nothing().returning(sources.c.id)
        made: UUID | None = self._connection.execute(statement).scalar_one_or_none()
        if made is None:
            raise _taken(name)
        return made

    def change(self, source_id: UUID, name: str, config: Mapping[str, Any], interval_minutes: int | None) -> None:
        """`Conflict` when another source of the collection has this name."""
        same = select(sources.c.collection_id).where(sources.c.id == source_id).scalar_subquery()
        other = select(sources.c.id).where(
            sources.c.collection_id == same, sources.c.name == name, sources.c.id != source_id
        )
        if self._connection.execute(other).first():
            raise _taken(name)
        values = {
            "name": name, "config_sealed": self._sealed(config), "interval_minutes": interval_minutes,
            "updated_at": func.now(),
        }  # fmt: skip
        self._connection.execute(update(sources).where(sources.c.id == source_id).values(values))

    def schedule(self, source_id: UUID) -> datetime | None:
        """Sets when it is due next, an interval from now; None where it is run by hand."""
        minutes = sources.c.interval_minutes
        statement = update(sources).where(sources.c.id == source_id)
        due = func.now() + minutes * text("interval '1 minute'")
        return self._connection.execute(statement.values(due_at=due).returning(sources.c.due_at)).scalar_one_or_none()

    def delete(self, source_id: UUID) -> None:
        """With its ledger and its records; their documents stay."""
        self._connection.execute(delete(sources).where(sources.c.id == source_id))

    # --- hosts ------------------------------------------------------------------------------------------------------

    def hosts(self) -> list[Host]:
        rows = self._connection.execute(select(source_hosts).order_by(source_hosts.c.host))
        return [Host(row.host, row.private, row.added_by) for row in rows]

    def allow(self, host: Host) -> None:
        values = {"private": host.private, "added_by": host.added_by}
        statement = upsert(source_hosts).values(host=host.host, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["host"], set_=values))

    def forbid(self, host: str) -> None:
        """`NotFound` when it is not allowed."""
        if not self._connection.execute(delete(source_hosts).where(source_hosts.c.host == host)).rowcount:
            raise NotFound("This host is not in the list.")

    def _source(self, row: Row[Any]) -> Source:
        return Source(
            id=row.id,
            collection_id=row.collection_id,
            kind=SourceKind(row.kind),
            name=row.name,
            config=json.loads(self._cipher.open(row.config_sealed)),
            interval_minutes=row.interval_minutes,
            created_by=row.created_by,
            created_at=row.created_at,
            due_at=row.due_at,
            documents=row.fed,
            unready=row.unready,
        )

    def _sealed(self, config: Mapping[str, Any]) -> bytes:
        return self._cipher.seal(json.dumps(dict(config)))


def _taken(name: str) -> Conflict:
    return Conflict("This collection has a source named %(name)s already. Choose another name.", name=name)
