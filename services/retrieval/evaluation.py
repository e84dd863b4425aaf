"""Runs of golden sets: durable jobs against any version and any settings, compared question by question."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from core.entities.corpora import Collection, CollectionVersion
from core.entities.evaluation import Change, Comparison, Evaluation, GoldenQuestion, Outcome, RetrievalSettings, Shown
from core.entities.people import Principal
from core.errors import BadInput, Conflict, Forbidden, NichewiseError, NotFound, Unavailable
from core.roles import Permission
from data.database import Database
from data.stores.evaluations import NewEvaluation
from data.transaction import Stores
from rag.metrics import p_value, reciprocal
from services.corpora.collections import Collections
from services.files.batching import Stopped
from services.retrieval.measuring import Measuring
from services.retrieval.rules import checked

KIND = "evaluate"
MOST_LISTED = 50
UNEXPECTED = "The golden set could not be measured. Tell an administrator this reference: %(reference)s."
MOST_LOSS = 0.01  # of MRR@10, that settings may cost and are saved all the same: as much comes and goes by chance
SAVED = "Saved: on the golden set MRR@10 changed by %(difference)s."
NOT_SAVED = "Not saved: on the golden set MRR@10 would change by %(difference)s."
_log = logging.getLogger(__name__)


class _Cancelled(Exception):
    """Somebody ended the run."""


class EvaluationRuns:
    """Those who look after corpora read the runs; administrators start and end them."""

    def __init__(self, db: Database, collections: Collections, measuring: Measuring) -> None:
        self._db, self._collections, self._measuring = db, collections, measuring
        self._stopping = False

    def start(
        self,
        principal: Principal,
        collection: str,
        version: int | None = None,
        settings: RetrievalSettings | None = None,
        *,
        apply: bool = False,
    ) -> UUID:
        """Starts a run of `version` (default: the active one) with `settings` (default: those of the collection for the
        version's model); its id.

        Where either differs from what is in use, what is in use is measured first in the same job, to compare with.
        `apply`: the settings become the collection's if they turn out no worse. `Conflict` while another run of the
        collection is going, `BadInput` without a question to ask.
        """
        with self._db.begin() as tx:
            corpus = self._find(tx, principal, collection, Permission.CORPORA_MANAGE)
            tx.collections.get(corpus.id, lock="update")  # of two at once, the second finds the run of the first
            in_use = tx.retrieval_settings.of(corpus.id)
            chosen = self._version(tx, corpus, version)
            wanted = checked(settings or tx.retrieval_settings.of(corpus.id, chosen.id))
            asked = self._askable(tx, corpus)
            differs = (chosen.id, wanted) != (corpus.version.id, in_use)
            facts = {"collection": corpus.name, "version": chosen.number}
            job = tx.jobs.start(KIND, principal.user_id, total=asked * (1 + differs), result=facts)
            baseline = tx.evaluations.add(NewEvaluation(corpus.version, in_use, job)) if differs else None
            new = NewEvaluation(chosen, wanted, job, "apply" if apply else "measure", baseline)
            made = tx.evaluations.add(new)
            tx.jobs.defer("evaluate", queue="text", lock=f"evaluate:{corpus.id}", run_id=job)
            tx.audit.write(principal, "evaluation.start", "collection", corpus.name, version=chosen.number, apply=apply)
        return made

    def runs(self, principal: Principal, collection: str) -> Sequence[Evaluation]:
        """The last 50, newest first."""
        with self._db.begin() as tx:
            corpus = self._find(tx, principal, collection)
            return tx.evaluations.of_collection(corpus.id, limit=MOST_LISTED)

    def get(self, principal: Principal, collection: str, evaluation_id: UUID) -> Evaluation:
        with self._db.begin() as tx:
            return self._run(tx, self._find(tx, principal, collection), evaluation_id)

    def cancel(self, principal: Principal, collection: str, evaluation_id: UUID) -> None:
        """After the questions that are being asked; twice is once. `Conflict` for one that a version waits for."""
        with self._db.begin() as tx:
            corpus = self._find(tx, principal, collection, Permission.CORPORA_MANAGE)
            run = self._run(tx, corpus, evaluation_id)
            if run.purpose == "gate" and tx.jobs.running_on_versions(corpus.id):
                raise Conflict("A version that is being built waits for this run. Cancel the building of that version.")
            if run.job.status in ("waiting", "running"):
                tx.jobs.update(run.job.id, status="cancelled")

    def remove(self, principal: Principal, collection: str, evaluation_id: UUID) -> None:
        """`Conflict` while it is going."""
        with self._db.begin() as tx:
            corpus = self._find(tx, principal, collection, Permission.CORPORA_MANAGE)
            if self._run(tx, corpus, evaluation_id).job.status in ("waiting", "running"):
                raise Conflict("This run is still going. Cancel it first.")
            tx.evaluations.remove(evaluation_id)
            tx.audit.write(principal, "evaluation.remove", "collection", corpus.name)

    def comparison(self, principal: Principal, collection: str, before: UUID, after: UUID) -> Comparison:
        """`after` against `before` over the questions that both asked, the worst losses first."""
        with self._db.begin() as tx:
            corpus = self._find(tx, principal, collection)
            runs = self._run(tx, corpus, before), self._run(tx, corpus, after)
            found = [{one.question_id: one for one in tx.evaluations.outcomes(run.id)} for run in runs]
            questions = {one.id: one for one in tx.golden.of_collection(corpus.id, ready=True)}
        if not all(run.done for run in runs):
            raise BadInput("Compare two runs that have ended.")
        both = [key for key in questions if key in found[0] and key in found[1]]
        changes = [_change(questions[key], found[0][key], found[1][key]) for key in both]
        return _compared(*runs, sorted(changes, key=lambda one: (-one.loss, one.question.question)))

    def rankings(self, principal: Principal, collection: str, outcomes: Sequence[Outcome]) -> list[list[Shown]]:
        """What each outcome ranked, with the texts that `principal` may read and that are still there."""
        with self._db.begin() as tx:
            self._find(tx, principal, collection)
            texts = tx.evaluations.texts(principal, {hit.chunk_id for one in outcomes for hit in one.hits})
        return [
            [Shown(n, *texts.get(hit.chunk_id, ("", "")), hit.expected) for n, hit in enumerate(one.hits, start=1)]
            for one in outcomes
        ]

    # --- in the worker ----------------------------------------------------------------------------------------------

    def run(self, job_id: UUID) -> None:
        """Measures what the job holds and is not measured yet. Ends quietly when it was cancelled or removed."""
        try:
            self._measure(job_id)
        except _Cancelled:
            return
        except (Stopped, Unavailable):
            raise
        except NichewiseError as error:
            self._end(job_id, "failed", error.message)
        except Exception:
            reference = secrets.token_hex(4)
            _log.exception("The evaluation %s failed (reference %s)", job_id, reference)
            self._end(job_id, "failed", UNEXPECTED % {"reference": reference})

    def stop(self) -> None:
        """Breaks off after the piece that is being asked; the next process goes on."""
        self._stopping = True

    def _measure(self, job_id: UUID) -> None:
        with self._db.begin() as tx:
            runs = tx.evaluations.of_job(job_id)
            versions = {run.id: tx.collections.version(run.version_id) for run in runs if run.version_id}
        for number, run in enumerate(runs):
            version = versions.get(run.id)
            if version is None:
                raise NotFound("This version is not there any more.")
            if not run.measures:
                before = run.job.total // len(runs) * number
                self._measuring.measure(run, version, partial(self._report, job_id, before))
        if runs and runs[-1].purpose == "apply":
            self._apply(runs[-1])
        self._end(job_id, "done")

    def _report(self, job_id: UUID, before: int, done: int) -> None:
        if self._stopping:
            raise Stopped
        with self._db.begin() as tx:
            if not tx.jobs.going(job_id):
                raise _Cancelled
            tx.jobs.update(job_id, status="running", done=before + done)

    def _apply(self, run: Evaluation) -> None:
        """Makes the settings the collection's, unless they are worse than what is in use."""
        with self._db.begin() as tx:
            after = tx.evaluations.get(run.id)
            before = tx.evaluations.get(run.baseline_id) if run.baseline_id else after
            if after is None or before is None or not (after.measures and before.measures):
                return
            difference = after.measures[""].mrr_10.mean - before.measures[""].mrr_10.mean
            good = difference >= -MOST_LOSS
            if good:
                corpus = tx.collections.get(run.collection_id, lock="share")
                tx.retrieval_settings.keep(run.collection_id, run.settings, run.version_id)
                tx.collections.touch_revision(run.collection_id)
                tx.audit.write("system", "retrieval.settings", "collection", corpus.name if corpus else "")
            note = (SAVED if good else NOT_SAVED) % {"difference": f"{difference:+.3f}"}
            tx.evaluations.finish(run.id, after.measures, note)

    def _end(self, job_id: UUID, status: str, error: str = "") -> None:
        with self._db.begin() as tx:
            if tx.jobs.going(job_id):
                tx.jobs.update(job_id, status=status, error=error)

    # --- inside a transaction ---------------------------------------------------------------------------------------

    def _find(
        self, tx: Stores, principal: Principal, collection: str, needed: Permission = Permission.CORPORA_READ
    ) -> Collection:
        if not principal.may(needed):
            raise Forbidden
        return self._collections.find(tx, principal, collection)

    def _version(self, tx: Stores, corpus: Collection, number: int | None) -> CollectionVersion:
        if number is None:
            return corpus.version
        for version in tx.collections.versions(corpus.id):
            if version.number == number and version.state != "failed":
                return version
        raise NotFound("This version is not there any more.")

    def _askable(self, tx: Stores, corpus: Collection) -> int:
        if any(run.job.status in ("waiting", "running") for run in tx.evaluations.of_collection(corpus.id, limit=5)):
            raise Conflict("A run of this collection is going already. Wait for it, or cancel it.")
        asked = tx.golden.count(corpus.id).total
        if not asked:
            raise BadInput("The golden set has no question yet. Import one, or add questions by hand.")
        return asked

    def _run(self, tx: Stores, corpus: Collection, evaluation_id: UUID) -> Evaluation:
        found = tx.evaluations.get(evaluation_id)
        if found is None or found.collection_id != corpus.id:
            raise NotFound
        return found


def _change(question: GoldenQuestion, before: Outcome, after: Outcome) -> Change:
    lost = reciprocal([before.rank]) - reciprocal([after.rank])
    return Change(question, before, after, float(lost[0]))


def _compared(before: Evaluation, after: Evaluation, changes: Sequence[Change]) -> Comparison:
    pairs = [reciprocal([getattr(one, side).rank for one in changes]) for side in ("before", "after")]
    return Comparison(
        before=before,
        after=after,
        changes=tuple(changes),
        better=sum(one.loss < 0 for one in changes),
        worse=sum(one.loss > 0 for one in changes),
        same=sum(one.loss == 0 for one in changes),
        difference=float((pairs[1] - pairs[0]).mean()) if changes else 0.0,
        p_value=p_value(*pairs),
    )
