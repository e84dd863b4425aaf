"""Weights and threshold for a collection, found on its golden set: a grid over what the legs found once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from uuid import UUID

import numpy as np

from core.entities.evaluation import GoldenQuestion, RetrievalSettings, Tuned
from core.entities.people import Principal
from core.errors import BadInput, Forbidden
from core.roles import Permission, Role
from data.database import Database
from rag.expected import Expected
from rag.fusion import Ranks, fuse, order, ranks
from rag.legs import Query
from rag.metrics import DEPTH, reciprocal
from rag.readable import Readable
from rag.retrieval import Retriever
from services.corpora.collections import Collections
from services.retrieval.search import Search

SHARES = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)  # of the vector leg
RANK_CONSTANTS = (5, 10, 20, 60)
MOST_ASKED = 400  # questions, drawn with a seed: four seconds
FALSE_REFUSALS = 0.1  # share of answerable questions that the threshold may refuse
_SEED = 7
_FEWEST = 10

Point = tuple[float, int]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one question's legs found, and which of it is expected."""

    lexical: Ranks
    vector: Ranks | None
    expected: frozenset[UUID]
    evidence: float

    def rank(self, settings: RetrievalSettings) -> int | None:
        best = order(fuse(self.lexical, self.vector, settings), self.lexical)[:DEPTH]
        return next((n for n, key in enumerate(best, start=1) if key in self.expected), None)


class Tuning:
    def __init__(self, db: Database, collections: Collections, search: Search, retriever: Retriever) -> None:
        self._db, self._collections, self._search, self._retriever = db, collections, search, retriever

    def tune(self, principal: Principal, collection: str) -> Tuned:
        """The best weights of a small grid by MRR@10, and the threshold that refuses one in ten of the questions whose
        passage is found; nothing is saved. Each leg alone is in the grid, so the best is never worse than either.

        `BadInput` for a golden set of fewer than 10 questions.
        """
        if not principal.may(Permission.CORPORA_MANAGE):
            raise Forbidden
        with self._db.begin() as tx:
            corpus = self._collections.find(tx, principal, collection)
            questions = tx.golden.of_collection(corpus.id, ready=True)
            filenames = tx.evaluations.filenames(corpus.id)
        if len(questions) < _FEWEST:
            raise BadInput("Weights are found on %(fewest)s golden questions at least.", fewest=_FEWEST)
        version, in_use = self._search.prepared(principal, collection, questions[0].question, DEPTH)
        everything = Readable(self._db, version, Principal(Role.ADMIN, user_id=corpus.owner_id))
        asked = [self._ask(one, everything, in_use, filenames) for one in _drawn(questions)]
        return tuned(asked, in_use)

    def _ask(
        self,
        golden: GoldenQuestion,
        everything: Readable,
        settings: RetrievalSettings,
        filenames: Mapping[UUID, str],
    ) -> _Asked:
        query = Query(golden.question, DEPTH, everything)
        found = self._search.healed(query.version, lambda: self._retriever.legs(query))
        ranking = self._retriever.rank(query, found, settings)
        judged = self._retriever.judged(query, found, ranking, settings)
        near = [key for key, _ in (*found.lexical[: 2 * DEPTH], *(found.vector or [])[: 2 * DEPTH])]
        texts, expected = everything.passages(near), Expected(golden)
        meets = {key for key, one in texts.items() if expected.is_met(one, filenames.get(one.document_id, ""))}
        vector = None if found.vector is None else ranks(found.vector)
        return _Asked(ranks(found.lexical), vector, frozenset(meets), judged.evidence)


def tuned(asked: Sequence[_Asked], in_use: RetrievalSettings) -> Tuned:
    """Where several points are equal, the one nearest to equal weights."""
    points = {point: _settings(in_use, point) for point in product(SHARES, RANK_CONSTANTS)}
    gains = {point: reciprocal([one.rank(settings) for one in asked]) for point, settings in points.items()}
    grid = {point: float(gain.mean()) for point, gain in gains.items()}
    best = _best(grid)
    odd, even = (np.arange(len(asked)) % 2 == half for half in (0, 1))
    held_out = [
        float(gains[_best({point: float(gain[one].mean()) for point, gain in gains.items()})][other].mean())
        for one, other in ((odd, even), (even, odd))
    ]
    now = reciprocal([one.rank(in_use) for one in asked])
    spoken = any(one.vector is not None for one in asked)
    return Tuned(
        settings=replace(points[best], threshold=_threshold(asked, points[best])),
        questions=len(asked),
        mrr=grid[best],
        now=float(now.mean()),
        lexical=max(grid[0.0, constant] for constant in RANK_CONSTANTS),
        vector=max(grid[1.0, constant] for constant in RANK_CONSTANTS) if spoken else None,
        held_out=float(np.mean(held_out)),
        grid=grid,
    )


def _drawn(questions: Sequence[GoldenQuestion]) -> list[GoldenQuestion]:
    if len(questions) <= MOST_ASKED:
        return list(questions)
    in_order = sorted(questions, key=lambda one: one.id)
    chosen = np.random.default_rng(_SEED).choice(len(in_order), MOST_ASKED, replace=False)
    return [in_order[place] for place in sorted(chosen)]


def _settings(in_use: RetrievalSettings, point: Point) -> RetrievalSettings:
    share, constant = point
    return replace(in_use, lexical_weight=round(1 - share, 2), vector_weight=share, rank_constant=constant)


def _best(grid: Mapping[Point, float]) -> Point:
    return max(grid, key=lambda point: (round(grid[point], 6), -abs(point[0] - 0.5), -abs(point[1] - 10)))


def _threshold(asked: Sequence[_Asked], settings: RetrievalSettings) -> float:
    found = [one.evidence for one in asked if one.rank(settings)]
    return round(float(np.quantile(found, FALSE_REFUSALS)), 2) if found else settings.threshold
