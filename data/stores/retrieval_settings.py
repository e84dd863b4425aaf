"""What the retrieval of each collection is set to, and what a version must reach before it is published."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.evaluation import GateRule, RetrievalSettings
from data.tables.evaluation import retrieval_settings


class RetrievalSettingsStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, collection_id: UUID) -> RetrievalSettings:
        """The defaults where nothing was set."""
        query = select(retrieval_settings.c.settings).where(retrieval_settings.c.collection_id == collection_id)
        return RetrievalSettings.read(self._connection.execute(query).scalar_one_or_none() or {})

    def rule(self, collection_id: UUID) -> GateRule:
        columns = retrieval_settings.c.least_recall, retrieval_settings.c.most_loss
        query = select(*columns).where(retrieval_settings.c.collection_id == collection_id)
        row = self._connection.execute(query).one_or_none()
        return GateRule(**row._mapping) if row else GateRule()

    def keep(self, collection_id: UUID, settings: RetrievalSettings) -> None:
        self._put(collection_id, {"settings": asdict(settings)})

    def keep_rule(self, collection_id: UUID, rule: GateRule) -> None:
        self._put(collection_id, asdict(rule))

    def _put(self, collection_id: UUID, values: dict[str, Any]) -> None:
        statement = upsert(retrieval_settings).values(collection_id=collection_id, **values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["collection_id"], set_={**values, "updated_at": func.now()})
        )
