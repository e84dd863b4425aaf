"""What has run out is taken away once a night."""

from __future__ import annotations

from datetime import timedelta

from data.database import Database
from services.chat.conversations import KEPT_IN_TRASH

_WINDOWS = timedelta(days=1)
_FAILURES = timedelta(days=30)
_EXPERIMENTS = timedelta(days=30)
_SOURCE_RUNS = timedelta(days=90)
_KEPT_ANSWERS, _MOST_KEPT_ANSWERS = timedelta(days=30), 10_000


class Upkeep:
    def __init__(self, db: Database) -> None:
        self._db = db

    def prune(self) -> int:
        """Deletes expired sessions, tickets, resets, codes, rate windows and sign-in failures, comparisons that nobody
        saved, old runs of sources, answers kept for the same question, and conversations that lay in the trash long
        enough; returns how many rows."""
        with self._db.begin() as tx:
            return (
                tx.sessions.prune()
                + tx.resets.prune()
                + tx.codes.prune()
                + tx.rates.prune(older=_WINDOWS)
                + tx.failures.prune(older=_FAILURES)
                + tx.experiments.prune(_EXPERIMENTS)
                + tx.source_runs.prune(_SOURCE_RUNS)
                + tx.conversations.prune(KEPT_IN_TRASH)
                + tx.kept_answers.prune(most=_MOST_KEPT_ANSWERS, older=_KEPT_ANSWERS)
            )
