"""Conversations and their messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from core.entities.answers import Content
from core.entities.retrieval import Citation


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
