"""What a scenario is: it reads one message of a conversation and says what happens next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from core.entities.answers import Choice
from core.entities.corpora import CollectionKind, Stage
from core.entities.messages import Action, Message
from core.entities.retrieval import Retrieval
from rag.contract import Contract
from rag.prompting import Brief
from scenarios.tools import Tools


@dataclass(frozen=True, slots=True)
class Intent:
    """What a scenario wants done and may not do itself: the service that runs it carries it out."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an intent; `sentence`, in the person's language, says why it failed."""

    name: str
    ok: bool
    sentence: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message as a scenario sees it. `history` is oldest first and ends before this message.

    `retrieval` is None before the search and when the person switched documents off; `searched` is the title of the
    collection. `state` is what this scenario kept of the conversation. `picked` is the value of the choice that was
    pressed, `form` what was typed into the form under the last answer: it is never stored. `outcomes` are those of the
    intents that this scenario returned for this very message. `query` is the question made to stand alone; `attached`
    are titles and stages of files dropped into the conversation; `several` says that it is more than one question.
    `model` says whether a language model will write.
    """

    question: str
    language: str
    history: tuple[Message, ...] = ()
    retrieval: Retrieval | None = None
    searched: str = ""
    state: Mapping[str, Any] = field(default_factory=dict)
    picked: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()
    query: str = ""
    attached: tuple[tuple[str, Stage], ...] = ()
    several: bool = False
    model: bool = True
    guest: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that needs no model. With `intents` it is not shown: they are carried out, and the scenario is asked
    again with their outcomes. `state` is kept for the next message; None leaves what is kept, {} forgets it."""

    reply: str
    action: Action = Action.ANSWER
    fields: Mapping[str, Any] = field(default_factory=dict)
    stage: int | None = None
    choices: tuple[Choice, ...] = ()
    intents: tuple[Intent, ...] = ()
    state: Mapping[str, Any] | None = None
    dashboard: Mapping[str, Any] | None = None
    retrieval: Retrieval | None = None  # whose passages the [n] of `reply` stand for


@dataclass(frozen=True, slots=True)
class Writing:
    """What a model is asked to write, and what stands under its answer when it has ended; under a refusal stands
    nothing but `choices_if_refused`."""

    brief: Brief
    fields: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    state: Mapping[str, Any] | None = None
    dashboard: Mapping[str, Any] | None = None
    choices_if_refused: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """`collection` is asked when nobody names one, "" if none is; `kinds` are the collections that lead here; `prompt`
    is the text for the model, in English: the answer is in the question's language."""

    name: str
    collection: str
    kinds: tuple[CollectionKind, ...]
    prompt: Path

    @cached_property
    def instructions(self) -> str:
        return self.prompt.read_text(encoding="utf-8")

    def open(self, turn: Turn, tools: Tools) -> Reply | Writing | None:
        """What can be said before anything is searched; None: search first, then `answer`."""
        return None

    def answer(self, turn: Turn, tools: Tools) -> Reply | Writing:
        return Writing(self.plan(turn, contract=Contract(self.name)))

    def plan(self, turn: Turn, *, contract: Contract | None = None, lead: str = "", fallback: str = "") -> Brief:
        """What a model is asked; without a `contract` it answers in plain text."""
        return Brief(
            instructions=self.instructions,
            question=turn.question,
            language=turn.language,
            history=turn.history,
            retrieval=turn.retrieval,
            searched=turn.searched,
            contract=contract,
            lead=lead,
            fallback=fallback,
        )
