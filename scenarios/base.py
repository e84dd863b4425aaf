"""What a scenario is: it turns one message of a conversation into what the model is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.entities import CollectionKind, Message, Retrieval
from rag.prompting import Brief


@dataclass(frozen=True, slots=True)
class Turn:
    """One message as a scenario sees it. `retrieval` is None when the person switched documents off; `searched` is the
    title of the collection; `history` is oldest first and ends before this message."""

    question: str
    language: str
    history: tuple[Message, ...] = ()
    retrieval: Retrieval | None = None
    searched: str = ""


@dataclass(frozen=True)
class Scenario:
    """`collection` is asked when nobody names one; `kinds` are the collections that lead to this scenario; `prompt` is
    its text for the model, in English: the answer is in the question's language."""

    name: str
    collection: str
    kinds: tuple[CollectionKind, ...]
    prompt: Path

    @cached_property
    def instructions(self) -> str:
        return self.prompt.read_text(encoding="utf-8")

    def plan(self, turn: Turn) -> Brief:
        return Brief(
            instructions=self.instructions,
            question=turn.question,
            language=turn.language,
            history=turn.history,
            retrieval=turn.retrieval,
            searched=turn.searched,
        )
