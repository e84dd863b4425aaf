"""The tools of scenarios, bound to one person's permissions and language."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from uuid import UUID

import scenarios
from core.entities.corpora import CollectionKind, Document, Stage
from core.entities.people import Principal
from core.entities.retrieval import Retrieval
from core.errors import Forbidden, NotFound
from core.i18n import translate
from core.roles import Permission
from data.database import Database
from data.transaction import Stores
from niches import sentences
from niches.plan import Refusal
from niches.results import Answer, Chart, Dashboard
from niches.rewording import choice_as_read
from niches.snapshots import snapshot
from rag.providers.choice import Choice
from rag.readable import Readable
from scenarios.tools import Article, Figures, Found
from services.answer.retrieve import Retrieve
from services.answer.sheet_tools import SheetTools
from services.corpora.collections import Collections
from services.niches.analytics import Hit, Niches
from services.sheets.questions import SheetQuestions

_FAQ = "faq"
_NEAR = 0.72  # of 1: a wording of a niche that is less like its title is not taken for it
_SAID_FIGURES = 4  # of a niche, in its sentence
_KEPT_SECONDS = 2 * 3600.0
_KEPT_FILES = 6
_LONGEST_OVERLAP = 600  # characters that two chunks of an article may have in common


class ScenarioFiles:
    """The prompts of scenarios by path, from a list of those that may be read; a few are kept for two hours, as long
    as the file does not change."""

    def __init__(self) -> None:
        self._allowed = {scenario.prompt.name: scenario.prompt for scenario in scenarios.REGISTRY.values()}
        self._lock = threading.Lock()
        self._kept: OrderedDict[Path, tuple[float, int, str]] = OrderedDict()

    def read(self, path: str) -> str:
        """Raises `NotFound` for what is not on the list, however it is written."""
        file = self._allowed.get(path)
        if file is None:
            raise NotFound
        changed = file.stat().st_mtime_ns
        with self._lock:
            at, was, text = self._kept.pop(file, (float("-inf"), 0, ""))
            if was != changed or time.monotonic() - at > _KEPT_SECONDS:
                at, text = time.monotonic(), file.read_text(encoding="utf-8")
            self._kept[file] = (at, changed, text)
            if len(self._kept) > _KEPT_FILES:
                self._kept.popitem(last=False)
        return text


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
        if self.niches is None or not principal.may(Permission.NICHES):
            return False
        try:
            planned = self.niches.questions.plan(principal, question)
        except NotFound:
            return False
        if not isinstance(planned, Refusal) or planned.about != "question":
            return True
        return any(hit.score >= _NEAR for hit in self.niches.find(principal, question, 1))

    def bound(
        self,
        principal: Principal,
        language: str,
        choice: Choice | None = None,
        among: Sequence[UUID] = (),
        collection: str = "",
    ) -> BoundTools:
        """`choice` is the language model that writes the answer, None where none does; `among` are the documents whose
        tables are asked, `collection` that of all of them where there are none."""
        tables = SheetTools(self.db, self.collections, self.sheets, principal, language, among, collection)
        return BoundTools(self, principal, language, choice, tables)


class BoundTools:
    def __init__(
        self, bench: Workbench, principal: Principal, language: str, choice: Choice | None, tables: SheetTools
    ) -> None:
        self._bench, self._principal, self._language, self._choice = bench, principal, language, choice
        self.tables = tables

    # --- questions and answers --------------------------------------------------------------------------------------

    def faq_search(self, query: str, n: int = 5, last_article_id: str = "") -> Sequence[Article]:
        found = self._bench.retrieve(self._principal, _FAQ, query, min(max(n, 1), 20) + 4)
        best: dict[str, Article] = {}
        for passage in found.passages:
            article = Article(str(passage.document_id), passage.title, passage.text, passage.score)
            best.setdefault(article.id, article)
        best.pop(last_article_id, None)
        return list(best.values())[:n]

    def faq_get_by_id(self, article_id: str) -> tuple[Article, Retrieval] | None:
        try:
            key = UUID(article_id)
        except ValueError:
            return None
        with self._bench.db.begin() as tx:
            try:
                document = self._article(tx, key)
            except NotFound:
                return None
            collection = self._bench.collections.find(tx, self._principal, document.collection)
            ids = [one for one, _ in tx.chunks.of_document(collection.version.id, document.id)]
        passages = Readable(self._bench.db, collection.version, self._principal).passages(ids)
        if not passages:
            return None
        ordered = tuple(passages[one] for one in ids if one in passages)
        text = joined([passage.text for passage in ordered])
        whole = Retrieval(document.title, ordered[0].language, ordered, 1.0, 0.0, 0.0)
        return Article(article_id, document.title, text, 1.0), whole

    def _article(self, tx: Stores, key: UUID) -> Document:
        """A document of a collection of questions and answers that the caller may read."""
        document = tx.documents.find(self._principal, key)
        kind = tx.collections.find(self._principal, document.collection).kind
        if kind is not CollectionKind.FAQ or document.stage is not Stage.READY:
            raise NotFound
        return document

    # --- figures ----------------------------------------------------------------------------------------------------

    def analytics_titles_search(self, query: str, n: int = 25) -> Sequence[Found]:
        return [self._found(hit) for hit in self._niches.find(self._principal, query, min(max(n, 3), 25))][:n]

    def analytics_titles_random(self, n: int = 5) -> Sequence[Found]:
        return [self._found(hit) for hit in self._niches.random(self._principal, n)]

    def analytics_search(self, query: str) -> Figures:
        answer = self._niches.questions.ask(
            self._principal, query, self._language, choice=self._choice, grammar_only=self._choice is None
        )
        refusal = answer.refusal
        if refusal is None:
            return Figures(answer.text, snapshot(answer))
        catalogue = self._niches.catalogue(self._principal)
        values = {name: choice_as_read(one, catalogue, self._language) for name, one in refusal.values.items()}
        told = translate(self._language, refusal.sentence, **values)
        titles = {niche.title: niche for niche in catalogue.niches.values()}
        choices = [Found(titles[one].id, self._title(titles[one])) for one in refusal.choices if one in titles]
        others = [choice_as_read(one, catalogue, self._language) for one in refusal.choices if one not in titles]
        choices += [Found("", one) for one in others]
        called = self._niches.questions.named(self._principal, query)
        named = tuple(Found(one.id, self._title(one), 1.0) for one in called)
        unknown = refusal.values.get("name", "")
        beyond, region = self._niches.questions.beyond(self._principal, query)
        return Figures(
            told,
            about=refusal.about,
            choices=tuple(choices),
            named=named,
            unknown=unknown,
            beyond=beyond,
            region=region,
        )

    def analytics_followed(self, question: str, before: str) -> str:
        return self._niches.questions.followed(self._principal, question, before)

    def analytics_get_by_niche(self, niche: str, region: str = "") -> Figures | None:
        found = self._niche(niche)
        if found is None:
            return None
        try:
            dashboard = self._niches.dashboard(self._principal, found, region, language=self._language)
        except NotFound:  # a region of another dataset
            dashboard = self._niches.dashboard(self._principal, found, language=self._language)
        return Figures(*self._described(niche, dashboard))

    def _niche(self, niche: str) -> str | None:
        """The id: exactly, then by scanning all titles and aliases, then by a wording that is near enough."""
        niches = self._niches.catalogue(self._principal).niches
        if niche in niches:
            return niche
        wanted = niche.strip().casefold()
        for one in niches.values():
            if wanted in (name.casefold() for name in (one.title, one.title_ru, *one.aliases, *one.aliases_ru)):
                return one.id
        best = next(iter(self._niches.find(self._principal, niche, 3)), None)
        return best.niche.id if best and best.score >= _NEAR else None

    def _described(self, question: str, found: Dashboard) -> tuple[str, dict[str, object]]:
        """One sentence with the first figures, and the table by region with the first of them drawn."""
        said = [
            f"{sentences.title(one.metric, self._language)}: "
            f"{sentences.amount(one.standing.value, one.metric, self._language)}"
            for one in found.figures[:_SAID_FIGURES]
        ]
        place = f" ({self._title(found.region)})" if found.region and not found.region.whole else ""
        text = f"{self._title(found.niche)}{place}. {'; '.join(said)}."
        metric = found.figures[0].metric if found.figures else None
        region = found.regions.columns[0].key
        chart = Chart("bar", region, metric.name) if metric and len(found.regions.rows) > 1 else Chart("none")
        answer = Answer(question, None, None, found.regions, chart, text, metric, found.stamp)
        return text, snapshot(answer)

    # --- scenarios --------------------------------------------------------------------------------------------------

    def read_scenario(self, path: str) -> str:
        return self._bench.files.read(path)

    # --- parts ------------------------------------------------------------------------------------------------------

    @property
    def _niches(self) -> Niches:
        if self._bench.niches is None or not self._principal.may(Permission.NICHES):
            raise Forbidden
        return self._bench.niches

    def _found(self, hit: Hit) -> Found:
        return Found(hit.niche.id, self._title(hit.niche), hit.score)

    def _title(self, niche: object) -> str:
        return sentences.title(niche, self._language)


def joined(texts: Sequence[str]) -> str:
    """Chunks that follow each other as one text: what the next repeats of the one before stands there once."""
    whole = texts[0] if texts else ""
    for text in texts[1:]:
        tail, head = whole[-_LONGEST_OVERLAP:], text[:_LONGEST_OVERLAP]
        match = SequenceMatcher(None, tail, head, autojunk=False).find_longest_match()
        overlaps = match.b == 0 and match.a + match.size == len(tail)
        whole += text[match.size :] if overlaps else f"\n\n{text}"
    return whole
