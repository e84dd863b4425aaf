"""Generates the demo figures: six metrics of every demo niche by region and month, the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from niches.demo.articles import body, season
from niches.demo.niche import DemoNiche, load
from niches.drafts import NicheDraft
from niches.lexicon import MetricDraft, derived, draft

VERSION = 1  # of the generator: another one reloads the demo set
DATASET = "demo"
MONTHS = tuple(date(year, month, 1) for year in (2024, 2025) for month in range(1, 13))
METRICS = ("companies", "employees", "revenue_krub", "orders", "payroll_krub", "profit_krub")

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DemoRegion:
    """`weight` is its part of the country's market, `growth` by how much the market grows in a year there."""

    title: str
    title_ru: str
    aliases: tuple[str, ...]
    weight: float
    growth: float


REGIONS = (
    DemoRegion("Moscow", "Москва", ("Moscow city", "столица", "мск"), 0.24, 0.09),
    DemoRegion("Saint Petersburg", "Санкт-Петербург", ("Petersburg", "Питер", "спб"), 0.13, 0.08),
    DemoRegion("Yekaterinburg", "Екатеринбург", ("Ekaterinburg", "екб"), 0.10, 0.10),
    DemoRegion("Kazan", "Казань", (), 0.09, 0.12),
    DemoRegion("Novosibirsk", "Новосибирск", (), 0.09, 0.07),
    DemoRegion("Nizhny Novgorod", "Нижний Новгород", ("Nizhny",), 0.08, 0.06),
    DemoRegion("Krasnodar", "Краснодар", (), 0.08, 0.13),
    DemoRegion("Rostov-on-Don", "Ростов-на-Дону", ("Rostov", "Ростов"), 0.07, 0.08),
    DemoRegion("Samara", "Самара", (), 0.06, 0.05),
    DemoRegion("Vladivostok", "Владивосток", (), 0.06, 0.11),
)
_SEASONAL = 0.28  # how far a peak month stands above the mean


def metrics() -> list[MetricDraft]:
    """The six imported metrics and the six that are computed of them."""
    return [*(draft(name) for name in METRICS), *derived(frozenset(METRICS))]


def niche_draft(niche: DemoNiche) -> NicheDraft:
    return NicheDraft(
        niche.id, niche.en.title, niche.ru.title, niche.en.sector, niche.ru.sector, niche.en.aliases, niche.ru.aliases,
        body(niche, "en"), body(niche, "ru"), niche.id,
    )  # fmt: skip


def fingerprint(niches: tuple[DemoNiche, ...]) -> str:
    """Changes when the catalogue or the generator does."""
    return hashlib.sha256(f"{VERSION} {REGIONS} {niches}".encode()).hexdigest()


def series(niche: DemoNiche) -> Iterator[tuple[str, str, list[float]]]:
    """(metric, region or "" for all, values along MONTHS)."""
    by_region = [_regional(niche, region) for region in REGIONS]
    for metric in METRICS:
        for region, figures in zip(REGIONS, by_region, strict=True):
            yield metric, region.title, figures[metric].tolist()
        yield metric, "", sum(figures[metric] for figures in by_region).tolist()  # type: ignore[union-attr]


def _regional(niche: DemoNiche, region: DemoRegion) -> dict[str, Array]:
    """Whole numbers along MONTHS, so that sums over regions and months are exact."""
    random = np.random.default_rng(_seed(niche.id, region.title))
    popularity = np.random.default_rng(_seed(niche.id, "")).lognormal(4.0, 0.7)  # companies per 100,000 customers
    month = np.arange(len(MONTHS))
    local = random.lognormal(0.0, 0.25)
    trend = (1 + region.growth * random.uniform(0.3, 1.4)) ** (month / 12)
    companies = np.maximum(1, np.round(popularity * region.weight * 20 * local * trend**0.5))
    revenue = companies * niche.monthly_revenue_krub * _season(niche) * trend * _noise(random, 0.04)
    employees = np.maximum(companies, np.round(companies * niche.staff * _noise(random, 0.02)))
    margin = niche.margin_pct / 100 * random.uniform(0.85, 1.15) * (0.6 + 0.4 * _season(niche)) * _noise(random, 0.05)
    return {
        "companies": companies,
        "employees": employees,
        "revenue_krub": np.round(revenue),
        "orders": np.maximum(1, np.round(revenue * 1000 / niche.average_check_rub * _noise(random, 0.03))),
        "payroll_krub": np.round(employees * 55 * trend * _noise(random, 0.02)),
        "profit_krub": np.round(revenue * margin),
    }


def _season(niche: DemoNiche) -> Array:
    """Around 1: a wave over each peak month, lowest in the middle of the longest lull."""
    peaks, _quiet = season(niche.peak_months)
    months = np.array([one.month for one in MONTHS])
    away = np.min([np.abs((months - peak + 6) % 12 - 6) for peak in peaks], axis=0)
    wave: Array = 1 + _SEASONAL * np.cos(np.pi * np.minimum(away, 4) / 4)
    return np.asarray(wave / wave.mean())


def _noise(random: np.random.Generator, width: float) -> Array:
    return random.normal(1, width, len(MONTHS)).clip(0.7, 1.3)


def _seed(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("/".join(parts).encode()).digest()[:8])


__all__ = ["DATASET", "MONTHS", "REGIONS", "fingerprint", "load", "metrics", "niche_draft", "series"]
