"""Niche analytics: finding, dashboards, comparison, leaderboards, questions and saved views, for chat and pages."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from core.entities.niches import Catalogue, Dataset, Metric, Niche, Region, SavedView, Sector
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Permission
from data.database import Database
from data.transaction import Stores
from niches import asking, grammar, tables
from niches import question as reading
from niches.plan import Plan, Refusal
from niches.results import Answer, Comparison, Dashboard, KeyFigure
from niches.wording import language as language_of
from services.niche_catalogue import Known, NicheCatalogue, shortlist

MOST_FOUND = 25
_SIMILAR = 6
_LONGEST_QUESTION = 1_000
_LONGEST_TITLE = 100
Series = tuple[tuple[date, float | None], ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A niche of a shortlist; `score` in [0, 1], `by` is what decided: exact, stem, fuzzy or words."""

    niche: Niche
    sector: Sector | None
    score: float
    by: str
    demo: bool


class Niches:
    """Every method raises Forbidden for those who may not see niches, and NotFound for what does not exist.

    `language` ("en" or "ru") is that of the titles in tables; a niche is named by its `id`, a metric by its name, a
    region or sector by its English title ("" is all of it), a dataset by its name.
    """

    def __init__(self, db: Database, catalogue: NicheCatalogue) -> None:
        self._db = db
        self._catalogue = catalogue

    # --- finding ----------------------------------------------------------------------------------------------------

    def find(self, principal: Principal, query: str, k: int = 10) -> list[Hit]:
        """A shortlist of at most `k` (3 to 25) niches for any wording, best first."""
        _may_look(principal)
        known = self._known()
        found = self._catalogue.find(known, query[:_LONGEST_QUESTION], min(max(k, 3), MOST_FOUND))
        return [_hit(known.catalogue, known.catalogue.niches[one.id], one.score, one.by) for one in found]

    def random(self, principal: Principal, n: int = 10) -> list[Hit]:
        """`n` (5 to 30) niches by chance, for those who look around."""
        _may_look(principal)
        catalogue = self._known().catalogue
        everything = list(catalogue.niches.values())
        chosen = random.sample(everything, min(len(everything), min(max(n, 5), 30)))
        return [_hit(catalogue, niche, 0.0, "random") for niche in chosen]

    def catalogue(self, principal: Principal) -> Catalogue:
        """Datasets, sectors, regions, metrics and niches, for choosing from."""
        _may_look(principal)
        return self._known().catalogue

    # --- looking ----------------------------------------------------------------------------------------------------

    def dashboard(self, principal: Principal, niche_id: str, region: str = "", language: str = "en") -> Dashboard:
        """Everything about one niche; its figures in `region` with rank and percentile among all niches there."""
        _may_look(principal)
        with self._db.begin() as tx:
            known = self._catalogue.current(tx)
            catalogue = known.catalogue
            niche = _niche(catalogue, niche_id)
            dataset, place = catalogue.datasets[niche.dataset_id], _region(catalogue, niche.dataset_id, region)
            metrics = _metrics(catalogue, dataset)
            standings = tx.niche_figures.standings(niche.key, place.id)
            return Dashboard(
                niche=niche,
                sector=catalogue.sectors.get(niche.sector_id or 0),
                dataset=dataset,
                region=place,
                figures=tuple(KeyFigure(one, standings[one.id]) for one in metrics if one.id in standings),
                regions=tables.by_region(tx.niche_figures.by_region(niche.key), metrics, catalogue.regions, language),
                series=_series(tx, catalogue, dataset, [niche], place)[niche.id],
                similar=self._similar(tx, known, niche),
                stamp=tables.stamp(dataset),
            )

    def distribution(self, principal: Principal, niche_id: str, metric: str, region: str = "") -> list[float]:
        """The values of a metric of all niches of the niche's dataset, smallest first."""
        _may_look(principal)
        with self._db.begin() as tx:
            catalogue = self._catalogue.current(tx).catalogue
            niche = _niche(catalogue, niche_id)
            wanted = _metric(catalogue, niche.dataset_id, metric)
            return tx.niche_figures.distribution(wanted.id, _region(catalogue, niche.dataset_id, region).id)

    def compare(
        self, principal: Principal, niche_ids: Sequence[str], region: str = "", language: str = "en"
    ) -> Comparison:
        """2 to 5 niches of one dataset side by side. Raises BadInput for others."""
        _may_look(principal)
        ids = list(dict.fromkeys(niche_ids))
        if not 2 <= len(ids) <= 5:
            raise BadInput("Choose two to five niches to compare.")
        with self._db.begin() as tx:
            catalogue = self._catalogue.current(tx).catalogue
            niches = [_niche(catalogue, one) for one in ids]
            if len({one.dataset_id for one in niches}) > 1:
                raise BadInput("Figures of different sources are not compared. Choose niches of one dataset.")
            dataset, place = catalogue.datasets[niches[0].dataset_id], _region(catalogue, niches[0].dataset_id, region)
            metrics = _metrics(catalogue, dataset)
            standings = {one.id: tx.niche_figures.standings(one.key, place.id) for one in niches}
            values = {(id_, key): found.value for id_, by in standings.items() for key, found in by.items()}
            names = {one.id: one.name for one in metrics}
            return Comparison(
                niches=tuple(niches),
                region=place,
                table=tables.side_by_side(niches, metrics, values, language),
                standings={id_: {names[key]: one for key, one in by.items()} for id_, by in standings.items()},
                series=_series(tx, catalogue, dataset, niches, place),
                stamp=tables.stamp(dataset),
            )

    def leaderboard(
        self,
        principal: Principal,
        dataset: str,
        metric: str,
        *,
        region: str = "",
        sector: str = "",
        period: date | None = None,
        n: int = 25,
        descending: bool = True,
        language: str = "en",
    ) -> Answer:
        """The `n` (to 100) niches with the largest or smallest values."""
        return self.run(
            principal,
            Plan(
                kind="top", dataset=dataset, metric=metric, region=region, sector=sector, period=period,
                n=min(max(n, 1), 100), descending=descending,
            ),
            language,
        )  # fmt: skip

    def grouped(
        self,
        principal: Principal,
        dataset: str,
        metric: str,
        by: Literal["sector", "region"],
        function: Literal["sum", "mean", "median", "share"] = "sum",
        *,
        language: str = "en",
    ) -> Answer:
        """A metric by sector or by region."""
        plan = Plan(kind="group", dataset=dataset, metric=metric, by=by, function=function)
        return self.run(principal, plan, language)

    # --- asking -----------------------------------------------------------------------------------------------------

    def plan(self, principal: Principal, question: str) -> Plan | Refusal:
        """What a question in English or Russian asks for, without answering it."""
        _may_look(principal)
        text = question.strip()[:_LONGEST_QUESTION]
        if not text:
            raise BadInput("Write a question first.")
        known = self._known()
        if not known.catalogue.metrics:
            raise NotFound("There are no figures of niches yet. Ask an administrator to import some.")
        return grammar.parse(
            text,
            known.catalogue,
            known.gazetteer,
            lambda words: shortlist(known, self._catalogue.find(known, words, 5)),
        )

    def named(self, principal: Principal, question: str) -> list[Niche]:
        """The niches that a question calls by their names, whatever it asks of them."""
        _may_look(principal)
        known = self._known()
        mentions = reading.read(question[:_LONGEST_QUESTION], known.gazetteer).of("niche")
        return [known.catalogue.niches[key] for key in dict.fromkeys(one.ids[0] for one in mentions)]

    def ask(self, principal: Principal, question: str, language: str = "") -> Answer:
        """The answer to a question, with the query that found it; in the question's language unless told otherwise."""
        plan = self.plan(principal, question)
        return self._answer(question, plan, language or language_of(question))

    def run(self, principal: Principal, plan: Plan, language: str = "en") -> Answer:
        """The answer to a plan that a person corrected or a language model proposed."""
        _may_look(principal)
        return self._answer("", plan, language)

    def answer(self, principal: Principal, question: str) -> Answer:
        """What the ANALYTICS scenario attaches to its message: table, chart, sentence, and articles for citations."""
        return self.ask(principal, question)

    def _answer(self, question: str, plan: Plan | Refusal, language: str) -> Answer:
        catalogue = self._known().catalogue
        with self._db.begin() as tx:
            return asking.answer(tx, catalogue, question, plan, language)

    # --- saved views ------------------------------------------------------------------------------------------------

    def save_view(self, principal: Principal, title: str, params: Mapping[str, str]) -> SavedView:
        """Keeps the address of a page under a title, for its owner alone."""
        owner, name = _owner(principal), " ".join(title.split())
        if not name or len(name) > _LONGEST_TITLE:
            raise BadInput("Give the view a title of at most %(most)s characters.", most=_LONGEST_TITLE)
        with self._db.begin() as tx:
            return tx.niches.save_view(owner, name, params)

    def views(self, principal: Principal) -> list[SavedView]:
        """One's own, newest first."""
        owner = _owner(principal)
        with self._db.begin() as tx:
            return tx.niches.views(owner)

    def delete_view(self, principal: Principal, view_id: UUID) -> None:
        owner = _owner(principal)
        with self._db.begin() as tx:
            if not tx.niches.delete_view(owner, view_id):
                raise NotFound

    # --- parts ------------------------------------------------------------------------------------------------------

    def _known(self) -> Known:
        with self._db.begin() as tx:
            return self._catalogue.current(tx)

    def _similar(self, tx: Stores, known: Known, niche: Niche) -> tuple[tuple[Niche, float], ...]:
        profiles = self._catalogue.profiles(tx, known, niche.dataset_id)
        by_key = {one.key: one for one in known.catalogue.niches.values() if one.dataset_id == niche.dataset_id}
        found = profiles.like(niche.key, known.sectors, _SIMILAR)
        return tuple((by_key[key], likeness) for key, likeness in found)


