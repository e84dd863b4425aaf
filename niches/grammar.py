"""Understands a question in English or Russian without a language model: it becomes a plan, or a reason why not.

Names of the catalogue are found first, then what is asked of them; a word that nothing explains makes the question a
Refusal that names it, so that no figure is ever given for something else than what was asked.
"""

from __future__ import annotations

from collections.abc import Callable

from core.entities.niches import Catalogue, Dataset, Metric, Niche
from niches import formulas
from niches.gazetteer import Gazetteer, Mention
from niches.plan import Plan, Refusal, closest
from niches.question import COMPARE, COUNT, GROWTH, PLAIN, PROFITABLE, REGIONS, SECTORS, Reading, asks, read

Shortlist = Callable[[str], list[Niche]]


def parse(question: str, catalogue: Catalogue, gazetteer: Gazetteer, shortlist: Shortlist) -> Plan | Refusal:
    """The plan of a question; `shortlist` proposes niches for words that name none."""
    reading = read(question, gazetteer)
    if not reading.mentions and not (reading.top and implied(reading)):
        return Refusal("question", "This is not a question about figures of niches.", {}, _titles(shortlist(question)))
    return _Planner(reading, catalogue, shortlist).plan()


def implied(reading: Reading) -> str:
    """The formula or name of the metric that a question means without its name: "which niches grew most?"; else ""."""
    if len(reading.periods) < 2 and reading.has(GROWTH):
        return "growth("
    return "margin" if reading.has(PROFITABLE) else ""


