"""Niche analytics for chat and pages: finding, dashboards, comparison; `questions` has what is asked in words."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.entities.niches import Catalogue, Dataset, Niche, Region, Sector
from core.entities.people import Principal
from core.errors import BadInput, Forbidden
from core.roles import Permission
from data.database import Database
from data.transaction import Stores
from niches import named, sentences, tables
from niches.results import Answer, Comparison, Dashboard, KeyFigure
from services.niches.catalogue import Known, NicheCatalogue
from services.niches.questions import LONGEST, NicheQuestions

MOST_FOUND = 25
_SIMILAR = 6
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

    def __init__(self, db: Database, catalogue: NicheCatalogue, questions: NicheQuestions) -> None:
        self.questions = questions
        self._db = db
        self._catalogue = catalogue

    # --- finding ----------------------------------------------------------------------------------------------------

    def find(self, principal: Principal, query: str, k: int = 10) -> list[Hit]:
        """A shortlist of at most `k` (3 to 25) niches for any wording, best first."""
        _may_look(principal)
        known = self._known()
        found = self._catalogue.find(known, query[:LONGEST], min(max(k, 3), MOST_FOUND))
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
        with self._db.read() as tx:
            known = self._catalogue.current(tx)
            catalogue = known.catalogue
            niche = named.niche(catalogue, niche_id)
            dataset, place = catalogue.datasets[niche.dataset_id], named.region(catalogue, niche.dataset_id, region)
            metrics = named.metrics(catalogue, dataset.id)
            standings = tx.niche_figures.standings(niche.key, place.id)
            figures = tuple(KeyFigure(one, standings[one.id]) for one in metrics if one.id in standings)
            regions = tables.by_region(tx.niche_figures.by_region(niche.key), metrics, catalogue.regions, language)
            regional, known_here = {one.key for one in regions.columns}, {one.metric.name for one in figures}
            return Dashboard(
                niche=niche,
                sector=catalogue.sectors.get(niche.sector_id or 0),
                dataset=dataset,
                region=place,
                figures=figures,
                regions=regions,
                series=_series(tx, catalogue, dataset, [niche], place)[niche.id],
                similar=self._similar(tx, known, niche),
                stamp=tables.stamp(dataset),
                notes=tuple(sentences.about_whole(metrics, regional, known_here, language)) if place.whole else (),
            )

    def distribution(self, principal: Principal, niche_id: str, metric: str, region: str = "") -> list[float]:
        """The values of a metric of all niches of the niche's dataset, smallest first."""
        _may_look(principal)
        with self._db.read() as tx:
            catalogue = self._catalogue.current(tx).catalogue
            niche = named.niche(catalogue, niche_id)
            wanted = named.metric(catalogue, niche.dataset_id, metric)
            return tx.niche_figures.distribution(wanted.id, named.region(catalogue, niche.dataset_id, region).id)

    def compare(
        self, principal: Principal, niche_ids: Sequence[str], region: str = "", language: str = "en"
    ) -> Comparison:
        """2 to 5 niches of one dataset side by side. Raises BadInput for others."""
        _may_look(principal)
        ids = list(dict.fromkeys(niche_ids))
        if not 2 <= len(ids) <= 5:
            raise BadInput("Choose two to five niches to compare.")
        with self._db.read() as tx:
            catalogue = self._catalogue.current(tx).catalogue
            niches = [named.niche(catalogue, one) for one in ids]
            if len({one.dataset_id for one in niches}) > 1:
                raise BadInput("Figures of different sources are not compared. Choose niches of one dataset.")
            dataset = catalogue.datasets[niches[0].dataset_id]
            place = named.region(catalogue, dataset.id, region)
            metrics = named.metrics(catalogue, dataset.id)
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

    # --- asking -----------------------------------------------------------------------------------------------------

    def answer(self, principal: Principal, question: str) -> Answer:
        """What the ANALYTICS scenario attaches to its message: table, chart, sentence, and articles for citations."""
        return self.questions.ask(principal, question)

    # --- parts ------------------------------------------------------------------------------------------------------

    def _known(self) -> Known:
        with self._db.read() as tx:
            return self._catalogue.current(tx)

    def _similar(self, tx: Stores, known: Known, niche: Niche) -> tuple[tuple[Niche, float], ...]:
        profiles = self._catalogue.profiles(tx, known, niche.dataset_id)
        by_key = {one.key: one for one in known.catalogue.niches.values() if one.dataset_id == niche.dataset_id}
        found = profiles.like(niche.key, known.sectors, _SIMILAR)
        return tuple((by_key[key], likeness) for key, likeness in found)


def _hit(catalogue: Catalogue, niche: Niche, score: float, by: str) -> Hit:
    sector = catalogue.sectors.get(niche.sector_id or 0)
    return Hit(niche, sector, score, by, catalogue.datasets[niche.dataset_id].demo)


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


def _may_look(principal: Principal) -> None:
    if not principal.may(Permission.NICHES):
        raise Forbidden
