"""Values of conversations that cross layers: shelves, threads, shares, feedback, prompt templates, instructions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.entities.messages import Conversation, Message
from core.roles import Role


class Shelf(StrEnum):
    """Where a conversation stands; `SHARED` are those that colleagues share with the reader."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation that a search found. `excerpt` is what was said around the words, "" when the title has them."""

    conversation: Conversation
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """The shown branch of a conversation, oldest first, or its newest part: `more` says that there is an earlier one.

    `owner` is the name of the colleague who shares it, "" for one's own.
    """

    conversation: Conversation
    messages: Sequence[Message]
    more: bool = False
    owner: str = ""

    @property
    def withheld(self) -> int:
        """Turns (a question with its answer) whose texts this reader may not see."""
        return sum(one.withheld and one.author == "user" for one in self.messages)


@dataclass(frozen=True, slots=True)
class Mark:
    """What decides whether a message may be shown to somebody else. `closed`: this reader may not read what it cites
    or where it was looked for, or nobody can tell (a text whose citations were never saved)."""

    id: UUID
    author: str
    answered: bool
    cited: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class Colleague:
    id: UUID
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Share:
    """`withheld` of the `turns` are not shown to the colleague, as of now."""

    colleague: Colleague
    created_at: datetime
    turns: int
    withheld: int


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person thinks of an answer. `reason` is one of `services.chat.feedback.REASONS` or ""."""

    message_id: UUID
    helpful: bool
    reason: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """Feedback as administrators see it: of which scenario, collection and model, but not what was said."""

    feedback: Feedback
    scenario: str
    collection: str
    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt with places such as {{niche}}. `owner_id` None: shared by administrators with `roles` (None: all)."""

    id: UUID
    owner_id: UUID | None
    roles: tuple[Role, ...] | None
    version: int
    title: str
    body: str
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Instructions:
    """What the model is told for a scenario. `role` None: every role. Version 0 are the shipped ones; an empty `body`
    stands for them too."""

    scenario: str
    role: Role | None
    version: int
    body: str
    note: str = ""
    author: str = ""
    created_at: datetime | None = None