class _Planner:
    """Makes the plan of what was read."""

    def __init__(self, reading: Reading, catalogue: Catalogue, shortlist: Shortlist) -> None:
        self._reading = reading
        self._catalogue = catalogue
        self._shortlist = shortlist

    def plan(self) -> Plan | Refusal:
        dataset = self._dataset()
        metric = self._metric(dataset)
        if isinstance(metric, Refusal):
            return metric
        by = self._by()
        niches = self._niches(dataset)
        if isinstance(niches, Refusal):
            return niches
        kind = self._kind(metric, niches, by)
        if refusal := self._unexplained(kind, niches) or self._years(dataset):
            return refusal
        return self._made(kind, dataset, metric, niches, by)

    # --- what the names stand for -----------------------------------------------------------------------------------

    def _dataset(self) -> Dataset:
        """The one that has most of what is named; of equals the one with the period, then real before demo data."""
        reading, datasets = self._reading, self._catalogue.datasets

        def fits(dataset: Dataset) -> tuple[int, int, int, int, int]:
            has = [any(self._dataset_of(one.kind, id_) == dataset.id for id_ in one.ids) for one in reading.mentions]
            named = sum(has[at] for at, one in enumerate(reading.mentions) if one.kind != "metric")
            monthly = bool(reading.periods) and bool(dataset.periods)
            return named, int(monthly), sum(has), int(self._implied(dataset) is not None), int(not dataset.demo)

        return max(datasets.values(), key=lambda one: (*fits(one), one.id))

    def _dataset_of(self, kind: str, id_: str) -> int:
        catalogue = self._catalogue
        if kind == "niche":
            return catalogue.niches[id_].dataset_id
        tables = {"metric": catalogue.metrics, "sector": catalogue.sectors, "region": catalogue.regions}
        return tables[kind][int(id_)].dataset_id  # type: ignore[attr-defined,no-any-return]

    def _ids(self, mention: Mention, dataset: Dataset) -> list[str]:
        return [id_ for id_ in mention.ids if self._dataset_of(mention.kind, id_) == dataset.id]

    def _implied(self, dataset: Dataset) -> Metric | None:
        meant = "" if self._reading.of("metric") else implied(self._reading)
        metrics = [one for one in self._catalogue.metrics.values() if one.dataset_id == dataset.id]
        return next((one for one in metrics if meant and (one.name == meant or one.formula.startswith(meant))), None)

    def _metric(self, dataset: Dataset) -> Metric | Refusal:
        metrics = self._catalogue.metrics
        of_dataset = [one for one in metrics.values() if one.dataset_id == dataset.id]
        named = self._reading.of("metric")
        if meant := self._implied(dataset):
            return meant
        if not named:
            wanted = " ".join(word for word in self._reading.left if not PLAIN.match(word))
            choices = closest(wanted, of_dataset)
            return Refusal("metric", "Say which metric you mean.", {}, choices)
        if len(named) > 1:
            said = tuple(self._said(one) for one in named)
            return Refusal("metric", "Ask for one metric at a time.", {}, said, settled=True)
        ids = self._ids(named[0], dataset)
        if len(ids) == 1:
            return metrics[int(ids[0])]
        if ids:
            titles = tuple(metrics[int(id_)].title for id_ in ids)
            return Refusal("metric", "Say which metric you mean.", {}, titles, settled=True)
        sentence = "There is no metric %(name)s."
        return Refusal("metric", sentence, {"name": self._said(named[0])}, closest(self._said(named[0]), of_dataset))

    def _niches(self, dataset: Dataset) -> list[Niche] | Refusal:
        found: list[Niche] = []
        for mention in self._reading.of("niche"):
            ids = self._ids(mention, dataset)
            if len(ids) != 1:
                choices = [self._catalogue.niches[id_] for id_ in (ids or mention.ids)][:5]
                values = {"name": self._said(mention)}
                return Refusal(
                    "niche", "%(name)s can be more than one niche. Say which.", values, _titles(choices), settled=True
                )
            if (niche := self._catalogue.niches[ids[0]]) not in found:
                found.append(niche)
        return found

    def _said(self, mention: Mention) -> str:
        return " ".join(self._reading.words[mention.start : mention.end])

    # --- what is asked ----------------------------------------------------------------------------------------------

    def _by(self) -> str:
        reading = self._reading
        ranked = reading.has(SECTORS) and not reading.of("sector") and not reading.of("niche")
        if reading.by(SECTORS) or ranked:  # "by sector", "which sectors have the highest margin?"
            return "sector"
        return "region" if self._reading.by(REGIONS) else ""

    def _kind(self, metric: Metric, niches: list[Niche], by: str) -> str:
        reading = self._reading
        growing = reading.has(GROWTH) or metric.formula.startswith("growth(")
        if len(reading.periods) == 2 and growing:
            return "growth"
        if reading.threshold is not None:
            return "count" if reading.has(COUNT) else "top"
        if by or (reading.function() and not niches):
            return "group"
        if len(niches) > 1:
            return "compare"
        return "value" if niches else "top" if reading.top else "value"

    def _unexplained(self, kind: str, niches: list[Niche]) -> Refusal | None:
        rest = [word for word in self._reading.left if not PLAIN.match(word) and not asks(word)]
        alone = not niches or self._reading.has(COMPARE)
        if rest and alone and kind in ("value", "compare", "growth"):
            near = self._shortlist(" ".join(rest))
            values = {"name": " ".join(rest)}
            return Refusal(
                "niche", "There is no niche %(name)s. Choose one of those that come close.", values, _titles(near)
            )
        if rest:
            return Refusal(
                "question", "This part of the question is not understood: %(words)s.", {"words": " ".join(rest)}
            )
        if kind == "value" and not niches:
            return Refusal("niche", "Say which niches you mean.", {})
        return None

    def _years(self, dataset: Dataset) -> Refusal | None:
        for year in self._reading.years:
            if str(year) != dataset.as_of:
                known = tuple(f"{one:%Y-%m}" for one in dataset.periods[-1:]) or (dataset.as_of,)
                values = {"period": str(year)}
                return Refusal("period", "There are no figures for %(period)s.", values, known, settled=True)
        return None

    def _made(self, kind: str, dataset: Dataset, metric: Metric, niches: list[Niche], by: str) -> Plan | Refusal:
        reading = self._reading
        function = reading.function() or (
            "mean" if kind == "group" and metric.formula else "sum"
        )  # ratios add up to nothing
        if kind in ("growth", "group") and metric.formula.startswith(("share(", "growth(")):
            base = next(iter(formulas.names(metric.formula)))
            function = "share" if metric.formula.startswith("share(") else function
            metric = next(
                one for one in self._catalogue.metrics.values() if (one.dataset_id, one.name) == (dataset.id, base)
            )
        places: dict[str, str] = {}
        for mention in (*reading.of("region"), *reading.of("sector")):
            ids = self._ids(mention, dataset)
            if len(ids) != 1 or mention.kind in places:
                return Refusal(mention.kind, "Name one region and one sector at most.", {}, settled=True)
            places[mention.kind] = self._place(mention.kind, int(ids[0]))
        periods = sorted(reading.periods)
        if len(periods) > (2 if kind == "growth" else 1):
            return Refusal("period", "Say one period, or two for a growth.", {}, settled=True)
        return Plan.model_validate(
            {
                "kind": kind, "dataset": dataset.name, "metric": metric.name, "niches": [one.id for one in niches[:5]],
                "region": places.get("region", ""), "sector": places.get("sector", ""),
                "period": periods[-1] if periods else None, "before": periods[0] if kind == "growth" else None,
                "n": max(reading.n, len(niches)),
                "descending": reading.descending, "function": function, "by": by,
                "comparison": reading.comparison, "threshold": self._scaled(metric),
            }
        )  # fmt: skip

    def _place(self, kind: str, id_: int) -> str:
        return self._catalogue.regions[id_].title if kind == "region" else self._catalogue.sectors[id_].title

    def _scaled(self, metric: Metric) -> float | None:
        """The threshold as figures are stored: "margin over 12" means 12 %, and "revenue over 1 million" means rubles
        even where the figures are thousands of them."""
        said = self._reading.threshold
        if said is None:
            return None
        if metric.format == "percent":
            return said / 100 if abs(said) > 1 else said
        return said / 1_000 if self._reading.scaled and metric.unit.startswith("thousand") else said


def _titles(niches: list[Niche]) -> tuple[str, ...]:
    return tuple(one.title for one in niches[:5])
