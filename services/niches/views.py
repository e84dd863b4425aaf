"""Saved views of niche analytics: the address of a page under a title, for its owner alone."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from core.entities.niches import SavedView
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Permission
from data.database import Database

_LONGEST_TITLE = 100


class NicheViews:
    """Every method raises Forbidden for those who may not see niches, and for guests."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def save(self, principal: Principal, title: str, params: Mapping[str, str]) -> SavedView:
        """Keeps the address of a page under a title."""
        owner, name = _owner(principal), " ".join(title.split())
        if not name or len(name) > _LONGEST_TITLE:
            raise BadInput("Give the view a title of at most %(most)s characters.", most=_LONGEST_TITLE)
        with self._db.begin() as tx:
            return tx.niche_views.save(owner, name, params)

    def list(self, principal: Principal) -> list[SavedView]:
        """One's own, newest first."""
        owner = _owner(principal)
        with self._db.read() as tx:
            return tx.niche_views.of(owner)

    def delete(self, principal: Principal, view_id: UUID) -> None:
        """Raises NotFound, for another's view too."""
        owner = _owner(principal)
        with self._db.begin() as tx:
            if not tx.niche_views.delete(owner, view_id):
                raise NotFound


def _owner(principal: Principal) -> UUID:
    if principal.user_id is None or not principal.may(Permission.NICHES):
        raise Forbidden
    return principal.user_id
