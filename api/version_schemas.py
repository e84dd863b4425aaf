"""What the API reads and writes about the versions of a collection and the checks of its stores."""

from __future__ import annotations

from datetime import datetime
from statistics import fmean
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.inputs import Input, example
from core.entities.versions import Cut, EmbeddingChoice, IndexPlan, Preview, Reconciliation, VersionDetail


class IndexPlanIn(Input):
    """What is left out stays as the active version has it."""

    model_config = example(chunk_tokens=200, switch=False)

    chunk_tokens: int | None = Field(default=None, description="Size of a passage in the embedding's own tokens.")
    chunk_overlap: int | None = None
    languages: list[str] | None = Field(default=None, description="Languages whose passages get vectors.")
    switch: bool = Field(default=True, description="False: the version waits until somebody switches to it.")
    embedding: str | None = Field(
        default=None,
        max_length=300,
        description="A name of GET /api/embeddings; else what was picked for the collection, or the setting's.",
    )

    def plan(self) -> IndexPlan:
        languages = tuple(self.languages) if self.languages is not None else None
        return IndexPlan(self.chunk_tokens, self.chunk_overlap, languages, self.switch, self.embedding)


class EmbeddingOut(BaseModel):
    name: str
    languages: list[str]
    chunk_tokens: int = Field(description="The most that a passage may have.")
    dimension: int = Field(description="0 where only the loaded model can tell.")
    default: bool = Field(description="New collections get it.")
    problem: str = Field(description="Why it cannot be used now and what to do; empty when nothing speaks against it.")

    @classmethod
    def of(cls, one: EmbeddingChoice) -> EmbeddingOut:
        return cls(
            name=one.name,
            languages=list(one.languages),
            chunk_tokens=one.chunk_tokens,
            dimension=one.dimension,
            default=one.default,
            problem=one.problem % one.values if one.values else one.problem,
        )


class CutOut(BaseModel):
    embedding: str
    chunks: int
    mean_size: float = Field(description="Tokens, or words where the model does not speak the language.")
    apart: float | None = Field(
        description="Where the models differ: the share of passages that vectors alone bring up for a sentence of them."
    )

    @classmethod
    def of(cls, cut: Cut) -> CutOut:
        size = round(fmean(cut.sizes), 1) if cut.sizes else 0.0
        return cls(embedding=cut.fingerprint.model, chunks=cut.chunks, mean_size=size, apart=cut.apart)


class PreviewOut(BaseModel):
    documents: int = Field(description="That it was tried on, `of` all.")
    of: int
    chunks: int = Field(description="Estimated for the whole collection, as are `to_embed` and `seconds`.")
    to_embed: int
    seconds: float
    before: CutOut
    after: CutOut

    @classmethod
    def made(cls, found: Preview) -> PreviewOut:
        values = {name: getattr(found, name) for name in ("documents", "of", "chunks", "to_embed", "seconds")}
        return cls(**values, before=CutOut.of(found.before), after=CutOut.of(found.after))


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CheckOut(_Out):
    name: str
    expected: float
    found: float
    passed: bool


class TakenOverOut(_Out):
    document_id: UUID
    title: str
    reason: str


class ReportOut(_Out):
    made_at: datetime
    seconds: float
    passed: bool
    checks: list[CheckOut]
    compared: int = Field(description="Sampled questions that the version before was asked too.")
    overlap: float | None = Field(description="Average share of documents that both versions bring up.")
    reused: int
    embedded: int


class VersionOut(BaseModel):
    number: int
    state: Literal["building", "built", "active", "retired", "failed"]
    documents: int
    chunks: int
    embedding: str
    chunk_tokens: int
    chunk_overlap: int
    languages: list[str]
    created_at: datetime
    keep_until: datetime | None
    job_id: UUID | None = Field(description="The last job that worked on it.")
    error: str = Field(description="Why that job did not end with the switch to it.")
    report: ReportOut | None
    taken_over: list[TakenOverOut]

    @classmethod
    def of(cls, detail: VersionDetail) -> VersionOut:
        version = detail.version
        return cls(
            number=version.number,
            state=version.state,
            documents=detail.documents,
            chunks=detail.chunks,
            embedding=version.fingerprint.model,
            chunk_tokens=version.fingerprint.chunk_tokens,
            chunk_overlap=version.fingerprint.chunk_overlap,
            languages=list(version.fingerprint.languages),
            created_at=version.created_at,
            keep_until=detail.keep_until,
            job_id=detail.run_id,
            error=detail.error,
            report=ReportOut.model_validate(detail.report) if detail.report else None,
            taken_over=[TakenOverOut.model_validate(one) for one in detail.taken_over],
        )


class FindingOut(_Out):
    kind: str
    count: int
    mended: int
    version: int | None
    examples: list[str]


class CheckedOut(_Out):
    at: datetime
    seconds: float
    sound: bool
    compared: dict[str, int]
    findings: list[FindingOut]

    @classmethod
    def of(cls, found: Reconciliation) -> CheckedOut:
        return cls.model_validate(found)
