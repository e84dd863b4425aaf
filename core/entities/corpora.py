"""Collections, their versions, the documents and chunks in them, and the jobs on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from core.roles import Role


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage as it is indexed. `heading` is the path of headings above it, " > " between them; `tokens` are the
    embedding's own where it speaks `language`, else words. `position` counts from 0 within its document."""

    position: int
    text: str
    heading: str
    page: int | None
    page_to: int | None
    language: str
    tokens: int


@dataclass(frozen=True, slots=True)
class ChunkChange:
    """One row of a version's change log, with what the lexical index needs of a chunk that was put; the texts are empty
    for a deletion. `seq` grows with the order of commits."""

    seq: int
    op: Literal["put", "delete"]
    chunk_id: UUID
    document_id: UUID
    title: str = ""
    heading: str = ""
    text: str = ""
    language: str = ""


class Stage(StrEnum):
    """The ledger of a document's way into a collection. Only `ready` is searched; `quarantined` waits for an
    administrator, `cancelled` for somebody who wants it after all, `replaced` has a newer version."""

    RECEIVED = "received"
    PARSED = "parsed"
    CHUNKED = "chunked"
    EMBEDDED = "embedded"
    INDEXED = "indexed"
    VERIFIED = "verified"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    QUARANTINED = "quarantined"
    REPLACED = "replaced"

    @property
    def ended(self) -> bool:
        return self in (Stage.READY, Stage.FAILED, Stage.CANCELLED, Stage.QUARANTINED, Stage.REPLACED)


class CollectionKind(StrEnum):
    FAQ = "faq"
    ANALYTICS = "analytics"
    DOCUMENTS = "documents"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How the vectors and chunks of a collection version were made; two that differ must not be mixed.

    `dimension` is 0 until the first vector of a model that nobody knew tells it. `languages` are those whose chunks
    get vectors; `chunk_words` is the size of chunks in all others, 0: as the chunker has it. `chosen`: the model was
    picked for this collection; otherwise its next version gets the one of the settings.
    """

    model: str
    dimension: int
    normalised: bool
    languages: tuple[str, ...]
    chunk_tokens: int
    chunk_overlap: int
    chunker: int = 1
    chunk_words: int = 0
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class CollectionVersion:
    id: UUID
    collection_id: UUID
    number: int
    state: Literal["building", "built", "active", "retired", "failed"]  # built: whole, and waits for a person
    fingerprint: Fingerprint
    created_at: datetime

    @property
    def vector_name(self) -> str:
        """Name of its Chroma collection and of its tantivy folder."""
        return f"v-{self.id.hex}"


@dataclass(frozen=True, slots=True)
class Collection:
    """`documents` and `chunks` count what is ready in the active version. `owner_id` is set for personal ones only."""

    id: UUID
    name: str
    title: str
    kind: CollectionKind
    owner_id: UUID | None
    readers: tuple[Role, ...]
    version: CollectionVersion
    documents: int = 0
    chunks: int = 0
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    id: UUID
    collection_id: UUID
    collection: str
    owner_id: UUID | None
    title: str
    filename: str
    media_type: str
    sha256: str
    size: int
    version: int
    language: str
    pages: int
    chunks: int
    stage: Stage
    done: int
    total: int
    error: str
    notes: tuple[str, ...]
    tags: tuple[str, ...]
    demo: bool
    created_at: datetime
    updated_at: datetime
    pages_read: int = 0  # of `pages`, while pictures are recognised
    tries: int = 0  # how often work on it was begun


@dataclass(frozen=True, slots=True)
class JobRun:
    """Progress of one durable job as its caller sees it."""

    id: UUID
    kind: str
    status: Literal["waiting", "running", "done", "failed", "cancelled"]
    done: int
    total: int
    result: Mapping[str, Any]
    error: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CollectionContents:
    """What goes with a collection that is deleted: `documents` whatever their stage, `passages` of the version that is
    searched, `questions` of its golden set."""

    documents: int
    passages: int
    versions: int
    sources: int
    questions: int
    tables: int


@dataclass(frozen=True, slots=True)
class Removed:
    """Proof of a deletion: how many of each kind were removed."""

    files: int = 0
    chunks: int = 0
    vectors: int = 0
    lexical: int = 0
    cache: int = 0
    rows: int = 0  # of its tables
