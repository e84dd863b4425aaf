"""What the API reads and writes about the assistant."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Short
from core.entities import Action, Citation, Message, MessageStatus
from rag.providers import Params
from services.asking import Ask


class ChatIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    message: str = Field(description="Up to 8,000 characters.")
    conversation_id: UUID | None = Field(default=None, description="Without one, a conversation is made.")
    collection: Short | None = Field(default=None, description="Where to look; documents unless a scenario is given.")
    scenario: Short | None = Field(default=None, description="FAQ, ANALYTICS or DOCUMENTS; else as the collection is.")
    retrieval: bool = Field(default=True, description="false asks the model without documents.")
    provider: Short | None = None
    model: Short | None = None
    params: dict[str, Any] | None = Field(
        default=None,
        description="temperature, top_p, top_k, max_tokens, seed, stop, context_window, timeout (seconds).",
    )

    def ask(self) -> Ask:
        return Ask(
            message=self.message,
            conversation_id=self.conversation_id,
            collection=self.collection or None,
            scenario=self.scenario or None,
            retrieval=self.retrieval,
            provider=self.provider or None,
            model=self.model or None,
            params=Params.read(self.params or {}),
        )


class CitationOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    n: int
    chunk_id: UUID | None
    document_id: UUID | None
    document_version: int
    title: str
    page: int | None
    text: str = Field(description="Empty when the document is gone or may not be read any more.")
    score: float

    @classmethod
    def of(cls, citation: Citation) -> CitationOut:
        return cls.model_validate(citation)


class UsageOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    prompt_tokens: int
    completion_tokens: int
    estimated: bool


class ChatOut(BaseModel):
    conversation_id: UUID
    message_id: UUID
    scenario: str
    action: Action
    status: MessageStatus
    reply: str
    fields: dict[str, Any] = Field(default_factory=dict)
    citations: list[CitationOut]
    usage: UsageOut
    provider: str
    model: str
    ignored: list[str] = Field(description="Parameters that the provider cannot apply.")
    took_ms: int

    @classmethod
    def of(cls, message: Message) -> ChatOut:
        return cls(
            conversation_id=message.conversation_id,
            message_id=message.id,
            scenario=message.scenario,
            action=message.action,
            status=message.status,
            reply=message.text,
            citations=[CitationOut.of(citation) for citation in message.citations],
            usage=UsageOut.model_validate(message.usage),
            provider=message.provider,
            model=message.model,
            ignored=list(message.params.get("ignored", ())),
            took_ms=message.took_ms,
        )
