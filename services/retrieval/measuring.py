"""Asks every golden question of one version with one kind of settings, and keeps what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from core.entities.corpora import CollectionVersion
from core.entities.evaluation import Evaluation, GoldenQuestion, Hit, Outcome, RetrievalSettings
from core.entities.people import Principal
from core.entities.retrieval import Retrieval
from core.roles import Role
from data.database import Database
from rag.expected import Expected
from rag.legs import Query
from rag.metrics import DEPTH, by_language
from rag.readable import Readable
from rag.retrieval import Retriever
from services.files.indexing import Indexing
from services.retrieval.golden import lost
from services.retrieval.search import Search

LOST = "Golden questions whose document is not in the collection: %(gone)s of %(all)s. They count as not found."
_PIECE = 25  # questions per transaction: a quarter of a second


class Measuring:
    """Sees every document of the collection, whoever started it: a run says how good retrieval is, not who reads what.
    What it keeps of a passage is its id."""

    def __init__(self, db: Database, indexing: Indexing, search: Search, retriever: Retriever) -> None:
        self._db, self._indexing, self._search, self._retriever = db, indexing, search, retriever

    def measure(self, evaluation: Evaluation, version: CollectionVersion, report: Callable[[int], None]) -> None:
        """Goes on where it was. `report` is told after each piece how many questions are done, and may raise to stop.

        Raises `FingerprintMismatch` for a version that the current embedding cannot search.
        """
        with self._db.begin() as tx:
            owner = tx.collections.get(version.collection_id)
            questions = tx.golden.of_collection(version.collection_id, ready=True)
            outcomes = tx.evaluations.outcomes(evaluation.id)
            filenames = tx.evaluations.filenames(version.collection_id)
        self._indexing.catch_up(version)
        everything = Readable(self._db, version, Principal(Role.ADMIN, user_id=owner.owner_id if owner else None))
        measured = {one.question_id for one in outcomes}
        lacking = [one for one in questions if one.id not in measured]
        for start in range(0, len(lacking), _PIECE):
            report(len(outcomes))
            piece = [
                self._ask(one, everything, evaluation.settings, filenames) for one in lacking[start : start + _PIECE]
            ]
            with self._db.begin() as tx:
                tx.evaluations.keep(evaluation.id, piece)
            outcomes += piece
        report(len(outcomes))
        with self._db.begin() as tx:
            gone = len(lost(tx, version.collection_id, questions))
            note = LOST % {"gone": gone, "all": len(questions)} if gone else ""
            tx.evaluations.finish(evaluation.id, by_language(outcomes), note)

    def _ask(
        self,
        golden: GoldenQuestion,
        everything: Readable,
        settings: RetrievalSettings,
        filenames: dict[UUID, str],
    ) -> Outcome:
        query = Query(golden.question, DEPTH, everything)
        found = self._search.healed(query.version, lambda: self._retriever.retrieve(query, settings))
        return outcome(golden, found, filenames)


def outcome(golden: GoldenQuestion, found: Retrieval, filenames: dict[UUID, str]) -> Outcome:
    expected = Expected(golden)
    hits = tuple(
        Hit(one.chunk_id, one.document_id, expected.is_met(one, filenames.get(one.document_id, "")))
        for one in found.passages
    )
    return Outcome(
        question_id=golden.id,
        language=golden.language,
        rank=first(hits),
        evidence=found.evidence,
        answerable=found.answerable,
        took_ms=found.took_ms,
        hits=hits,
    )


def first(hits: Sequence[Hit]) -> int | None:
    """The rank of the first expected one, from 1."""
    return next((rank for rank, hit in enumerate(hits, start=1) if hit.expected), None)
