"""Takes away what versions leave behind: those that were kept long enough, and the log that everybody has applied."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from core.settings import Settings
from data.database import Database
from services.corpora.reindexing import Reindexing

_FOLLOWER_GONE = timedelta(days=2)  # a process that was not seen for so long reads the chunks again when it returns
_RECONCILIATIONS = timedelta(days=90)


class Retirement:
    def __init__(self, db: Database, settings: Settings, reindexing: Reindexing) -> None:
        self._db = db
        self._kept = timedelta(days=settings.keep_versions_days)
        self._reindexing = reindexing

    def nightly(self) -> int:
        """Removes versions that are no longer kept, from both indexes, SQL and the disk; returns how many."""
        with self._db.begin() as tx:
            outlived = tx.versions.outlived(self._kept)
            tx.soundness.prune(_RECONCILIATIONS)
        for version_id in outlived:
            self.remove(version_id)
        self.prune_log()
        return len(outlived)

    def remove(self, version_id: UUID, *, keep_row: bool = False) -> None:
        """Removes a version that nobody is answered from; `keep_row` leaves its row with the report."""
        with self._db.begin() as tx:
            version = tx.collections.version(version_id)
        if version is not None and version.state in ("retired", "failed"):
            self._reindexing.drop(version, keep_row=keep_row)

    def prune_log(self) -> int:
        """Deletes the changes that the lexical index of every process has applied; returns how many."""
        with self._db.begin() as tx:
            versions = tx.collections.all_versions()
        pruned = 0
        for version in versions:
            with self._db.begin() as tx:
                pruned += tx.changes.prune(version.id, _FOLLOWER_GONE)
        return pruned
