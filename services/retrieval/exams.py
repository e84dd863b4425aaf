"""Golden questions put to a model: which ones, with which passages, and how many it answers right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np

from core.entities.evaluation import GoldenQuestion
from core.entities.people import Principal
from core.entities.playground import Attempt, Experiment
from core.errors import BadInput
from data.database import Database
from data.transaction import Stores
from rag.expected import Expected, contains, words
from services.corpora.collections import Collections
from services.playground.experiments import Playground
from services.playground.trials import Task

MOST_ASKED = 20
_SEED = 7


@dataclass(frozen=True, slots=True)
class Exam:
    """Questions and the tasks made of them. An answer is right when it contains the question's short answer, word for
    word; where the golden set knows none, when it cites a passage that is expected."""

    questions: tuple[GoldenQuestion, ...] = ()
    tasks: tuple[Task, ...] = ()
    filenames: Mapping[UUID, str] | None = None

    def score(self, answers: Sequence[Attempt]) -> float | None:
        """The share that is right; an answer that failed is wrong. None without questions."""
        if not self.questions:
            return None
        right = sum(map(self._is_right, self.questions, self.tasks, answers))
        return right / len(self.questions)

    def _is_right(self, golden: GoldenQuestion, task: Task, answer: Attempt) -> bool:
        if answer.status != "done":
            return False
        if golden.answer:
            return contains(answer.text, words(golden.answer))
        passages = task.retrieval.passages if task.retrieval else ()
        cited = [passages[n - 1] for n in answer.cited if 0 < n <= len(passages)]
        names, expected = self.filenames or {}, Expected(golden)
        return any(expected.is_met(one, names.get(one.document_id, "")) for one in cited)


class Exams:
    def __init__(self, db: Database, collections: Collections, playground: Playground) -> None:
        self._db, self._collections, self._playground = db, collections, playground

    def drawn(self, tx: Stores, principal: Principal, collection: str, count: int) -> list[str]:
        """Ids of `count` questions of the collection's golden set, or of all there are: the same for everybody."""
        if not 0 <= count <= MOST_ASKED:
            raise BadInput("Ask up to %(most)s golden questions at each point.", most=MOST_ASKED)
        if not count:
            return []
        corpus = self._collections.find(tx, principal, collection) if collection else None
        ready = tx.golden.of_collection(corpus.id, ready=True) if corpus else []
        if not ready:
            raise BadInput("The collection of this experiment has no golden set.")
        ids = sorted(str(one.id) for one in ready)
        places = np.random.default_rng(_SEED).permutation(len(ids))[:count]
        return [ids[place] for place in sorted(places)]

    def exam(self, principal: Principal, experiment: Experiment, ids: Sequence[str]) -> Exam:
        """The questions that are still there, each with the passages that all points are given for it."""
        if not ids:
            return Exam()
        with self._db.begin() as tx:
            corpus = self._collections.find(tx, principal, experiment.collection)
            found = [tx.golden.find(corpus.id, UUID(one)) for one in ids]
            filenames = tx.evaluations.filenames(corpus.id)
        questions = tuple(one for one in found if one is not None)
        tasks = (self._playground.task(principal, replace(experiment, question=one.question))[0] for one in questions)
        return Exam(questions, tuple(tasks), filenames)
