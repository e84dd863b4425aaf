"""What a person asks, checked: the message, where it is asked, and with which model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import scenarios
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, TooLarge
from core.roles import Permission
from rag.providers import Params
from scenarios import Scenario
from scenarios.router import FOR_GUESTS

LONGEST_MESSAGE = 8_000  # characters; with an 8k window more would leave no room for passages
_FAQ = "faq"


@dataclass(frozen=True, slots=True)
class Ask:
    """One message to the assistant. None leaves a choice to the product; `retrieval` False asks the model alone.

    `edits` is an earlier message of one's own in the conversation, in whose place this one begins a new branch."""

    message: str
    conversation_id: UUID | None = None
    edits: UUID | None = None
    collection: str | None = None
    scenario: str | None = None
    retrieval: bool = True
    provider: str | None = None
    model: str | None = None
    params: Params = field(default_factory=Params)
    picked: str = ""  # the value of the choice that was pressed
    form: Mapping[str, str] = field(default_factory=dict)  # what was typed into a form; it is never stored


def collection_name(principal: Principal, ask: Ask) -> str | None:
    """The collection that was named; raises `Forbidden` for what the role may not ask or choose."""
    if principal.may(Permission.CHAT_DOCUMENTS):
        return ask.collection or None
    if not principal.may(Permission.CHAT):
        raise Forbidden
    chosen = ask.provider or ask.model or ask.params.given() or not ask.retrieval
    if chosen or ask.collection not in (None, "", _FAQ):
        raise Forbidden("Guests can ask about the service only. Sign in to ask documents and choose models.")
    return ask.collection or None


def scenario_of(principal: Principal, ask: Ask) -> Scenario | None:
    """The scenario asked for by name; None leaves it to the kind of the collection."""
    if not ask.scenario:
        return None
    scenario = scenarios.get(ask.scenario)
    if not principal.may(Permission.CHAT_DOCUMENTS) and scenario.name not in FOR_GUESTS:
        raise Forbidden("Guests can ask about the service only. Sign in to ask documents and choose models.")
    return scenario


def text_of(ask: Ask) -> str:
    """The message as it is kept; raises `BadInput` when there is none and `TooLarge` above the limit."""
    # Lone surrogates are legal in JSON and cannot be stored.
    text = ask.message.encode("utf-8", "replace").decode().replace("\x00", "").strip()
    if not text:
        raise BadInput("Write a message first.")
    if len(text) > LONGEST_MESSAGE:
        raise TooLarge(
            "The message is longer than %(limit)s characters. Shorten it, or upload the text as a document.",
            limit=LONGEST_MESSAGE,
        )
    return text
