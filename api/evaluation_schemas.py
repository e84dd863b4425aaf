"""What the API reads and writes about golden sets, their runs and what retrieval is set to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.inputs import Input, Short, example
from core.entities.evaluation import Comparison, Evaluation, GoldenQuestion, NewGolden, RetrievalSettings

Question = Annotated[str, Field(max_length=4_000)]
Passage = Annotated[str, Field(max_length=20_000)]


class GoldenIn(Input):
    """A question and what should be found for it: a document by its title or file name, a passage's text, or both."""

    model_config = example(question="How much is the rent?", document="report.pdf")

    question: Question
    document: Short = ""
    passage: Passage = ""
    answer: Annotated[str, Field(max_length=2_000)] = ""
    language: Annotated[str, Field(max_length=8)] = ""

    def entity(self) -> NewGolden:
        return NewGolden(
            self.question.strip(), self.document.strip(), self.passage.strip(), self.answer.strip(), self.language
        )


class GoldenOut(BaseModel):
    id: UUID
    question: str
    document: str
    passage: str
    answer: str
    language: str
    origin: str
    open: bool = Field(description="Nothing is expected yet: no run counts it.")
    created_at: datetime

    @classmethod
    def of(cls, one: GoldenQuestion) -> GoldenOut:
        return cls(
            id=one.id,
            question=one.question,
            document=one.document,
            passage=one.passage,
            answer=one.answer,
            language=one.language,
            origin=one.origin,
            open=one.open,
            created_at=one.created_at,
        )


class ImportedOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    added: int
    known: int = Field(description="Were there already, and were left alone.")
    open: int = Field(description="Of those that were added, how many lack what is expected.")


class SettingsModel(Input):
    model_config = ConfigDict(extra="forbid", from_attributes=True)

    lexical_weight: float = 1.0
    vector_weight: float = 1.0
    rank_constant: int = 10
    threshold: float = 0.5
    collapse: bool = True
    merge: bool = True
    context_tokens: int = 4_000
    rerank: bool = False

    def entity(self) -> RetrievalSettings:
        return RetrievalSettings(**self.model_dump())


class EvaluationIn(Input):
    model_config = example()

    version: Annotated[int, Field(ge=1, le=10**9)] | None = Field(default=None, description="Default: the active one.")
    settings: SettingsModel | None = Field(default=None, description="Default: what the collection is set to.")
    apply: bool = Field(default=False, description="Make the settings the collection's if they are no worse.")


class EvaluationStartedOut(BaseModel):
    evaluation_id: UUID
    job_id: UUID


class IntervalOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    mean: float
    low: float
    high: float


class MeasuresOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    questions: int
    recall_1: IntervalOut
    recall_5: IntervalOut
    recall_10: IntervalOut
    mrr_10: IntervalOut
    ndcg_10: IntervalOut
    answered: float
    p50_ms: float
    p95_ms: float


class EvaluationOut(BaseModel):
    id: UUID
    version: int
    purpose: Literal["measure", "apply", "gate"]
    status: Literal["waiting", "running", "done", "failed", "cancelled"]
    done: int
    total: int
    error: str
    note: str
    settings: SettingsModel
    baseline_id: UUID | None
    measures: Mapping[str, MeasuresOut] = Field(description='By language; "all" is all of them.')
    created_at: datetime

    @classmethod
    def of(cls, run: Evaluation) -> EvaluationOut:
        return cls(
            id=run.id,
            version=run.version,
            purpose=run.purpose,
            status=run.job.status,
            done=run.job.done,
            total=run.job.total,
            error=run.job.error,
            note=run.note,
            settings=SettingsModel.model_validate(run.settings),
            baseline_id=run.baseline_id,
            measures={name or "all": MeasuresOut.model_validate(one) for name, one in run.measures.items()},
            created_at=run.job.created_at,
        )


class ChangeOut(BaseModel):
    question_id: UUID
    question: str
    language: str
    before: int | None = Field(description="Rank of the expected passage, null if it is not among ten.")
    after: int | None
    loss: float = Field(description="Reciprocal rank that was lost; negative: gained.")


class ComparisonOut(BaseModel):
    before: EvaluationOut
    after: EvaluationOut
    better: int
    worse: int
    same: int
    difference: float = Field(description="Of MRR@10.")
    p_value: float = Field(description="Of the paired randomisation test.")
    changes: list[ChangeOut] = Field(description="The questions whose rank changed, worst losses first.")

    @classmethod
    def of(cls, found: Comparison) -> ComparisonOut:
        return cls(
            before=EvaluationOut.of(found.before),
            after=EvaluationOut.of(found.after),
            better=found.better,
            worse=found.worse,
            same=found.same,
            difference=found.difference,
            p_value=found.p_value,
            changes=[
                ChangeOut(
                    question_id=one.question.id,
                    question=one.question.question,
                    language=one.question.language,
                    before=one.before.rank,
                    after=one.after.rank,
                    loss=one.loss,
                )
                for one in found.changes
                if one.loss
            ],
        )
