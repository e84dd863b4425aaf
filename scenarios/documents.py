"""DOCUMENTS: questions to the files dropped into the conversation, or else to the company's documents."""

from __future__ import annotations

from pathlib import Path

from core.entities.corpora import CollectionKind, Stage
from core.entities.messages import Action
from core.i18n import N_, translate
from scenarios.base import Reply, Scenario, Turn, Writing
from scenarios.tools import Tools

_READING = N_("“%(title)s” is still being read. Ask again in a moment.")
_UNREADABLE = N_("“%(title)s” could not be read, so I cannot answer from it. “My documents” says why.")


class Documents(Scenario):
    def open(self, turn: Turn, tools: Tools) -> Reply | Writing | None:
        """Files that cannot answer yet, or never will, say so; as long as one can, it does."""
        if not turn.attached or any(stage is Stage.READY for _, stage in turn.attached):
            return None
        title, stage = turn.attached[-1]
        sentence = _UNREADABLE if stage is Stage.FAILED else _READING
        return Reply(translate(turn.language, sentence, title=title), action=Action.REFUSE)


SCENARIO = Documents(
    name="DOCUMENTS",
    collection="documents",
    kinds=(CollectionKind.DOCUMENTS, CollectionKind.PERSONAL),
    prompt=Path(__file__).with_name("documents.md"),
)
