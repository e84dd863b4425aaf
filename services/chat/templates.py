"""Prompt templates with places to fill in: one's own, and those that administrators share with roles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from core.entities.conversations import Template
from core.entities.people import Principal
from core.errors import BadInput, Forbidden
from core.roles import Permission, Role
from data.database import Database
from data.transaction import Stores

LONGEST_BODY = 4_000  # characters
LONGEST_TITLE = 80
MOST = 100  # templates of one person, and as many shared ones
_PLACE = re.compile(r"\{\{\s*([\w-]{1,40})\s*\}\}")


def places(body: str) -> tuple[str, ...]:
    """The names in {{double braces}}, each once, in the order of the text."""
    return tuple(dict.fromkeys(_PLACE.findall(body)))


def fill(body: str, values: Mapping[str, str]) -> str:
    """The text with every place filled; raises `BadInput` naming the first one that is empty."""
    for name in places(body):
        if not values.get(name, "").strip():
            raise BadInput("Fill in %(name)s first.", name=name)
    return _PLACE.sub(lambda found: values[found[1]].strip(), body)


class Templates:
    def __init__(self, db: Database) -> None:
        self._db = db

    def usable(self, principal: Principal) -> list[Template]:
        """One's own first, then the shared ones of one's role; administrators see every shared one."""
        _allow(principal)
        with self._db.begin() as tx:
            return tx.templates.usable(principal)

    def create(
        self, principal: Principal, title: str, body: str, *, shared: bool = False, roles: Sequence[Role] | None = None
    ) -> Template:
        """`shared` by an administrator with `roles` (None: all of them), else one's own."""
        _allow(principal)
        _may_share(principal, shared)
        title, body = _checked(title, body)
        owner = None if shared else principal.user_id
        with self._db.begin() as tx:
            if tx.templates.count(owner) >= MOST:
                raise BadInput("There are %(limit)s templates already. Delete one first.", limit=MOST)
            made = tx.templates.create(owner, roles if shared else None, title, body, principal.email)
            if shared:
                tx.audit.write(principal, "template.shared", "template", made)
            return tx.templates.find(principal, made)

    def change(
        self, principal: Principal, template_id: UUID, title: str, body: str, *, roles: Sequence[Role] | None = None
    ) -> Template:
        """Saves a new version, which is the one in use; the earlier ones stay in the history."""
        _allow(principal)
        title, body = _checked(title, body)
        with self._db.begin() as tx:
            old = _own(tx, principal, template_id)
            shared = old.owner_id is None
            readers = tuple(roles) if roles and shared else None
            if (old.title, old.body, old.roles) == (title, body, readers):
                return old
            tx.templates.change(old, title, body, readers, principal.email)
            if shared:
                tx.audit.write(principal, "template.changed", "template", template_id, version=old.version + 1)
            return tx.templates.find(principal, template_id)

    def history(self, principal: Principal, template_id: UUID) -> list[Template]:
        """Newest first."""
        _allow(principal)
        with self._db.begin() as tx:
            tx.templates.find(principal, template_id)
            return tx.templates.history(template_id)

    def restore(self, principal: Principal, template_id: UUID, version: int) -> Template:
        """Makes an earlier version the newest one again."""
        found = [one for one in self.history(principal, template_id) if one.version == version]
        if not found:
            raise BadInput("There is no such version.")
        return self.change(principal, template_id, found[0].title, found[0].body, roles=found[0].roles)

    def delete(self, principal: Principal, template_id: UUID) -> None:
        """With its history."""
        _allow(principal)
        with self._db.begin() as tx:
            old = _own(tx, principal, template_id)
            tx.templates.delete(template_id)
            if old.owner_id is None:
                tx.audit.write(principal, "template.deleted", "template", template_id)


def _own(tx: Stores, principal: Principal, template_id: UUID) -> Template:
    old = tx.templates.find(principal, template_id, lock=True)
    _may_share(principal, old.owner_id is None)
    return old


def _checked(title: str, body: str) -> tuple[str, str]:
    title = " ".join(_clean(title).split())
    body = _clean(body).strip()
    if not title or not body:
        raise BadInput("Give the template a name and a text.")
    if len(title) > LONGEST_TITLE or len(body) > LONGEST_BODY:
        raise BadInput(
            "A template has a name of at most %(title)s characters and a text of at most %(body)s.",
            title=LONGEST_TITLE,
            body=LONGEST_BODY,
        )
    return title, body


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _may_share(principal: Principal, shared: bool) -> None:
    if shared and not principal.may(Permission.SYSTEM):
        raise Forbidden


def _allow(principal: Principal) -> None:
    if principal.user_id is None or not principal.may(Permission.CHAT):
        raise Forbidden
