"""What the API reads and writes about collections, documents and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Short
from core.entities import Collection, CollectionKind, Document, JobRun, Removed, Stage
from core.roles import Role


class CollectionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Short
    title: Short
    kind: CollectionKind = CollectionKind.DOCUMENTS
    readers: list[Role] = Field(default=[Role.SALES, Role.ANALYST, Role.ADMIN], description="Roles that may read it.")


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
    document_id: UUID
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
    stage: Stage
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
        return cls.model_validate(document)


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
