"""Prompt templates and all their versions; titles and texts are sealed at rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    any_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from core.entities.conversations import Template
from core.entities.people import Principal
from core.errors import NotFound
from core.roles import Role
from core.security import Cipher
from data.tables.conversations import prompt_template_versions as versions
from data.tables.conversations import prompt_templates as templates


class Templates:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def usable(self, principal: Principal) -> list[Template]:
        """One's own and those shared with one's role (administrators: all shared), newest version, own first."""
        query = _newest().where(_may_use(principal)).order_by(templates.c.owner_id.is_(None), templates.c.created_at)
        return [self._read(row) for row in self._connection.execute(query)]

    def find(self, principal: Principal, template_id: UUID, *, lock: bool = False) -> Template:
        """Raises `NotFound` for what the caller may not use."""
        query = _newest().where(templates.c.id == template_id, _may_use(principal))
        row = self._connection.execute(query.with_for_update(of=templates) if lock else query).one_or_none()
        if row is None:
            raise NotFound
        return self._read(row)

    def create(self, owner_id: UUID | None, roles: Sequence[Role] | None, title: str, body: str, author: str) -> UUID:
        values = {"owner_id": owner_id, "roles": _names(roles), "version": 1}
        template_id: UUID = self._connection.execute(
            insert(templates).values(values).returning(templates.c.id)
        ).scalar_one()
        self._add_version(template_id, 1, title, body, author)
        return template_id

    def change(self, old: Template, title: str, body: str, roles: Sequence[Role] | None, author: str) -> None:
        """Adds a version, which becomes the one in use."""
        number = old.version + 1
        self._add_version(old.id, number, title, body, author)
        statement = update(templates).where(templates.c.id == old.id)
        self._connection.execute(statement.values(version=number, roles=_names(roles)))

    def history(self, template_id: UUID) -> list[Template]:
        """Newest first."""
        query = _all().where(templates.c.id == template_id).order_by(versions.c.version.desc())
        return [self._read(row) for row in self._connection.execute(query)]

    def delete(self, template_id: UUID) -> None:
        self._connection.execute(delete(templates).where(templates.c.id == template_id))

    def count(self, owner_id: UUID | None) -> int:
        same = templates.c.owner_id == owner_id if owner_id else templates.c.owner_id.is_(None)
        return self._connection.execute(select(func.count()).select_from(templates).where(same)).scalar_one()

    def _add_version(self, template_id: UUID, number: int, title: str, body: str, author: str) -> None:
        sealed = {"title_sealed": self._cipher.seal(title), "body_sealed": self._cipher.seal(body)}
        self._connection.execute(
            insert(versions).values(template_id=template_id, version=number, author=author, **sealed)
        )

    def _read(self, row: Row[Any]) -> Template:
        return Template(
            id=row.id,
            owner_id=row.owner_id,
            roles=None if row.roles is None else tuple(Role(name) for name in row.roles),
            version=row.version,
            title=self._cipher.open(row.title_sealed),
            body=self._cipher.open(row.body_sealed),
            author=row.author,
            created_at=row.created_at,
        )


def _all() -> Select[Any]:
    about = (templates.c.id, templates.c.owner_id, templates.c.roles)
    said = (
        versions.c.version,
        versions.c.title_sealed,
        versions.c.body_sealed,
        versions.c.author,
        versions.c.created_at,
    )
    return select(*about, *said).join(versions, versions.c.template_id == templates.c.id)


def _newest() -> Select[Any]:
    return _all().where(versions.c.version == templates.c.version)


def _may_use(principal: Principal) -> ColumnElement[bool]:
    for_role = or_(templates.c.roles.is_(None), literal(principal.role.value) == any_(templates.c.roles))
    shared = and_(templates.c.owner_id.is_(None), literal(principal.role is Role.ADMIN) | for_role)
    return or_(templates.c.owner_id == principal.user_id, shared)


def _names(roles: Sequence[Role] | None) -> list[str] | None:
    return None if roles is None else [role.value for role in roles]
