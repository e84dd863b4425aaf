"""Collections: the shared ones, each person's own, and the versions in which they are indexed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager

from core.entities.corpora import Collection, CollectionKind
from core.entities.people import Principal
from core.errors import BadInput, Conflict, Forbidden
from core.roles import Permission, Role
from data.database import Database
from data.stores.collections import PERSONAL, personal_name
from data.transaction import Stores
from services.corpora.fingerprints import Fingerprints

STAFF = (Role.SALES, Role.ANALYST, Role.ADMIN)
EVERYONE = tuple(Role)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
LONGEST_TITLE = 200
_DEFAULTS = (
    ("faq", "Questions and answers", CollectionKind.FAQ, EVERYONE),
    ("analytics", "Niche analytics", CollectionKind.ANALYTICS, STAFF),
    ("documents", "Documents", CollectionKind.DOCUMENTS, STAFF),
)
BUILT_IN = frozenset(name for name, *_ in _DEFAULTS)


class Collections:
    def __init__(self, db: Database, fingerprints: Fingerprints) -> None:
        self._db = db
        self._fingerprints = fingerprints

    def ensure_defaults(self) -> None:
        """Makes the collections that every installation has; does nothing where they are."""
        fingerprint = self._fingerprints.current()
        with self._db.begin() as tx:
            for name, title, kind, readers in _DEFAULTS:
                tx.collections.ensure(name, title, kind, fingerprint, readers=readers)

    def list(self, principal: Principal) -> Sequence[Collection]:
        """What the caller may read, with counts; those who upload also find their own `my-documents`."""
        with self._db.read() as tx:
            found = tx.collections.readable(principal)
        if not principal.may(Permission.UPLOAD) or any(one.name == PERSONAL for one in found):
            return found
        with self._db.begin() as tx:
            self.ensure_personal(tx, principal)
            return tx.collections.readable(principal)

    def titles(self, principal: Principal) -> dict[str, str]:
        """Of the shared collections that the caller may read, by name."""
        with self._db.read() as tx:
            return tx.collections.titles(principal)

    def get(self, principal: Principal, name: str) -> Collection:
        """`NotFound` when there is none or the caller may not read it."""
        with self.looking(name) as tx:
            return self.find(tx, principal, name, counts=True)

    def looking(self, name: str) -> AbstractContextManager[Stores]:
        """For `find` and what is read beside it: one's own collection may have to be made by it."""
        return self._db.begin() if name == PERSONAL else self._db.read()

    def find(self, tx: Stores, principal: Principal, name: str, *, counts: bool = False) -> Collection:
        """As `get`, within the caller's transaction."""
        if name == PERSONAL and principal.may(Permission.UPLOAD):
            self.ensure_personal(tx, principal)
        return tx.collections.find(principal, name, counts=counts)

    def ensure_personal(self, tx: Stores, principal: Principal) -> None:
        if principal.user_id is not None:
            name, fingerprint = personal_name(principal.user_id), self._fingerprints.current()
            tx.collections.ensure(
                name, "My documents", CollectionKind.PERSONAL, fingerprint, owner_id=principal.user_id
            )

    def create(
        self, principal: Principal, name: str, title: str, kind: CollectionKind, readers: Sequence[Role] = STAFF
    ) -> Collection:
        """A new shared collection, empty. `BadInput` for a name or title that cannot be, `Conflict` for one that is."""
        _may_manage(principal)
        title = " ".join(title.split())
        _check(name, title, kind)
        with self._db.begin() as tx:
            if not tx.collections.ensure(name, title, kind, self._fingerprints.current(), readers=tuple(set(readers))):
                raise Conflict("A collection named %(name)s exists already. Choose another name.", name=name)
            tx.audit.write(principal, "collection.create", "collection", name, title=title, kind=kind.value)
            return tx.collections.find(principal, name, counts=True)

    def rename(self, principal: Principal, name: str, title: str) -> Collection:
        """Another title; the name is the collection's address and stays. `BadInput` for a personal collection, or a
        title that cannot be."""
        _may_manage(principal)
        title = " ".join(title.split())
        _check_title(title)
        with self._db.begin() as tx:
            found = tx.collections.find(principal, name)
            if found.kind is CollectionKind.PERSONAL:
                raise BadInput("A personal collection keeps its name.")
            if found.title != title:
                tx.collections.rename(found.id, title)
                tx.audit.write(principal, "collection.rename", "collection", name, title=[found.title, title])
            return tx.collections.find(principal, name, counts=True)


def _may_manage(principal: Principal) -> None:
    if not principal.may(Permission.CORPORA_MANAGE):
        raise Forbidden


def _check(name: str, title: str, kind: CollectionKind) -> None:
    if not _NAME.fullmatch(name) or name.startswith(PERSONAL):
        raise BadInput(
            "The name of a collection has 2 to 63 small letters, digits and hyphens, "
            "and does not start with my-documents."
        )
    _check_title(title)
    if kind is CollectionKind.PERSONAL:
        raise BadInput("A personal collection belongs to a person and cannot be created. Choose another kind.")


def _check_title(title: str) -> None:
    if not 0 < len(title) <= LONGEST_TITLE:
        raise BadInput("Give the collection a title of at most %(limit)s characters.", limit=LONGEST_TITLE)
