"""DOCUMENTS: questions to the files dropped into the conversation, or else to the company's documents.

What asks for a figure of a spreadsheet is answered by an executed query, never read off passages; what is asked of
documents as a whole, from the document that is named.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.entities.answers import Choice
from core.entities.corpora import CollectionKind, Stage
from core.entities.messages import Action
from core.entities.retrieval import Retrieval
from core.i18n import N_, translate
from niches.rewording import with_choice
from rag.contract import Contract
from scenarios import whole_documents
from scenarios.base import Reply, Scenario, Turn, Writing
from scenarios.tools import Tabled, Tools, for_tables

_READING = N_("“%(title)s” is still being read. Ask again in a moment.")
_UNREADABLE = N_("“%(title)s” could not be read, so I cannot answer from it. “My documents” says why.")
_CLOSEST = N_("%(problem)s Closest choices:")


class Documents(Scenario):
    def open(self, turn: Turn, tools: Tools) -> Reply | Writing | None:
        """Files that cannot answer yet, or never will, say so; as long as one can, it does. Figures of spreadsheets
        are calculated."""
        if turn.attached and not any(stage is Stage.READY for _, stage in turn.attached):
            title, stage = turn.attached[-1]
            sentence = _UNREADABLE if stage is Stage.FAILED else _READING
            return Reply(translate(turn.language, sentence, title=title), action=Action.REFUSE)
        found = tools.tables.ask(turn.question)
        if (found is None or found.dashboard is None) and turn.query and turn.query != turn.question:
            found = tools.tables.ask(turn.query) or found
        if found is not None and found.dashboard is not None:
            return _figures(found)
        if (of_whole := whole_documents.reply(turn, tools.shelf, self.name)) is not None:
            return self._summarised(turn, of_whole) if isinstance(of_whole, Retrieval) else of_whole
        if found is None:
            return None
        # A model may know the words for what it is called: it is asked with the table at hand.
        return None if turn.model or not found.choices else self._closest(turn, found)

    def answer(self, turn: Turn, tools: Tools) -> Reply | Writing:
        """A model may query the tables of what was found; where the passages are no evidence, nothing else."""
        retrieval = turn.retrieval
        documents = list(dict.fromkeys(one.document_id for one in retrieval.passages)) if retrieval else []
        offered = tools.tables.offered(turn.question, documents) if turn.model else ()
        if offered and retrieval is not None and not retrieval.answerable:
            known = {one.document_id for one in offered}
            shown = tuple(one for one in retrieval.passages if str(one.document_id) in known)
            turn = replace(turn, retrieval=replace(retrieval, passages=shown, threshold=0.0))
        return Writing(self.plan(turn, contract=Contract(self.name, for_tables(tools.tables, offered, turn.question))))

    def _summarised(self, turn: Turn, document: Retrieval) -> Writing:
        """By a model, from the document itself."""
        turn = replace(turn, retrieval=document, searched=document.question)
        return Writing(self.plan(turn, contract=Contract(self.name)))

    def _closest(self, turn: Turn, found: Tabled) -> Reply:
        """The question with the choice in place of what is unknown is asked by a press."""
        choices = tuple(
            Choice(one, with_choice(turn.question, found.unknown, f"“{one}”"), self.name) for one in found.choices
        )
        text = translate(turn.language, _CLOSEST, problem=found.text)
        return Reply(text, action=Action.ASK, choices=choices)


def _figures(found: Tabled) -> Reply:
    """First how the figure was calculated, then the figure with the document that it is from."""
    cited = " [1]" if found.retrieval else ""
    return Reply(f"*{found.how}*\n\n**{found.text}**{cited}", dashboard=found.dashboard, retrieval=found.retrieval)


SCENARIO = Documents(
    name="DOCUMENTS",
    collection="documents",
    kinds=(CollectionKind.DOCUMENTS, CollectionKind.PERSONAL),
    prompt=Path(__file__).with_name("documents.md"),
)
