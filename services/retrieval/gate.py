"""The gate before a publish: whether a version reaches what its collection asks of the golden set."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from core.entities.corpora import CollectionVersion
from core.entities.evaluation import Evaluation, GateRule, Verdict
from core.entities.people import Principal
from core.entities.versions import GoldenOutcome
from core.errors import Forbidden, Unavailable
from core.roles import Permission
from data.database import Database
from data.stores.evaluations import NewEvaluation
from services.corpora.collections import Collections
from services.files.batching import Stopped
from services.retrieval.measuring import Measuring
from services.retrieval.rules import checked_rule

NO_QUESTIONS = "The golden set is empty, so nothing was measured."
TOO_LOW = "Recall@5 on the golden set is %(recall)s; at least %(least)s is asked for."
WORSE = "Recall@5 on the golden set is %(recall)s, the active version has %(active)s; at most %(loss)s less is allowed."
PASSED = "Recall@5 on the golden set is %(recall)s."
_LOOKED_AT = 20  # of the newest runs, for those that were broken off


class Gate:
    def __init__(self, db: Database, collections: Collections, measuring: Measuring) -> None:
        self._db, self._collections, self._measuring = db, collections, measuring

    def rule(self, principal: Principal, collection: str) -> GateRule:
        if not principal.may(Permission.CORPORA_READ):
            raise Forbidden
        with self._db.begin() as tx:
            return tx.retrieval_settings.rule(self._collections.find(tx, principal, collection).id)

    def set_rule(self, principal: Principal, collection: str, rule: GateRule) -> None:
        if not principal.may(Permission.CORPORA_MANAGE):
            raise Forbidden
        with self._db.begin() as tx:
            corpus = self._collections.find(tx, principal, collection)
            tx.retrieval_settings.keep_rule(corpus.id, checked_rule(rule))
            tx.audit.write(
                principal, "evaluation.gate", "collection", corpus.name,
                least_recall=rule.least_recall, most_loss=rule.most_loss,
            )  # fmt: skip

    def judge(self, version: CollectionVersion, check: Callable[[], None] = lambda: None) -> Verdict:
        """Measures `version` and the active one, now and on this thread: 10 ms per question and version. Hold no
        transaction meanwhile. Both runs are kept among the collection's; what a process that ended has measured is not
        measured again. Without a rule every version passes, without a golden set nothing is measured. `check` may raise
        to end it."""
        with self._db.begin() as tx:
            rule, count = tx.retrieval_settings.rule(version.collection_id), tx.golden.count(version.collection_id)
            corpus = tx.collections.get(version.collection_id)
        if not count.total or corpus is None:
            return Verdict(True, NO_QUESTIONS)
        left = self._left(version.collection_id)
        run, active, baseline = left.get(version.id), None, None
        if corpus.version.id != version.id:
            old = self._before(run) or left.get(corpus.version.id) or self._started(corpus.version, None, count.total)
            active, baseline = self._recall(old, corpus.version, check), old.id
        recall = self._recall(run or self._started(version, baseline, count.total), version, check)
        return _verdict(rule, recall, active, count.total)

    def outcome(self, version_id: UUID, check: Callable[[], None] = lambda: None) -> GoldenOutcome | None:
        """As `judge`, for the report of a version that is being checked; None where there is no golden set."""
        with self._db.begin() as tx:
            version = tx.collections.version(version_id)
        verdict = self.judge(version, check) if version else None
        if verdict is None or verdict.recall is None:
            return None
        figures = {"recall@5": verdict.recall}
        if verdict.active_recall is not None:
            figures["recall@5, active version"] = verdict.active_recall
        return GoldenOutcome(verdict.passed, verdict.questions, figures, verdict.reason % verdict.values)

    def _left(self, collection_id: UUID) -> dict[UUID | None, Evaluation]:
        """Runs of the gate by version that a process which ended has left: one version of a collection is checked at a
        time."""
        with self._db.begin() as tx:
            newest = tx.evaluations.of_collection(collection_id, limit=_LOOKED_AT)
            return {
                run.version_id: run
                for run in newest
                if run.purpose == "gate" and run.job.status == "running" and run.version_id
                and run.settings == tx.retrieval_settings.of(collection_id, run.version_id)
            }  # fmt: skip

    def _before(self, run: Evaluation | None) -> Evaluation | None:
        """What a run that was left is compared with."""
        if run is None or run.baseline_id is None:
            return None
        with self._db.begin() as tx:
            return tx.evaluations.get(run.baseline_id)

    def _recall(self, run: Evaluation, version: CollectionVersion, check: Callable[[], None]) -> float:
        try:
            self._measuring.measure(run, version, partial(self._report, run, check))
        except (Stopped, Unavailable):  # whoever takes the job up goes on with this run
            raise
        except BaseException:
            self._end(run, "cancelled")
            raise
        self._end(run, "done")
        with self._db.begin() as tx:
            measured = tx.evaluations.get(run.id)
        return measured.measures[""].recall_5.mean if measured and measured.measures else 0.0

    def _report(self, run: Evaluation, check: Callable[[], None], done: int) -> None:
        check()
        with self._db.begin() as tx:
            tx.jobs.update(run.job.id, done=done)

    def _started(self, version: CollectionVersion, baseline: UUID | None, questions: int) -> Evaluation:
        with self._db.begin() as tx:
            settings = tx.retrieval_settings.of(version.collection_id, version.id)
            job = tx.jobs.start("evaluate", total=questions, result={"version": version.number})
            tx.jobs.update(job, status="running")
            made = tx.evaluations.add(NewEvaluation(version, settings, job, "gate", baseline))
            run = tx.evaluations.get(made)
        assert run is not None  # noqa: S101 - it was made in this transaction
        return run

    def _end(self, run: Evaluation, status: str) -> None:
        with self._db.begin() as tx:
            tx.jobs.update(run.job.id, status=status)


def _verdict(rule: GateRule, recall: float, active: float | None, questions: int) -> Verdict:
    values = {"recall": f"{recall:.3f}"}
    if rule.least_recall is not None and recall < rule.least_recall:
        values["least"] = f"{rule.least_recall:.3f}"
        return Verdict(False, TOO_LOW, values, recall, active, questions)
    if rule.most_loss is not None and active is not None and recall < active - rule.most_loss:
        values |= {"active": f"{active:.3f}", "loss": f"{rule.most_loss:.3f}"}
        return Verdict(False, WORSE, values, recall, active, questions)
    return Verdict(True, PASSED, values, recall, active, questions)
