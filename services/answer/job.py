"""One answer on its way: what was asked, and what the stages have found so far."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from core.entities.conversations import Instructions
from core.entities.corpora import Collection, Document
from core.entities.messages import Message
from core.entities.people import Principal
from core.entities.retrieval import Retrieval
from core.errors import NichewiseError
from rag.answering import Draft
from rag.guardrails import OutputFilter
from rag.providers.choice import Choice
from rag.several import Part
from scenarios import Scenario
from scenarios.base import Reply, Writing
from scenarios.router import Decision
from services.answer.recorder import Recorder
from services.chat.asking import Ask
from services.chat.streams import Stream
from services.models.side_model import Aside


@dataclass
class Job:
    """`collection` and `scenario` are those that were named, until the router and the scenario have settled them;
    `collection` stays None where nothing is searched. `state` is what scenarios keep of the conversation, by name.
    `fresh`: no kept answer will do. `question` is the message, on the right keyboard layout once it was read."""

    principal: Principal
    conversation_id: UUID
    message_id: UUID
    ask: Ask
    question: str
    language: str
    scenario: Scenario | None
    collection: Collection | None
    history: tuple[Message, ...] = ()
    last: str = ""  # the scenario of the answer before
    state: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    attached: tuple[Document, ...] = ()
    decision: Decision | None = None
    fresh: bool = False
    rules: int = 0  # version of the guardrails
    output: Callable[[], OutputFilter] | None = None
    recorder: Recorder = field(default_factory=Recorder)
    stream: Stream = field(default_factory=Stream)
    started: float = field(default_factory=time.monotonic)
    # What the stages find.
    candidates: tuple[Choice, ...] = ()
    key: bytes = b""  # of the answer among those that are kept
    revision: str = ""
    told: Instructions | None = None  # the words of administrators for the scenario that was searched for
    query: str = ""  # the question as it is searched
    parts: tuple[Part, ...] = ()  # its questions, where it has several
    spelt: bool = False  # whether words of it were set right for that
    note: str = ""  # above the answer: how the question was read, where not as it was typed
    retrieval: Retrieval | None = None
    reply: Reply | None = None
    writing: Writing | None = None
    kept: Mapping[str, Any] | None = None
    draft: Draft | None = None
    asides: list[Aside] = field(default_factory=list)  # questions to models on the side
    error: NichewiseError | None = None
    # Its life on the loop.
    task: asyncio.Task[Any] | None = None
    stopping: bool = False
    ending: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def text(self) -> str:
        if self.draft is not None:
            return self.draft.text
        if self.kept is not None:
            return str(self.kept["text"])
        return self.reply.reply if self.reply is not None else ""

    @property
    def model(self) -> bool:
        """Whether a language model will write."""
        return bool(self.candidates) and self.candidates[0].provider.name != "extractive"

    @property
    def own_state(self) -> Mapping[str, Any]:
        """What the scenario itself keeps of the conversation."""
        return self.state.get(self.scenario.name, {}) if self.scenario else {}
