"""Runs of golden sets and what came of each question in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, Select, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.corpora import CollectionVersion, JobRun
from core.entities.evaluation import Evaluation, Hit, Interval, Measures, Outcome, RetrievalSettings
from core.entities.people import Principal
from data.access import readable_documents
from data.tables.corpora import chunks, collections, documents, job_runs
from data.tables.evaluation import evaluation_outcomes, evaluations
from data.tables.people import users

_INTERVALS = ("recall_1", "recall_5", "recall_10", "mrr_10", "ndcg_10")
_JOB = ("id", "kind", "status", "done", "total", "result", "error", "created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class NewEvaluation:
    version: CollectionVersion
    settings: RetrievalSettings
    job_id: UUID
    purpose: Literal["measure", "apply", "gate"] = "measure"
    baseline_id: UUID | None = None


def _query() -> Select[Any]:
    of_job = [job_runs.c[name].label(f"run_{name}") for name in _JOB]
    joined = evaluations.join(job_runs, job_runs.c.id == evaluations.c.job_id)
    author = users.c.name.label("author")
    return select(evaluations, *of_job, author).select_from(
        joined.join(users, users.c.id == job_runs.c.created_by, isouter=True)
    )


def _evaluation(row: Row[Any]) -> Evaluation:
    return Evaluation(
        id=row.id,
        collection_id=row.collection_id,
        version_id=row.version_id,
        version=row.version,
        settings=RetrievalSettings.read(row.settings),
        purpose=row.purpose,
        baseline_id=row.baseline_id,
        measures={language: _measures(values) for language, values in row.measures.items()},
        job=JobRun(**{name: row._mapping[f"run_{name}"] for name in _JOB}),
        author=row.author or "",
        note=row.note,
    )


def _measures(values: Mapping[str, Any]) -> Measures:
    return Measures(**{**values, **{name: Interval(**values[name]) for name in _INTERVALS}})


def _outcome(row: Row[Any]) -> Outcome:
    return Outcome(
        question_id=row.question_id,
        language=row.language,
        rank=row.rank,
        evidence=row.evidence,
        answerable=row.answerable,
        took_ms=row.took_ms,
        hits=tuple(Hit(UUID(chunk), UUID(document), expected) for chunk, document, expected in row.hits),
    )


class Evaluations:
    """For callers that have decided who may see the collection; `texts` asks the permission function."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- runs -------------------------------------------------------------------------------------------------------

    def add(self, new: NewEvaluation) -> UUID:
        row = {
            "collection_id": new.version.collection_id, "version_id": new.version.id, "version": new.version.number,
            "settings": asdict(new.settings), "purpose": new.purpose, "baseline_id": new.baseline_id,
            "job_id": new.job_id,
        }  # fmt: skip
        made: UUID = self._connection.execute(insert(evaluations).values(row).returning(evaluations.c.id)).scalar_one()
        return made

    def of_collection(self, collection_id: UUID, *, limit: int) -> list[Evaluation]:
        """Newest first."""
        query = _query().where(evaluations.c.collection_id == collection_id)
        newest = evaluations.c.created_at.desc(), evaluations.c.baseline_id.is_(None), evaluations.c.id
        rows = self._connection.execute(query.order_by(*newest).limit(limit))
        return [_evaluation(row) for row in rows]

    def of_job(self, job_id: UUID) -> list[Evaluation]:
        """What one job measures, first what the other is compared with."""
        query = _query().where(evaluations.c.job_id == job_id).order_by(evaluations.c.baseline_id.is_not(None))
        return [_evaluation(row) for row in self._connection.execute(query)]

    def get(self, evaluation_id: UUID) -> Evaluation | None:
        row = self._connection.execute(_query().where(evaluations.c.id == evaluation_id)).one_or_none()
        return _evaluation(row) if row else None

    def finish(self, evaluation_id: UUID, measures: Mapping[str, Measures], note: str = "") -> None:
        values = {"measures": {language: asdict(one) for language, one in measures.items()}, "note": note}
        self._connection.execute(update(evaluations).where(evaluations.c.id == evaluation_id).values(values))

    def remove(self, evaluation_id: UUID) -> None:
        self._connection.execute(delete(evaluations).where(evaluations.c.id == evaluation_id))

    # --- outcomes ---------------------------------------------------------------------------------------------------

    def keep(self, evaluation_id: UUID, outcomes: Sequence[Outcome]) -> None:
        """Again the same question: the first outcome stays."""
        rows = [
            {
                "evaluation_id": evaluation_id, "question_id": one.question_id, "language": one.language,
                "rank": one.rank, "evidence": one.evidence, "answerable": one.answerable, "took_ms": one.took_ms,
                "hits": [(str(hit.chunk_id), str(hit.document_id), hit.expected) for hit in one.hits],
            }
            for one in outcomes
        ]  # fmt: skip
        if rows:
            self._connection.execute(upsert(evaluation_outcomes).on_conflict_do_nothing(), rows)

    def outcomes(self, evaluation_id: UUID) -> list[Outcome]:
        query = select(evaluation_outcomes).where(evaluation_outcomes.c.evaluation_id == evaluation_id)
        return [_outcome(row) for row in self._connection.execute(query)]

    def filenames(self, collection_id: UUID) -> dict[UUID, str]:
        """Of every document of the collection, by id."""
        query = select(documents.c.id, documents.c.filename).where(documents.c.collection_id == collection_id)
        return {row.id: row.filename for row in self._connection.execute(query)}

    def names(self, collection_id: UUID) -> set[str]:
        """Titles and file names of the documents of the collection that can be found."""
        ready = documents.c.collection_id == collection_id, documents.c.stage == "ready"
        rows = self._connection.execute(select(documents.c.title, documents.c.filename).where(*ready))
        return {name for row in rows for name in row}

    def texts(self, principal: Principal, ids: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
        """(document title, text) of those chunks, of any version, that `principal` may read."""
        joined = chunks.join(documents, documents.c.id == chunks.c.document_id)
        joined = joined.join(collections, collections.c.id == documents.c.collection_id)
        query = select(chunks.c.id, documents.c.title, chunks.c.text).select_from(joined)
        rows = self._connection.execute(query.where(chunks.c.id.in_(list(ids)), readable_documents(principal)))
        return {row.id: (row.title, row.text) for row in rows}
