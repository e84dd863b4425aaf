"""What the API reads and writes about sources, and about who may read what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.inputs import Input, Short, example
from core.entities.access import Explanation, Readers, Rule
from core.entities.sources import RunMode, RunStatus, Sample, Source, SourceKind, SourceRun
from core.roles import Role


class SourceIn(Input):
    model_config = example(kind="folder", name="Inbox", config={"path": "/srv/inbox"}, interval_minutes=60)

    kind: SourceKind
    name: Short
    config: dict[str, Any] = Field(description="What the kind needs; credentials are sealed and never shown again.")
    interval_minutes: int | None = Field(default=None, description="Null: only when somebody starts it.")


class SourceTrial(Input):
    model_config = example(kind="folder", config={"path": "/srv/inbox"})

    kind: SourceKind
    config: dict[str, Any]


class SourceChangesIn(Input):
    model_config = example(name="Inbox", interval_minutes=120)

    name: Short = ""
    config: dict[str, Any] = Field(default={}, description="Whole, but for credentials: those left out stay.")
    interval_minutes: int | None = Field(default=None, description="Null: only when somebody starts it.")


class RunIn(Input):
    confirmed: bool = Field(default=False, description="Remove documents even if more than half of them would go.")


class RunOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    mode: RunMode
    status: RunStatus
    total: int
    added: int
    changed: int
    removed: int
    unchanged: int
    failed: int
    error: str
    problems: Sequence[tuple[str, str]] = Field(description="The first records that failed, each with its reason.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, run: SourceRun) -> RunOut:
        return cls.model_validate(run)


class RunStartedOut(BaseModel):
    run_id: UUID | None


class SourceOut(BaseModel):
    id: UUID
    kind: SourceKind
    name: str
    interval_minutes: int | None
    due_at: datetime | None
    documents: int
    unready: int = Field(description="How many of its documents could not be indexed.")
    config: Mapping[str, Any] | None = Field(description="For administrators; a sign stands for each credential.")
    last_run: RunOut | None

    @classmethod
    def of(cls, source: Source, config: Mapping[str, Any] | None) -> SourceOut:
        return cls(
            id=source.id,
            kind=source.kind,
            name=source.name,
            interval_minutes=source.interval_minutes,
            due_at=source.due_at,
            documents=source.documents,
            unready=source.unready,
            config=config,
            last_run=RunOut.of(source.last_run) if source.last_run else None,
        )


class SampleOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    key: str
    title: str
    changed: str
    text: str
    error: str

    @classmethod
    def of(cls, sample: Sample) -> SampleOut:
        return cls.model_validate(sample)


class HostIn(Input):
    host: Short
    private: bool = Field(default=False, description="Also where its address is one of our own network's.")


class HostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    host: str
    private: bool
    added_by: str


class CollectionReadersIn(Input):
    model_config = example(roles=["analyst"], people=["colleague@example.com"])

    roles: list[Role]
    people: list[Short] = Field(default=[], description="E-mails.", max_length=200)


class DocumentReadersIn(Input):
    model_config = example(roles=["analyst"], people=[])

    roles: list[Role] | None = Field(description="Null: as its collection says. Neither roles nor people: its owner.")
    people: list[Short] = Field(default=[], description="E-mails.", max_length=200)


class ReadersOut(BaseModel):
    roles: list[Role] | None
    people: list[str]

    @classmethod
    def of(cls, readers: Readers) -> ReadersOut:
        return cls(roles=None if readers.roles is None else list(readers.roles), people=readers.emails)


class ExplanationOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    allowed: bool
    collection: Sequence[Rule] = Field(description="The rules that let this person read the collection.")
    document: Sequence[Rule] | None = Field(description="Those of the document, which needs one of each.")

    @classmethod
    def of(cls, explanation: Explanation) -> ExplanationOut:
        return cls.model_validate(explanation)
