"""What the API reads and writes about the assistant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.inputs import Input, Short, example
from api.niche_schemas import AnswerOut, TableOut
from core.entities.answers import Choice
from core.entities.messages import Action, Message, MessageStatus
from core.entities.retrieval import Citation
from core.errors import BadInput
from niches.snapshots import restored
from rag.providers import Params
from services.chat.asking import Ask


class ChatIn(Input):
    model_config = example(message="How many days of leave do employees have?", collection="documents")

    lenient = frozenset({"message"})

    message: str = Field(description="Up to 8,000 characters.")
    conversation_id: UUID | None = Field(default=None, description="Without one, a conversation is made.")
    edits: UUID | None = Field(default=None, description="One's own earlier message that this one stands in for.")
    collection: Short | None = Field(default=None, description="Where to look; else the scenario's own.")
    scenario: Short | None = Field(default=None, description="Else as the collection is, else the router decides.")
    retrieval: bool = Field(default=True, description="false asks the model without documents.")
    provider: Short | None = None
    model: Short | None = None
    picked: str = Field(default="", max_length=2_000, description="`value` of the choice whose `message` this is.")
    params: dict[str, Any] | None = Field(
        default=None,
        description="temperature, top_p, top_k, max_tokens, seed, stop, context_window, timeout (seconds).",
    )

    def ask(self) -> Ask:
        """Raises BadInput for an edit without its conversation, and for parameters out of range."""
        if self.edits is not None and self.conversation_id is None:
            raise BadInput("Only a message of your own in this conversation can be edited.")
        return Ask(
            message=self.message,
            conversation_id=self.conversation_id,
            edits=self.edits,
            collection=self.collection or None,
            scenario=self.scenario or None,
            retrieval=self.retrieval,
            provider=self.provider or None,
            model=self.model or None,
            params=Params.read(self.params or {}),
            picked=self.picked,
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


class ChoiceOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    label: str
    message: str
    scenario: str = Field(description="Empty: the router decides.")
    value: str = Field(description="Goes back as `picked`.")

    @classmethod
    def of(cls, choice: Choice) -> ChoiceOut:
        return cls.model_validate(choice)


class FiguresOut(BaseModel):
    table: TableOut | None
    chart: dict[str, str]
    unit: str
    source: str
    as_of: str
    demo: bool
    sql: str = Field(description="What was run, with its `parameters`.")
    parameters: dict[str, Any]

    @classmethod
    def of(cls, dashboard: Mapping[str, Any]) -> FiguresOut:
        found = AnswerOut.of(restored(dashboard))
        return cls(**found.model_dump(include=set(cls.model_fields)))


class ChatOut(BaseModel):
    conversation_id: UUID
    message_id: UUID
    scenario: str
    action: Action
    status: MessageStatus
    reply: str
    fields: dict[str, Any] = Field(default_factory=dict)
    stage: int | None = Field(default=None, description="Of a registration; left out elsewhere.")
    choices: list[ChoiceOut] = Field(default_factory=list, description="What may be sent next: buttons on a screen.")
    citations: list[CitationOut]
    dashboard: FiguresOut | None = Field(default=None, description="Figures that a query found, with how it was run.")
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
            fields=dict(message.content.fields),
            stage=message.content.stage,
            choices=[ChoiceOut.of(choice) for choice in message.content.choices],
            dashboard=FiguresOut.of(message.content.dashboard) if message.content.dashboard else None,
            citations=[CitationOut.of(citation) for citation in message.citations],
            usage=UsageOut.model_validate(message.usage),
            provider=message.provider,
            model=message.model,
            ignored=list(message.params.get("ignored", ())),
            took_ms=message.took_ms,
        )
