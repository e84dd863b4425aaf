"""What the API reads and writes about collections, documents and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.inputs import Input, Short, example
from core.entities.corpora import Collection, CollectionKind, Document, JobRun, Removed, Stage
from core.entities.reading import FindingKind
from core.roles import Role


class CollectionIn(Input):
    model_config = example(name="contracts", title="Contracts", kind="documents", readers=["analyst", "admin"])

    name: Short
    title: Short
    kind: CollectionKind = CollectionKind.DOCUMENTS
    readers: list[Role] = Field(default=[Role.SALES, Role.ANALYST, Role.ADMIN], description="Roles that may read it.")


class CollectionChange(Input):
    model_config = example(title="Contracts of 2026")

    title: Short


class CollectionOut(BaseModel):
    name: str
    title: str
    kind: CollectionKind
    documents: int = Field(description="How many are ready.")
    chunks: int
    version: int
    embedding: str

    @classmethod
    def of(cls, collection: Collection) -> CollectionOut:
        return cls(
            name=collection.name,
            title=collection.title,
            kind=collection.kind,
            documents=collection.documents,
            chunks=collection.chunks,
            version=collection.version.number,
            embedding=collection.version.fingerprint.model,
        )


class JobStartedOut(BaseModel):
    job_id: UUID


class CollectionDeletedOut(JobStartedOut):
    """What went with the collection. The result of the job has in `removed` how many files, passages of all versions
    (`chunks`), vectors, entries of the word index, kept answers and rows of tables are gone."""

    model_config = ConfigDict(from_attributes=True)

    documents: int
    passages: int = Field(description="Of the version that was searched.")
    versions: int
    sources: int
    questions: int = Field(description="Of the golden set.")
    tables: int


class JobOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    status: Literal["waiting", "running", "done", "failed", "cancelled"]
    done: int
    total: int
    result: Mapping[str, Any]
    error: str

    @classmethod
    def of(cls, run: JobRun) -> JobOut:
        return cls.model_validate(run)


class UploadOut(BaseModel):
    document_id: UUID | None = Field(description="Null for a ZIP: its files become documents one by one.")
    job_id: UUID | None = Field(description="Null when these bytes were there already and are ready.")


class DocumentOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    filename: str
    collection: str
    media_type: str
    size: int = Field(description="Bytes.")
    language: str
    stage: Stage = Field(description="Ends in `ready` or `failed`; whatever is held or cancelled has failed so far.")
    state: Stage = Field(description="The stage with `cancelled`, `quarantined` and `replaced` told apart.")
    version: int
    done: int = Field(description="Chunks that are through, of `total`.")
    total: int
    pages: int
    chunks: int
    error: str
    notes: list[str]
    tags: list[str]
    demo: bool
    created_at: datetime

    @classmethod
    def of(cls, document: Document) -> DocumentOut:
        values = {name: getattr(document, name) for name in cls.model_fields if name != "state"}
        if document.stage in _ENDED_OTHERWISE:
            values |= {"stage": Stage.FAILED, "error": document.error or _ENDED_OTHERWISE[document.stage]}
        return cls(**values, state=document.stage)


_ENDED_OTHERWISE = {
    Stage.CANCELLED: "The work on this document was cancelled. Retry it to go on.",
    Stage.QUARANTINED: "The document waits until an administrator has looked at what was found in it.",
    Stage.REPLACED: "A newer version has taken the place of this document.",
}


class FindingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    kind: FindingKind
    text: str
    page: int | None


class HeldOut(BaseModel):
    """A document in quarantine."""

    model_config = ConfigDict(from_attributes=True)

    document_id: UUID
    title: str
    filename: str
    collection: str
    owner: str
    held_at: datetime
    findings: list[FindingOut]


class RemovedCounts(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    files: int
    chunks: int
    vectors: int
    lexical: int
    cache: int


class RemovedOut(BaseModel):
    removed: RemovedCounts

    @classmethod
    def of(cls, removed: Removed) -> RemovedOut:
        return cls(removed=RemovedCounts.model_validate(removed))
