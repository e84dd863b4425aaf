"""Values of sources besides upload that cross layers: frozen dataclasses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO, Literal
from uuid import UUID


class SourceKind(StrEnum):
    FOLDER = "folder"
    DATABASE = "database"
    REST = "rest"
    WEB = "web"


class RunStatus(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    HELD = "held"  # more than half of the records had vanished: somebody must say whether that is meant
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def active(self) -> bool:
        return self in (RunStatus.WAITING, RunStatus.RUNNING)


class Outcome(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"


RunMode = Literal["refresh", "removal"]


@dataclass(frozen=True, slots=True)
class Record:
    """One thing a source holds. `key` is its identity there; `stamp` changes when the source says that it changed, ""
    where it does not say. `digest` stands for its bytes where those change without meaning (a web page's tokens)."""

    key: str
    filename: str
    stamp: str
    open: Callable[[], BinaryIO] = field(repr=False)
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that could not be read; `reason` is a sentence. It is there, unless it is `gone`: what came with it
    before goes, and where nothing did, the reason is told."""

    key: str
    reason: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Host:
    """A host that sources may reach; `private`: also where its address is one of our own network's."""

    host: str
    private: bool = False
    added_by: str = ""


@dataclass(frozen=True, slots=True)
class SourceRun:
    """One line of a source's ledger. `total` counts the records that were seen; `problems` are the first (key,
    sentence) of those that failed."""

    id: UUID
    source_id: UUID
    mode: RunMode
    status: RunStatus
    confirmed: bool
    started_by: UUID | None
    total: int
    added: int
    changed: int
    removed: int
    unchanged: int
    failed: int
    error: str
    problems: Sequence[tuple[str, str]]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Source:
    """`config` is what its kind needs, credentials included: it is never shown. `interval_minutes` None: by hand only.
    `documents` are those it feeds, `unready` how many of them could not be indexed."""

    id: UUID
    collection_id: UUID
    kind: SourceKind
    name: str
    config: Mapping[str, Any] = field(repr=False)
    interval_minutes: int | None
    created_by: UUID | None
    created_at: datetime
    due_at: datetime | None
    documents: int = 0
    unready: int = 0
    last_run: SourceRun | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A record as a test of the source shows it; `text` is its beginning."""

    key: str
    title: str
    changed: str
    text: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a record. `made`: the document came with it and goes with it."""

    key: str
    document_id: UUID | None
    made: bool
    stamp: str
    digest: str
    run_id: UUID | None
    outcome: str = ""
