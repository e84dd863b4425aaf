"""What one person may read of one collection version, decided in SQL at the moment it is asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from core.entities.corpora import CollectionVersion
from core.entities.people import Principal
from core.entities.retrieval import Passage
from data.database import Database
from data.stores.passages import Scope
from data.stores.vectors import Vector


@dataclass(frozen=True, slots=True)
class Readable:
    """Ready documents that `principal` may read, that have all of `tags`, and are `among` these where any are named.
    Each call is a look of its own, so that no connection is held while a model works."""

    db: Database
    version: CollectionVersion
    principal: Principal
    tags: tuple[str, ...] = ()
    among: tuple[UUID, ...] = ()

    @property
    def _scope(self) -> Scope:
        return Scope(self.version.id, self.principal, self.tags, self.among)

    def all(self, below: int) -> list[UUID] | None:
        """Every readable chunk, None if there are `below` or more."""
        with self.db.read() as tx:
            return tx.passages.all_ids(self._scope, below=below)

    def permitted(self, ids: Collection[UUID]) -> set[UUID]:
        with self.db.read() as tx:
            return tx.passages.permitted(self._scope, ids)

    def passages(self, ids: Collection[UUID]) -> dict[UUID, Passage]:
        """The texts of those of `ids` that are readable now."""
        with self.db.read() as tx:
            return tx.passages.read(self._scope, ids)

    def vectors(self, ids: Collection[UUID]) -> dict[UUID, Vector]:
        with self.db.read() as tx:
            return tx.vectors.of_chunks(ids)