def _hit(catalogue: Catalogue, niche: Niche, score: float, by: str) -> Hit:
    sector = catalogue.sectors.get(niche.sector_id or 0)
    return Hit(niche, sector, score, by, catalogue.datasets[niche.dataset_id].demo)


def _niche(catalogue: Catalogue, niche_id: str) -> Niche:
    found = catalogue.niches.get(niche_id)
    if found is None:
        raise NotFound("There is no such niche.")
    return found


def _region(catalogue: Catalogue, dataset_id: int, title: str) -> Region:
    for region in catalogue.regions.values():
        if region.dataset_id == dataset_id and region.title == title:
            return region
    raise NotFound("There is no region %(name)s in this dataset.", name=title)


def _metrics(catalogue: Catalogue, dataset: Dataset) -> list[Metric]:
    return [one for one in catalogue.metrics.values() if one.dataset_id == dataset.id]


def _metric(catalogue: Catalogue, dataset_id: int, name: str) -> Metric:
    for metric in catalogue.metrics.values():
        if metric.dataset_id == dataset_id and metric.name == name:
            return metric
    raise NotFound("There is no metric %(name)s.", name=name)


def _series(
    tx: Stores, catalogue: Catalogue, dataset: Dataset, niches: Sequence[Niche], region: Region
) -> dict[str, dict[str, Series]]:
    """By niche, by metric: (period, value) along the dataset's periods."""
    found: dict[str, dict[str, Series]] = {niche.id: {} for niche in niches}
    if not dataset.periods:
        return found
    ids = {niche.key: niche.id for niche in niches}
    for (niche, metric), values in tx.niche_figures.series(list(ids), region.id).items():
        name = catalogue.metrics[metric].name
        found[ids[niche]][name] = tuple(zip(dataset.periods, values, strict=True))
    return found


def _owner(principal: Principal) -> UUID:
    _may_look(principal)
    if principal.user_id is None:
        raise Forbidden
    return principal.user_id


def _may_look(principal: Principal) -> None:
    if not principal.may(Permission.NICHES):
        raise Forbidden
