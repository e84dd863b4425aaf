"""Collections and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, Select, and_, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.corpora import Collection, CollectionKind, CollectionVersion, Fingerprint
from core.entities.people import Principal
from core.errors import NotFound
from core.roles import Role
from data.access import readable_collections
from data.tables.corpora import chunks, collection_versions, collections, documents

PERSONAL = "my-documents"  # what its owner calls a personal collection

Lock = Literal["share", "update"]


def personal_name(owner_id: UUID) -> str:
    """The stored name of a personal collection; outside of SQL it is `PERSONAL`."""
    return f"{PERSONAL}-{owner_id.hex}"


def version_of(row: Row[Any], prefix: str = "") -> CollectionVersion:
    values = row._mapping
    made = values[f"{prefix}fingerprint"]
    return CollectionVersion(
        id=values[f"{prefix}id"],
        collection_id=values[f"{prefix}collection_id"],
        number=values[f"{prefix}number"],
        state=values[f"{prefix}state"],
        fingerprint=Fingerprint(**{**made, "languages": tuple(made["languages"])}),
        created_at=values[f"{prefix}created_at"],
    )


def _collection(row: Row[Any]) -> Collection:
    return Collection(
        id=row.id,
        name=PERSONAL if row.owner_id else row.name,
        title=row.title,
        kind=CollectionKind(row.kind),
        owner_id=row.owner_id,
        readers=tuple(Role(reader) for reader in row.readers),
        version=version_of(row, "version_"),
        documents=row.documents,
        chunks=row.chunks,
        demo=row.demo,
    )


def _counts() -> tuple[Any, Any]:
    ready = and_(documents.c.collection_id == collections.c.id, documents.c.stage == "ready")
    of_documents = select(func.count()).select_from(documents).where(ready).correlate(collections)
    of_chunks = (
        select(func.count())
        .select_from(chunks.join(documents, documents.c.id == chunks.c.document_id))
        .where(ready, chunks.c.version_id == collections.c.active_version_id)
        .correlate(collections)
    )
    return of_documents.scalar_subquery(), of_chunks.scalar_subquery()


def _query(*, counts: bool) -> Select[Any]:
    of_documents, of_chunks = _counts() if counts else (literal(0), literal(0))
    version = [column.label(f"version_{column.name}") for column in collection_versions.c]
    return select(collections, *version, of_documents.label("documents"), of_chunks.label("chunks")).join_from(
        collections, collection_versions, collection_versions.c.id == collections.c.active_version_id
    )


class Collections:
    """`find` and `readable` ask the permission function; the other methods are for callers that have decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(
        self,
        name: str,
        title: str,
        kind: CollectionKind,
        fingerprint: Fingerprint,
        *,
        readers: Sequence[Role] = (),
        owner_id: UUID | None = None,
        demo: bool = False,
    ) -> bool:
        """Makes the collection with an empty first version unless the name is taken; False if it is. Two callers at
        once make one."""
        row = {
            "name": name, "title": title, "kind": kind.value, "owner_id": owner_id,
            "readers": [role.value for role in readers], "demo": demo,
        }  # fmt: skip
        statement = upsert(collections).values(row).on_conflict_do_nothing(index_elements=["name"])
        made = self._connection.execute(statement.returning(collections.c.id)).scalar_one_or_none()
        if made is None:
            return False
        version = self.add_version(made, fingerprint, state="active")
        self._point(made, version.id)
        return True

    def readable(self, principal: Principal) -> list[Collection]:
        """What `principal` may read, with counts; shared ones first, by name."""
        query = _query(counts=True).where(readable_collections(principal))
        rows = self._connection.execute(query.order_by(collections.c.owner_id.is_not(None), collections.c.name))
        return [_collection(row) for row in rows]

    def titles(self, principal: Principal) -> dict[str, str]:
        """Of the shared collections that `principal` may read, by name."""
        query = select(collections.c.name, collections.c.title)
        shared = query.where(readable_collections(principal), collections.c.owner_id.is_(None))
        return {row.name: row.title for row in self._connection.execute(shared)}

    def find(self, principal: Principal, name: str, *, counts: bool = False) -> Collection:
        """The collection that `principal` calls `name`; `NotFound` when there is none or it is not readable."""
        stored = personal_name(principal.user_id) if name == PERSONAL and principal.user_id else name
        query = _query(counts=counts).where(collections.c.name == stored, readable_collections(principal))
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound("There is no collection named %(name)s, or you may not see it.", name=name)
        return _collection(row)

    def readable_by_id(self, principal: Principal, collection_id: UUID) -> Collection:
        """`NotFound` when there is none or it is not readable."""
        query = _query(counts=False).where(collections.c.id == collection_id, readable_collections(principal))
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound
        return _collection(row)

    def get(self, collection_id: UUID, *, lock: Lock | None = None, counts: bool = False) -> Collection | None:
        """`lock` keeps the active version as it is until the transaction ends: "share" for those who write to it,
        "update" for the one who changes it."""
        query = _query(counts=counts).where(collections.c.id == collection_id)
        if lock:
            query = query.with_for_update(of=collections, read=lock == "share")
        row = self._connection.execute(query).one_or_none()
        return _collection(row) if row else None

    def named(self, name: str) -> Collection | None:
        """The shared collection with the stored name `name`, whoever asks."""
        row = self._connection.execute(_query(counts=False).where(collections.c.name == name)).one_or_none()
        return _collection(row) if row else None

    def rename(self, collection_id: UUID, title: str) -> None:
        self._connection.execute(update(collections).where(collections.c.id == collection_id).values(title=title))

    def touch_revision(self, collection_id: UUID) -> None:
        """Says that what somebody may read in the collection has changed: answers kept from before are void."""
        grown = {"revision": collections.c.revision + 1}
        self._connection.execute(update(collections).where(collections.c.id == collection_id).values(grown))

    def revision(self, collection_id: UUID) -> int:
        """What a kept answer is keyed on; 0 when the collection is gone."""
        query = select(collections.c.revision).where(collections.c.id == collection_id)
        return self._connection.execute(query).scalar_one_or_none() or 0

    # --- versions ---------------------------------------------------------------------------------------------------

    def add_version(
        self, collection_id: UUID, fingerprint: Fingerprint, *, state: Literal["building", "active"] = "building"
    ) -> CollectionVersion:
        last = select(func.coalesce(func.max(collection_versions.c.number), 0) + 1)
        row = {
            "collection_id": collection_id,
            "number": last.where(collection_versions.c.collection_id == collection_id).scalar_subquery(),
            "state": state,
            "fingerprint": asdict(fingerprint),
        }
        statement = insert(collection_versions).values(row).returning(collection_versions)
        return version_of(self._connection.execute(statement).one())

    def versions(self, collection_id: UUID) -> list[CollectionVersion]:
        """Newest first."""
        mine = collection_versions.c.collection_id == collection_id
        query = select(collection_versions).where(mine).order_by(collection_versions.c.number.desc())
        return [version_of(row) for row in self._connection.execute(query)]

    def version(self, version_id: UUID) -> CollectionVersion | None:
        row = self._connection.execute(
            select(collection_versions).where(collection_versions.c.id == version_id)
        ).one_or_none()
        return version_of(row) if row else None

    def all_versions(self) -> list[CollectionVersion]:
        """Every version of every collection, whatever its state."""
        query = select(collection_versions).order_by(collection_versions.c.created_at)
        return [version_of(row) for row in self._connection.execute(query)]

    def activate(self, version: CollectionVersion) -> None:
        """Makes `version` the one that is searched and retires the one that was."""
        self._connection.execute(
            update(collection_versions)
            .where(
                collection_versions.c.collection_id == version.collection_id, collection_versions.c.state == "active"
            )
            .values(state="retired", retired_at=func.now())
        )
        self._connection.execute(
            update(collection_versions)
            .where(collection_versions.c.id == version.id)
            .values(state="active", activated_at=func.now(), retired_at=None)
        )
        self._point(version.collection_id, version.id)

    def drop_version(self, version_id: UUID) -> None:
        """Deletes a version with its chunks; never the active one."""
        not_active = collection_versions.c.state != "active"
        self._connection.execute(collection_versions.delete().where(collection_versions.c.id == version_id, not_active))

    def _point(self, collection_id: UUID, version_id: UUID) -> None:
        self._connection.execute(
            update(collections).where(collections.c.id == collection_id).values(active_version_id=version_id)
        )
