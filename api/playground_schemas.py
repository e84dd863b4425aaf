"""What the API reads and writes about providers and comparisons."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.chat_schemas import UsageOut
from api.inputs import Input, Short, example
from core.entities.corpora import JobRun
from core.entities.messages import Action
from core.entities.playground import Attempt, Configuration, Experiment, ServerStatus, Source
from rag.providers import Params
from services.playground.comparisons import MOST_LANES, MOST_REPEATS, Comparison
from services.playground.sweeps import MOST_REPEATS as MOST_SWEPT


class ProviderOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    label: str
    configured: bool
    accepts: list[str] = Field(description="Parameters that it applies; others are reported as ignored.")
    default_model: str
    models: list[str]
    latency_ms: int | None
    error: str = Field(description="Why it cannot be used; empty when it answers.")

    @classmethod
    def of(cls, status: ServerStatus) -> ProviderOut:
        return cls.model_validate(status)


class ConfigurationIn(Input):
    provider: Short | None = None
    model: Short | None = None
    params: dict[str, Any] | None = None
    system: str = Field(default="", description="In place of the product's own instructions.")
    retrieval: bool = True

    def configuration(self) -> Configuration:
        params = Params.read(self.params or {}).given()
        return Configuration(self.provider or None, self.model or None, params, self.system, self.retrieval)


class CompareIn(Input):
    model_config = example(
        message="What does the report say about rent?",
        collection="documents",
        configurations=[{"provider": "extractive"}, {"provider": "extractive", "retrieval": False}],
    )

    lenient = frozenset({"message"})

    message: str
    configurations: list[ConfigurationIn] = Field(description=f"1 to {MOST_LANES}.")
    collection: Short | None = Field(default=None, description="Where all of them look; documents by default.")
    repeats: int = Field(default=1, description=f"1 to {MOST_REPEATS}.")

    def comparison(self) -> Comparison:
        chosen = [one.configuration() for one in self.configurations]
        searched = any(one.retrieval for one in chosen)
        return Comparison(self.message, chosen, (self.collection or "documents") if searched else "", self.repeats)


class AttemptOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    text: str
    status: str
    action: Action
    provider: str
    model: str
    first_ms: int | None = Field(description="Milliseconds to the first token.")
    took_ms: int
    usage: UsageOut
    cost: float | None = Field(description="In the currency of the administrators' prices.")
    applied: list[str]
    ignored: list[str]
    window: int | None = Field(description="Tokens of the context window that was used.")
    dropped: int = Field(description="Passages that did not fit it.")
    cited: list[int]
    replaced: bool = Field(description="The model cited no passage: `text` is quotes or a refusal in its place.")
    error: str

    @classmethod
    def of(cls, attempt: Attempt) -> AttemptOut:
        return cls.model_validate(attempt)


class PassageOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    n: int
    chunk_id: UUID
    document_id: UUID
    title: str
    page: int | None
    text: str
    score: float

    @classmethod
    def of(cls, source: Source) -> PassageOut:
        return cls.model_validate(source)


class ColumnOut(BaseModel):
    provider: str | None
    model: str | None
    params: dict[str, Any]
    system: str
    retrieval: bool
    attempts: list[AttemptOut]


class SweepIn(Input):
    model_config = example(column=0, temperatures=[0, 0.5, 1], top_ps=[0.9], repeats=2)

    column: int = Field(default=0, description="Counted from 0.")
    temperatures: list[float]
    top_ps: list[float]
    repeats: int = Field(default=2, description=f"1 to {MOST_SWEPT}.")
    golden: int = Field(default=0, description="Golden questions of the collection that are asked at each point too.")


class CellOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    temperature: float
    top_p: float
    attempts: list[AttemptOut] = Field(description="Empty until the point has been measured.")
    agreement: float | None = Field(description="How alike the answers are, 0 to 1; null for one answer.")
    golden: float | None = Field(description="Share of `golden_asked` golden questions that were answered right.")
    golden_asked: int


class SweepOut(BaseModel):
    job_id: UUID
    status: str
    done: int
    total: int
    error: str
    cells: list[CellOut]

    @classmethod
    def of(cls, job: JobRun, experiment: Experiment) -> SweepOut:
        cells = [CellOut.model_validate(cell) for cell in experiment.grid]
        return cls(job_id=job.id, status=job.status, done=job.done, total=job.total, error=job.error, cells=cells)


class ExperimentOut(BaseModel):
    id: UUID
    title: str
    question: str
    collection: str
    running: bool
    passages: list[PassageOut] = Field(description="The same for every column.")
    columns: list[ColumnOut]

    @classmethod
    def of(cls, experiment: Experiment) -> ExperimentOut:
        return cls(
            id=experiment.id,
            title=experiment.title,
            question=experiment.question,
            collection=experiment.collection,
            running=experiment.running,
            passages=[PassageOut.of(source) for source in experiment.sources],
            columns=[
                ColumnOut(
                    provider=lane.configuration.provider,
                    model=lane.configuration.model,
                    params=dict(lane.configuration.params),
                    system=lane.configuration.instructions,
                    retrieval=lane.configuration.retrieval,
                    attempts=[AttemptOut.of(attempt) for attempt in lane.attempts],
                )
                for lane in experiment.lanes
            ],
        )
