"""Who may read a collection or a document, and which rule lets a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Table, select, update

from core.entities.access import Explanation, Named, Readers, Rule
from core.entities.people import Principal
from core.errors import NotFound
from core.roles import Role
from data.access import Rules, collection_rules, document_rules
from data.tables.corpora import collections, documents
from data.tables.people import users

_SAYS = ("readers", "reader_ids")


class ReadersOf:
    """For callers that have decided that the person may look or change."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_collection(self, collection_id: UUID) -> Readers:
        return self._readers(collections, collection_id)

    def of_document(self, document_id: UUID) -> Readers:
        return self._readers(documents, document_id)

    def set_collection(self, collection_id: UUID, roles: Sequence[Role], people: Sequence[UUID]) -> None:
        self._set(collections, collection_id, roles, people)

    def set_document(self, document_id: UUID, roles: Sequence[Role] | None, people: Sequence[UUID]) -> None:
        """`roles` None: as its collection says."""
        self._set(documents, document_id, roles, people)

    def inherit(self, document_id: UUID, older_id: UUID) -> None:
        """A version that takes another's place is read by those who read that one, and nobody else."""
        older = documents.alias("older")
        values = {name: select(older.c[name]).where(older.c.id == older_id).scalar_subquery() for name in _SAYS}
        self._connection.execute(update(documents).where(documents.c.id == document_id).values(values))

    def restricted(self, ids: Sequence[UUID]) -> set[UUID]:
        """Those of the documents that say themselves who may read them."""
        query = select(documents.c.id).where(documents.c.id.in_(ids), documents.c.readers.is_not(None))
        return set(self._connection.execute(query).scalars())

    def why_collection(self, person: Principal, collection_id: UUID) -> Explanation:
        rules = collection_rules(person)
        query = select(*_columns(rules)).where(collections.c.id == collection_id)
        granted = _granted(rules, self._connection.execute(query).one())
        return Explanation(bool(granted), granted)

    def why_document(self, person: Principal, document_id: UUID) -> Explanation:
        of_collection, own = collection_rules(person), document_rules(person)
        query = select(*_columns(of_collection), *_columns(own)).select_from(documents.join(collections))
        row = self._connection.execute(query.where(documents.c.id == document_id)).one()
        outer = _granted(of_collection, row[: len(of_collection)])
        inner = _granted(own, row[len(of_collection) :])
        return Explanation(bool(outer and inner), outer, inner)

    def _readers(self, table: Table, object_id: UUID) -> Readers:
        query = select(table.c.readers, table.c.reader_ids).where(table.c.id == object_id)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound
        roles = None if row.readers is None else tuple(role for role in Role if role.value in row.readers)
        return Readers(roles, self._named(row.reader_ids))

    def _named(self, ids: Sequence[UUID]) -> tuple[Named, ...]:
        if not ids:
            return ()
        query = select(users.c.id, users.c.email, users.c.name).where(users.c.id.in_(ids)).order_by(users.c.email)
        return tuple(Named(*row) for row in self._connection.execute(query))

    def _set(self, table: Table, object_id: UUID, roles: Sequence[Role] | None, people: Sequence[UUID]) -> None:
        values = {"readers": None if roles is None else [role.value for role in roles], "reader_ids": list(people)}
        self._connection.execute(update(table).where(table.c.id == object_id).values(values))


def _columns(rules: Rules) -> list[Any]:
    return [condition.label(None) for condition in rules.values()]


def _granted(rules: Rules, values: Sequence[Any] | Row[Any]) -> tuple[Rule, ...]:
    return tuple(rule for rule, granted in zip(rules, values, strict=True) if granted)
