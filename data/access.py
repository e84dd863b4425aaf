"""The one permission function of every path, as SQL conditions that stores join with."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, any_, false, literal, or_, true

from core.entities import Principal
from core.roles import Role
from data.tables import collections, documents


def readable_collections(principal: Principal) -> ColumnElement[bool]:
    """Collections that `principal` may read: shared ones by role (administrators: all), personal ones by owner."""
    by_role = true() if principal.role is Role.ADMIN else literal(principal.role.value) == any_(collections.c.readers)
    mine = collections.c.owner_id == principal.user_id if principal.user_id else false()
    return or_(and_(collections.c.owner_id.is_(None), by_role), mine)


def readable_documents(principal: Principal) -> ColumnElement[bool]:
    """Documents that `principal` may read; the statement must join `collections`.

    A document may narrow its collection's readers, never widen them; its owner and administrators always read it.
    """
    if principal.role is Role.ADMIN:
        return readable_collections(principal)
    own = documents.c.owner_id == principal.user_id if principal.user_id else false()
    by_role = literal(principal.role.value) == any_(documents.c.readers)
    return and_(readable_collections(principal), or_(documents.c.readers.is_(None), by_role, own))
