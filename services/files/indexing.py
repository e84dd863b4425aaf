"""Keeps both indexes at what SQL says: the lexical one follows the log of changes; what is missing is built again."""

from __future__ import annotations

import logging
import threading
import time
from uuid import UUID

from core.entities.corpora import CollectionVersion
from data.database import Database
from rag.lexical import Damaged, Lexical
from rag.vectors import Vectors

log = logging.getLogger(__name__)

_CHANGES = 2_000  # per commit
_PAGE = 5_000  # chunks per commit of a rebuild
_TOLD_EVERY = 60.0  # seconds


class Indexing:
    def __init__(self, db: Database, vectors: Vectors, lexical: Lexical) -> None:
        self._db = db
        self._vectors = vectors
        self._lexical = lexical
        self._turns: dict[UUID, threading.Lock] = {}
        self._told: dict[UUID, tuple[int, float]] = {}  # the change that was told, and when

    def catch_up(self, version: CollectionVersion, until: int | None = None) -> None:
        """Applies the log to the lexical index up to `until` at least (None: all of it, as of now). A folder that is
        missing, broken, or ahead of the log is built again from the chunks."""
        if until is not None and self._reached(version) >= until:
            return
        with self._turn(version):
            try:
                self._follow(version)
            except Damaged as error:
                log.warning("The lexical index of version %s is built again: %s", version.id, error)
                self._rebuild(version)
                self._follow(version)

    def repair(self, version: CollectionVersion) -> None:
        """Drops the lexical index and builds it again: for one that failed while it was searched."""
        with self._turn(version):
            self._rebuild(version)
            self._follow(version)

    def restore_lexical(self) -> None:
        """Brings the lexical index of every version to the end of its log; those that are missing are built again."""
        for version in self._versions():
            self.catch_up(version)

    def restore_vectors(self) -> None:
        """Brings the Chroma collection of every version to the vectors in SQL, where they differ."""
        for version in self._versions():
            self._restore_vectors(version)

    def _versions(self) -> list[CollectionVersion]:
        with self._db.begin() as tx:
            return [version for version in tx.collections.all_versions() if version.state != "failed"]

    def _turn(self, version: CollectionVersion) -> threading.Lock:
        return self._turns.setdefault(version.id, threading.Lock())

    def _reached(self, version: CollectionVersion) -> int:
        try:
            return self._lexical.applied(version.vector_name)
        except Damaged:
            return -1

    def _follow(self, version: CollectionVersion) -> None:
        name = version.vector_name
        with self._db.begin() as tx:
            latest, start = tx.changes.latest(version.id), tx.changes.start(version.id)
        applied = self._lexical.applied(name)
        # New, missing, of another database, or further behind than the log goes back.
        if latest and (not applied or applied > latest or applied < start):
            self._rebuild(version)
            applied = self._lexical.applied(name)
        while applied < latest:
            with self._db.begin() as tx:
                changes = tx.changes.since(version.id, applied, _CHANGES)
            if not changes:
                break
            self._lexical.apply(name, changes)
            applied = changes[-1].seq
        self._tell(version, applied)

    def _tell(self, version: CollectionVersion, applied: int) -> None:
        """Lets the others know now and then how far this process is, so that the log can be pruned up to there."""
        told, at = self._told.get(version.id, (0, -_TOLD_EVERY))
        if applied == told or time.monotonic() - at < _TOLD_EVERY:
            return
        with self._db.begin() as tx:
            tx.changes.follow(version.id, self._lexical.follower, applied)
        self._told[version.id] = applied, time.monotonic()

    def _rebuild(self, version: CollectionVersion) -> None:
        """From the chunks as they are. What changes meanwhile is in the log after the `seq` that is noted last."""
        name = version.vector_name
        self._lexical.drop(name)
        with self._db.begin() as tx:
            latest = tx.changes.latest(version.id)
        after: UUID | None = None
        while True:
            with self._db.begin() as tx:
                page = tx.chunks.page(version.id, after, _PAGE)
            if not page:
                break
            self._lexical.apply(name, page, seq=0)
            after = page[-1].chunk_id
        if latest:
            self._lexical.apply(name, (), seq=latest)

    def _restore_vectors(self, version: CollectionVersion) -> None:
        name = version.vector_name
        there = self._vectors.ids(name)
        with self._db.begin() as tx:
            expected = tx.soundness.vector_ids(version.id)
        if there == expected:
            return
        log.warning("The vectors of version %s are written again from SQL (%s)", version.id, len(expected))
        after: UUID | None = None
        while True:
            with self._db.begin() as tx:
                page = tx.vectors.page(version.id, after, _PAGE)
            if not page:
                break
            written = self._vectors.present(name, page)
            self._vectors.upsert(name, {key: vector for key, vector in page.items() if key not in written})
            after = max(page)
        self._remove_orphans(version)

    def _remove_orphans(self, version: CollectionVersion) -> None:
        there = self._vectors.ids(version.vector_name)
        with self._db.begin() as tx:
            known = set(tx.vectors.of_chunks(there))
        self._vectors.delete(version.vector_name, there - known)
