"""The one permission function of every path, as SQL conditions that stores join with.

Each rule is a condition of its own under its name, so that "why can X see this" asks the very conditions that decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, any_, false, literal, or_, true

from core.entities.access import Rule
from core.entities.people import Principal
from core.roles import Role
from data.tables.corpora import collections, documents

Rules = Mapping[Rule, ColumnElement[bool]]


def collection_rules(principal: Principal) -> Rules:
    """Any of them lets `principal` read a collection: shared ones by role, name or office, personal ones by owner."""
    shared = collections.c.owner_id.is_(None)
    return {
        Rule.ADMINISTRATOR: shared if principal.role is Role.ADMIN else false(),
        Rule.ROLE: and_(shared, literal(principal.role.value) == any_(collections.c.readers)),
        Rule.PERSON: and_(shared, _named(principal, collections.c.reader_ids)),
        # Whoever looks through another's eyes does not see what is that person's alone.
        Rule.OWNER: false() if principal.seen_by else _is(principal, collections.c.owner_id),
    }


def document_rules(principal: Principal) -> Rules:
    """Any of them lets `principal` read a document whose collection they may read: it may narrow its collection's
    readers, never widen them; its owner and administrators always read it."""
    inherits = documents.c.readers.is_(None)
    return {
        Rule.ADMINISTRATOR: true() if principal.role is Role.ADMIN else false(),
        Rule.INHERITED: inherits,
        Rule.ROLE: literal(principal.role.value) == any_(documents.c.readers),
        Rule.PERSON: and_(~inherits, _named(principal, documents.c.reader_ids)),
        Rule.OWNER: _is(principal, documents.c.owner_id),
    }


@lru_cache(maxsize=1_000)  # a turn asks for it eight times, and to put it together costs more than to run it
def readable_collections(principal: Principal) -> ColumnElement[bool]:
    """Collections that `principal` may read."""
    return or_(*collection_rules(principal).values())


@lru_cache(maxsize=1_000)
def readable_documents(principal: Principal) -> ColumnElement[bool]:
    """Documents that `principal` may read; the statement must join `collections`."""
    return and_(readable_collections(principal), or_(*document_rules(principal).values()))


def _named(principal: Principal, people: ColumnElement[object]) -> ColumnElement[bool]:
    return literal(principal.user_id) == any_(people) if principal.user_id else false()


def _is(principal: Principal, owner: ColumnElement[object]) -> ColumnElement[bool]:
    return owner == principal.user_id if principal.user_id else false()
