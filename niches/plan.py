"""The typed plan that a question becomes, by grammar or by a language model, and its check against the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.entities.niches import Catalogue, Dataset, FigureQuery, Metric, Niche, Region, Sector

MOST_ROWS = 100


class Plan(BaseModel):
    """Names are those of the catalogue: `metric` a metric's name, `niches` ids, `region` and `sector` English titles.

    value    the metric of one niche                      top      the `n` niches with the largest (smallest) values
    compare  the metric of 2 to 5 niches                  group    sum, mean, median or share by sector or region
    growth   its change between two periods               count    how many niches are beyond a threshold
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["value", "top", "compare", "group", "growth", "count"]
    dataset: str = Field(max_length=100)
    metric: str = Field(max_length=100)
    niches: list[str] = Field(default_factory=list, max_length=5)
    region: str = Field(default="", max_length=300)
    sector: str = Field(default="", max_length=300)
    period: date | None = None
    before: date | None = None
    n: int = Field(default=10, ge=1, le=MOST_ROWS)
    descending: bool = True
    function: Literal["sum", "mean", "median", "share"] = "sum"
    by: Literal["", "sector", "region"] = ""
    comparison: Literal["", ">", ">=", "<", "<="] = ""
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a question has no answer, and what was probably meant. `about` is metric, niche, region, period or question.
    `sentence` is a message id; `values` fill its places. `settled`: nobody else need try to understand it."""

    about: Literal["metric", "niche", "region", "sector", "period", "question"]
    sentence: str
    values: dict[str, str]
    choices: tuple[str, ...] = ()
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A plan whose names are those of the catalogue, with what they stand for."""

    plan: Plan
    dataset: Dataset
    metric: Metric
    region: Region
    niches: tuple[Niche, ...]
    sector: Sector | None
    query: FigureQuery


def bind(plan: Plan, catalogue: Catalogue) -> Bound | Refusal:
    """`plan` with its names looked up; a Refusal with the closest choices for one that is not there."""
    dataset = next((one for one in catalogue.datasets.values() if one.name == plan.dataset), None)
    if dataset is None:
        names = tuple(one.name for one in catalogue.datasets.values())
        return Refusal("question", "There is no dataset %(name)s.", {"name": plan.dataset}, names)
    metrics = [one for one in catalogue.metrics.values() if one.dataset_id == dataset.id]
    metric = next((one for one in metrics if one.name == plan.metric), None)
    if metric is None:
        return Refusal("metric", "There is no metric %(name)s.", {"name": plan.metric}, closest(plan.metric, metrics))
    regions = [one for one in catalogue.regions.values() if one.dataset_id == dataset.id]
    region = next((one for one in regions if one.title == plan.region), None)
    if region is None:
        titles = tuple(one.title for one in regions if not one.whole)[:5]
        return Refusal("region", "There is no region %(name)s in this dataset.", {"name": plan.region}, titles)
    sectors = [one for one in catalogue.sectors.values() if one.dataset_id == dataset.id]
    sector = next((one for one in sectors if one.title == plan.sector), None)
    if plan.sector and sector is None:
        titles = tuple(one.title for one in sectors)[:5]
        return Refusal("sector", "There is no sector %(name)s in this dataset.", {"name": plan.sector}, titles)
    found = [catalogue.niches[id_] for id_ in plan.niches if id_ in catalogue.niches]
    if len(found) < len(plan.niches) or any(one.dataset_id != dataset.id for one in found):
        return Refusal("niche", "This dataset does not have every niche of the question.", {})
    refusal = _impossible(plan, dataset, metric)
    return refusal or Bound(
        plan, dataset, metric, region, tuple(found), sector, _query(plan, metric, region, found, sector)
    )


def _impossible(plan: Plan, dataset: Dataset, metric: Metric) -> Refusal | None:
    for period in (plan.period, plan.before):
        if period is not None and period not in dataset.periods:
            span = tuple(one.strftime("%Y-%m") for one in (dataset.periods[:1] + dataset.periods[-1:]))
            return Refusal("period", "There are no figures for %(period)s.", {"period": period.strftime("%Y-%m")}, span)
    if plan.kind == "group" and plan.function in ("sum", "share") and metric.derived:
        return Refusal(
            "question",
            "%(metric)s cannot be added up. Ask for its mean or median.",
            {"metric": metric.title},
            ("mean", "median"),
        )
    needs = {"value": (1, 1), "compare": (2, 5), "growth": (0, 5)}.get(plan.kind)
    if needs and not needs[0] <= len(plan.niches) <= needs[1]:
        return Refusal("niche", "Say which niches you mean.", {})
    if plan.kind == "count" and (plan.threshold is None or not plan.comparison):
        return Refusal("question", "Say what the value is to be compared with.", {})
    if plan.kind == "growth" and (plan.period is None or plan.before is None):
        return Refusal(
            "period", "Say between which two periods.", {}, tuple(f"{one:%Y-%m}" for one in dataset.periods[-2:])
        )
    return None


def _query(plan: Plan, metric: Metric, region: Region, niches: Iterable[Niche], sector: Sector | None) -> FigureQuery:
    kind: dict[str, Literal["list", "count", "growth", "group"]] = {
        "value": "list", "top": "list", "compare": "list", "count": "count", "growth": "growth", "group": "group",
    }  # fmt: skip
    return FigureQuery(
        kind=kind[plan.kind],
        metric_id=metric.id,
        region_id=region.id,
        niche_keys=tuple(one.key for one in niches),
        sector_id=sector.id if sector else None,
        period=plan.period,
        before=plan.before,
        comparison=plan.comparison,
        threshold=plan.threshold,
        function=plan.function,
        by=plan.by,
        descending=plan.descending,
        limit=plan.n if plan.kind in ("top", "growth") else MOST_ROWS,
    )


def closest(wanted: str, metrics: Iterable[Metric], most: int = 5) -> tuple[str, ...]:
    """Titles of the metrics whose names are most like `wanted`."""
    from rapidfuzz import fuzz  # at first use

    def likeness(metric: Metric) -> float:
        names = (metric.name, metric.title, metric.title_ru, *metric.aliases)
        return max(fuzz.WRatio(wanted.lower(), name.lower()) for name in names if name)

    return tuple(one.title for one in sorted(metrics, key=likeness, reverse=True)[:most])
