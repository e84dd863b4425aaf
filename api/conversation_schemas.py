"""What the API reads and writes about conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.chat_schemas import CitationOut, UsageOut
from api.inputs import Input, Short, example
from core.entities.conversations import Hit, Share, Shelf, Thread
from core.entities.messages import Action, Conversation, Message, MessageStatus
from services.chat.feedback import LONGEST_NOTE, REASONS


class ConversationIn(Input):
    model_config = example(title="Leave")

    title: Short = Field(description="Up to 120 characters.")


class ConversationChangesIn(Input):
    """What is left out stays."""

    model_config = example(title="Leave in 2026", pinned=True)

    title: Short | None = None
    archived: bool | None = None
    pinned: bool | None = None
    deleted: Literal[False] | None = Field(default=None, description="false takes it out of the trash.")
    message_id: UUID | None = Field(default=None, description="Shows the branch that goes through this message.")


class ConversationOut(BaseModel):
    id: UUID
    title: str
    status: Shelf
    pinned: bool
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = Field(description="30 days later it is gone for good.")
    excerpt: str = Field(description="Where the search found the words; empty when the title has them.")

    @classmethod
    def of(cls, one: Conversation, excerpt: str = "", *, shared: bool = False) -> ConversationOut:
        status = Shelf.ARCHIVED if one.archived else Shelf.ACTIVE
        status = Shelf.DELETED if one.deleted_at else status
        return cls(
            id=one.id,
            title=one.title,
            status=Shelf.SHARED if shared else status,
            pinned=one.pinned,
            created_at=one.created_at,
            updated_at=one.updated_at,
            deleted_at=one.deleted_at,
            excerpt=excerpt,
        )


class ConversationsOut(BaseModel):
    conversations: list[ConversationOut]
    total: int

    @classmethod
    def page(cls, found: list[Conversation], total: int, shelf: Shelf) -> ConversationsOut:
        return cls(conversations=[ConversationOut.of(one, shared=shelf is Shelf.SHARED) for one in found], total=total)

    @classmethod
    def hits(cls, found: list[Hit]) -> ConversationsOut:
        return cls(conversations=[ConversationOut.of(one.conversation, one.excerpt) for one in found], total=len(found))


class MessageOut(BaseModel):
    id: UUID
    author: Literal["user", "assistant"]
    text: str
    created_at: datetime
    status: MessageStatus
    action: Action
    scenario: str
    collection: str
    provider: str
    model: str
    error: str
    took_ms: int
    usage: UsageOut
    citations: list[CitationOut]
    fields: dict[str, Any]
    stage: int | None
    versions: list[UUID] = Field(description="All messages that stand in this place, oldest first; empty for one.")
    withheld: bool = Field(description="It cites documents that the caller may not read, so its texts are empty.")

    @classmethod
    def of(cls, one: Message) -> MessageOut:
        same = ("id", "author", "text", "created_at", "status", "action", "scenario", "collection", "provider", "model")
        values = {name: getattr(one, name) for name in (*same, "error", "took_ms", "versions", "withheld")}
        return cls(
            **values,
            usage=UsageOut.model_validate(one.usage),
            citations=[CitationOut.of(citation) for citation in one.citations],
            fields=dict(one.content.fields),
            stage=one.content.stage,
        )


class MessagesOut(BaseModel):
    messages: list[MessageOut] = Field(description="The shown branch, oldest first.")
    more: bool = Field(description="There are earlier ones: ask again with `above`, the id of the first one here.")

    @classmethod
    def of(cls, thread: Thread) -> MessagesOut:
        return cls(messages=[MessageOut.of(one) for one in thread.messages], more=thread.more)


class ShareIn(Input):
    model_config = example(email="colleague@example.com")

    email: Short


class ShareOut(BaseModel):
    user_id: UUID
    email: str
    name: str
    created_at: datetime
    turns: int
    withheld: int = Field(description="Turns that are not shown to this person, as of now.")

    @classmethod
    def of(cls, share: Share) -> ShareOut:
        who = share.colleague
        return cls(
            user_id=who.id,
            email=who.email,
            name=who.name,
            created_at=share.created_at,
            turns=share.turns,
            withheld=share.withheld,
        )


class FeedbackIn(Input):
    model_config = example(helpful=False, note="The figure is of last year.")

    helpful: bool
    reason: Literal["", *REASONS] = ""  # type: ignore[valid-type]
    note: str = Field(default="", max_length=LONGEST_NOTE)
