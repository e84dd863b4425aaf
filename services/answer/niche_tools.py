"""The figures of niches for scenarios, bound to one person, one language, and the model that may read the question."""

from __future__ import annotations

from collections.abc import Sequence

from core.entities.people import Principal
from core.errors import Forbidden, NotFound
from core.i18n import translate
from core.roles import Permission
from niches import sentences
from niches.results import Answer, Chart, Dashboard
from niches.rewording import choice_as_read
from niches.snapshots import snapshot
from rag.providers.choice import Choice
from scenarios.tools import Figures, Found
from services.niches.analytics import Hit, Niches

NEAR = 0.72  # of 1: a wording of a niche that is less like its title is not taken for it
_SAID_FIGURES = 4  # of a niche, in its sentence


class NicheTools:
    """`choice` is the language model that writes the answer, None where none does: then the grammar alone reads."""

    def __init__(self, niches: Niches | None, principal: Principal, language: str, choice: Choice | None) -> None:
        self._known, self._principal, self._language, self._choice = niches, principal, language, choice

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
        return best.niche.id if best and best.score >= NEAR else None

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

    @property
    def _niches(self) -> Niches:
        if self._known is None or not self._principal.may(Permission.NICHES):
            raise Forbidden
        return self._known

    def _found(self, hit: Hit) -> Found:
        return Found(hit.niche.id, self._title(hit.niche), hit.score)

    def _title(self, niche: object) -> str:
        return sentences.title(niche, self._language)
