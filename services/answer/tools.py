"""The tools of scenarios, bound to one person's permissions and language."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core.entities.people import Principal
from core.errors import NotFound
from core.roles import Permission
from data.database import Database
from niches.plan import Refusal
from rag.providers.choice import Choice
from services.answer.article_tools import ArticleTools
from services.answer.niche_tools import NEAR, NicheTools
from services.answer.retrieve import Retrieve
from services.answer.scenario_files import ScenarioFiles
from services.answer.sheet_tools import SheetTools
from services.answer.shelf_tools import ShelfTools
from services.corpora.collections import Collections
from services.niches.analytics import Niches
from services.sheets.questions import SheetQuestions


class Workbench:
    """What all tools of the process share; `bound` gives those of one person."""

    def __init__(self, db: Database, collections: Collections, retrieve: Retrieve, niches: Niches | None) -> None:
        self.db, self.collections, self.retrieve, self.niches = db, collections, retrieve, niches
        self.files, self.sheets = ScenarioFiles(), SheetQuestions(db)

    def names_a_niche(self, principal: Principal, question: str) -> bool:
        allowed = self.niches is not None and principal.may(Permission.NICHES)
        return bool(allowed and self.niches and self.niches.questions.named(principal, question))

    def speaks_of_figures(self, principal: Principal, question: str) -> bool:
        """Whether anything of the catalogue is called by its name, or nearly: a niche, a metric, a region, a sector."""
        about = self._about(principal, question)
        if about != "question" or self.niches is None:
            return about is not None
        return any(hit.score >= NEAR for hit in self.niches.find(principal, question, 1))

    def knows_figures(self, principal: Principal, question: str) -> bool:
        """Whether a question that sounds of figures is of those of niches: it can be planned, or names a niche."""
        about = self._about(principal, question)
        return about in ("", "period") or (about is not None and self.names_a_niche(principal, question))

    def _about(self, principal: Principal, question: str) -> str | None:
        """What a plan of the question is refused for, "" where it can be planned; None where there are no figures."""
        if self.niches is None or not principal.may(Permission.NICHES):
            return None
        try:
            planned = self.niches.questions.plan(principal, question)
        except NotFound:
            return None
        return planned.about if isinstance(planned, Refusal) else ""

    def has_table_for(self, principal: Principal, question: str, language: str, collection: str) -> bool:
        """Whether a table of the collection's documents answers it."""
        found = SheetTools(self.db, self.collections, self.sheets, principal, language, (), collection).ask(question)
        return found is not None and found.dashboard is not None

    def bound(
        self,
        principal: Principal,
        language: str,
        choice: Choice | None = None,
        among: Sequence[UUID] = (),
        collection: str = "",
    ) -> BoundTools:
        """`choice` is the language model that writes the answer, None where none does; `among` are the documents that
        are asked as a whole or for their tables, `collection` that of all of them where there are none."""
        tables = SheetTools(self.db, self.collections, self.sheets, principal, language, among, collection)
        shelf = ShelfTools(self.db, self.collections, principal, language, among, collection)
        return BoundTools(self, principal, language, choice, tables, shelf)


class BoundTools(ArticleTools, NicheTools):
    """All that `scenarios.tools.Tools` asks for."""

    def __init__(
        self,
        bench: Workbench,
        principal: Principal,
        language: str,
        choice: Choice | None,
        tables: SheetTools,
        shelf: ShelfTools,
    ) -> None:
        ArticleTools.__init__(self, bench.db, bench.collections, bench.retrieve, principal)
        NicheTools.__init__(self, bench.niches, principal, language, choice)
        self._files, self.tables, self.shelf = bench.files, tables, shelf

    def read_scenario(self, path: str) -> str:
        return self._files.read(path)
