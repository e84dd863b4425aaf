"""Values that cross layers: frozen dataclasses, no behaviour beyond what follows from their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from core.answer_entities import Content
from core.document_entities import Finding
from core.roles import PERMISSIONS, Permission, Role

# --- people ---------------------------------------------------------------------------------------------------------


class UserStatus(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    email: str
    name: str
    role: Role
    status: UserStatus
    locale: str | None
    created_at: datetime
    last_sign_in_at: datetime | None = None
    active_until: datetime | None = None
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, as of this request. A guest has no `user_id`; `guest_id` ties a guest's conversations together."""

    role: Role
    user_id: UUID | None = None
    email: str = ""
    name: str = ""
    locale: str | None = None
    session_id: UUID | None = None
    guest_id: UUID | None = None
    ip: str = ""
    seen_by: UUID | None = None  # the administrator who looks through this person's eyes, reading only

    @property
    def permissions(self) -> frozenset[Permission]:
        return PERMISSIONS[self.role]

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


@dataclass(frozen=True, slots=True)
class Client:
    """The program at the other end of a request, as far as it tells."""

    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser (`kind='browser'`) or an API token (`kind='token'`); the secret itself is never stored."""

    id: UUID
    user_id: UUID
    kind: Literal["browser", "token"]
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str
    ip: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: UUID
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    at: datetime
    actor_id: UUID | None
    actor: str
    action: str
    object_type: str
    object_id: str
    detail: Mapping[str, Any]
    ip: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in the outbox. `body` is empty once it is sent."""

    id: UUID
    recipient: str
    subject: str
    body: str
    status: Literal["waiting", "sent", "failed"]
    attempts: int
    error: str
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class GuardRules:
    """One saved state of the guardrail rules; `body` is their YAML text. Version 0 are the shipped ones."""

    version: int
    body: str
    note: str = ""
    author: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """A text that a rule stopped: a message (`prompt`) or an answer."""

    id: int
    at: datetime
    actor_id: UUID | None
    actor: str
    ip: str
    side: Literal["prompt", "answer"]
    rule: str
    category: str
    rules_version: int
    text: str


@dataclass(frozen=True, slots=True)
class RoleLimit:
    """`tokens_per_day` None: no quota."""

    role: Role
    per_minute: int
    tokens_per_day: int | None = None


# --- documents ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a document in reading order.

    `page` counts from 1 and is None where the format has no pages. `level` is the heading level (1..6), 0 otherwise.
    A table block's text is a Markdown table, header row first.
    """

    text: str
    kind: Literal["heading", "text", "table"] = "text"
    level: int = 0
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a reader makes of a file. `pages` is 1 where the format has none. `notes` are sentences for the uploader
    (for example pages without a text layer). `unread` are pages that are pictures and were not recognised. Hidden text
    is in no block; it is among the `findings`, which keep the document back until somebody has looked at them."""

    blocks: tuple[Block, ...]
    title: str = ""
    pages: int = 1
    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()


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

    `languages` are those whose chunks get vectors; `chunk_words` is the size of chunks in all others, 0: as the
    chunker has it.
    """

    model: str
    dimension: int
    normalised: bool
    languages: tuple[str, ...]
    chunk_tokens: int
    chunk_overlap: int
    chunker: int = 1
    chunk_words: int = 0


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
class Removed:
    """Proof of a deletion: how many of each kind were removed."""

    files: int = 0
    chunks: int = 0
    vectors: int = 0
    lexical: int = 0
    cache: int = 0


# --- retrieval and answers ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved chunk. `vector` and `lexical` are its ranks in each leg (from 1), None where that leg lacks it;
    `similarity` is the cosine, None where there is no vector; `score` is the fused one that orders the list, unless
    the cross-encoder did with `rerank`. `position` counts from 0 within the document; `copies` is how many
    near-duplicates this one stands for; `parts` are the chunks that were joined into it, in their order."""

    chunk_id: UUID
    document_id: UUID
    document_version: int
    title: str
    heading: str
    page: int | None
    text: str
    language: str
    score: float
    vector: int | None = None
    lexical: int | None = None
    similarity: float | None = None
    position: int = 0
    page_to: int | None = None
    rerank: float | None = None
    copies: int = 0
    parts: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Passages for one question from ONE collection, best first. `evidence` in [0, 1] says how well the best passages
    cover the question (see `rag.evidence`); `threshold` is the value below which an answer must be a refusal.
    `degraded`: the embedding model could not be used, so words alone decided. `collapsed` near-duplicates were left
    out, `merged` chunks joined to a neighbour. For an answer, `dropped` are the passages beyond its `budget`, which is
    in estimated tokens, as are the `tokens` of those that stayed. `reranked`: a cross-encoder put them in order."""

    question: str
    language: str
    passages: tuple[Passage, ...]
    evidence: float
    threshold: float
    took_ms: float
    degraded: bool = False
    collapsed: int = 0
    merged: int = 0
    dropped: tuple[Passage, ...] = ()
    tokens: int = 0
    budget: int | None = None
    reranked: bool = False

    @property
    def answerable(self) -> bool:
        return bool(self.passages) and self.evidence >= self.threshold


@dataclass(frozen=True, slots=True)
class Citation:
    """A snapshot of what `[n]` in an answer stood for. `text` is empty when the document is gone or not readable."""

    n: int
    chunk_id: UUID | None
    document_id: UUID | None
    document_version: int
    title: str
    page: int | None
    text: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Usage:
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = True


class Action(StrEnum):
    ANSWER = "answer"
    REFUSE = "refuse"
    ASK = "ask"
    BLOCKED = "blocked"


class MessageStatus(StrEnum):
    WAITING = "waiting"
    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        return self in (MessageStatus.COMPLETE, MessageStatus.STOPPED, MessageStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Conversation:
    id: UUID
    owner_id: UUID | None
    guest_id: UUID | None
    title: str
    archived: bool
    created_at: datetime
    updated_at: datetime
    pinned: bool = False
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    id: UUID
    conversation_id: UUID
    author: Literal["user", "assistant"]
    text: str
    status: MessageStatus
    action: Action
    scenario: str
    collection: str
    provider: str
    model: str
    params: Mapping[str, Any]
    usage: Usage
    took_ms: int
    error: str
    evidence: float | None
    created_at: datetime
    citations: tuple[Citation, ...] = ()
    parent_id: UUID | None = None
    versions: tuple[UUID, ...] = ()  # itself and the others of its author in its place, oldest first
    withheld: bool = False  # of a shared conversation: its texts are empty for this reader
    content: Content = field(default=Content())  # choices, figures and the like, beside the text
