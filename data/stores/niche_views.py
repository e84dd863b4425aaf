"""Pages of niche analytics as people saved them for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from core.entities.niches import SavedView
from data.stores.niches import entity
from data.tables.niches import niche_views


class NicheViews:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, owner_id: UUID, title: str, params: Mapping[str, str]) -> SavedView:
        made = insert(niche_views).values(owner_id=owner_id, title=title, params=dict(params)).returning(niche_views)
        return entity(SavedView, self._connection.execute(made).one())

    def of(self, owner_id: UUID) -> list[SavedView]:
        """Newest first."""
        rows = self._connection.execute(
            select(niche_views).where(niche_views.c.owner_id == owner_id).order_by(niche_views.c.created_at.desc())
        )
        return [entity(SavedView, row) for row in rows]

    def delete(self, owner_id: UUID, view_id: UUID) -> bool:
        gone = delete(niche_views).where(niche_views.c.owner_id == owner_id, niche_views.c.id == view_id)
        return self._connection.execute(gone).rowcount > 0
