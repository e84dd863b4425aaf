"""What the retrieval of each collection is set to, and what a version must reach before it is published."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, Uuid, and_, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.evaluation import GateRule, RetrievalSettings
from data.tables.corpora import collection_versions, collections
from data.tables.evaluation import retrieval_settings, retrieval_weights

WEIGHTS = ("lexical_weight", "vector_weight", "rank_constant")


class RetrievalSettingsStore:
    """How the legs are weighed belongs to an embedding model: each model that a collection was ever searched with keeps
    its own. All else belongs to the collection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, collection_id: UUID, version_id: UUID | None = None) -> RetrievalSettings:
        """For a version of the collection (None: the active one); the defaults where nothing was set."""
        row = self._connection.execute(_OF, {"collection": collection_id, "version": version_id}).one_or_none()
        return RetrievalSettings.read({**(row.settings or {}), **(row.weights or {})} if row else {})

    def rule(self, collection_id: UUID) -> GateRule:
        columns = retrieval_settings.c.least_recall, retrieval_settings.c.most_loss
        query = select(*columns).where(retrieval_settings.c.collection_id == collection_id)
        row = self._connection.execute(query).one_or_none()
        return GateRule(**row._mapping) if row else GateRule()

    def keep(self, collection_id: UUID, settings: RetrievalSettings, version_id: UUID | None = None) -> None:
        """For every version of the collection; the weights for those with the model of this one (None: the active)."""
        values = asdict(settings)
        weights = {name: values.pop(name) for name in WEIGHTS}
        self._put(collection_id, {"settings": values})
        row = select(
            literal(collection_id, Uuid),
            _model(literal(collection_id, Uuid), literal(version_id, Uuid)),
            literal(weights, JSONB),
        )
        statement = upsert(retrieval_weights).from_select(["collection_id", "model", "weights"], row)
        keys = ["collection_id", "model"]
        self._connection.execute(statement.on_conflict_do_update(index_elements=keys, set_={"weights": weights}))

    def keep_rule(self, collection_id: UUID, rule: GateRule) -> None:
        self._put(collection_id, asdict(rule))

    def _put(self, collection_id: UUID, values: dict[str, Any]) -> None:
        statement = upsert(retrieval_settings).values(collection_id=collection_id, **values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["collection_id"], set_={**values, "updated_at": func.now()})
        )


def _model(collection: ColumnElement[UUID], version: ColumnElement[UUID | None]) -> ScalarSelect[str]:
    """Of a version of the collection, of the active one where `version` is NULL."""
    active = select(collections.c.active_version_id).where(collections.c.id == collection).scalar_subquery()
    mine = collection_versions.c.id == func.coalesce(version, active)
    return select(collection_versions.c.fingerprint["model"].astext).where(mine).scalar_subquery()


def _settings() -> Select[Any]:
    asked, version = bindparam("collection", type_=Uuid), bindparam("version", type_=Uuid)
    weighed = and_(retrieval_weights.c.collection_id == asked, retrieval_weights.c.model == _model(asked, version))
    return (
        select(retrieval_settings.c.settings, retrieval_weights.c.weights)
        .select_from(collections.outerjoin(retrieval_settings).outerjoin(retrieval_weights, weighed))
        .where(collections.c.id == asked)
    )


_OF = _settings()  # put together once: every search asks for it
