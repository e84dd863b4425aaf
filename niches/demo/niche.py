"""Owns the demo catalogue: one `DemoNiche` per row of `catalogue/*.tsv`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

CATALOGUE = Path(__file__).parent / "catalogue"

Language = Literal["en", "ru"]


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said about a niche in one language: short phrases; `insight` is a sentence without its full stop."""

    title: str
    sector: str
    aliases: tuple[str, ...]
    customers: str
    sells: str
    costs: str
    risks: str
    insight: str


@dataclass(frozen=True, slots=True)
class DemoNiche:
    """One niche. `peak_months` are 1..12 in ascending order; the last five fields give the scale of one typical
    company, from which demo figures may be generated: they are hints, not facts, and no article states them."""

    id: str
    en: Wording
    ru: Wording
    peak_months: tuple[int, ...]
    monthly_revenue_krub: int
    staff: int
    margin_pct: int
    capital_krub: int
    average_check_rub: int

    def wording(self, language: Language) -> Wording:
        return self.en if language == "en" else self.ru


def _wording(row: dict[str, str], language: Language) -> Wording:
    return Wording(
        title=row[f"title_{language}"],
        sector=row[f"sector_{language}"],
        aliases=tuple(row[f"aliases_{language}"].split(";")),
        customers=row[f"customers_{language}"],
        sells=row[f"sells_{language}"],
        costs=row[f"costs_{language}"],
        risks=row[f"risks_{language}"],
        insight=row[f"insight_{language}"],
    )


def _niche(row: dict[str, str]) -> DemoNiche:
    return DemoNiche(
        id=row["id"],
        en=_wording(row, "en"),
        ru=_wording(row, "ru"),
        peak_months=tuple(int(month) for month in row["peak_months"].split(",")),
        monthly_revenue_krub=int(row["monthly_revenue_krub"]),
        staff=int(row["staff"]),
        margin_pct=int(row["margin_pct"]),
        capital_krub=int(row["capital_krub"]),
        average_check_rub=int(row["average_check_rub"]),
    )


def _rows() -> Iterator[dict[str, str]]:
    for path in CATALOGUE.glob("*.tsv"):
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


@cache
def load() -> tuple[DemoNiche, ...]:
    """Every niche of the catalogue, ordered by id."""
    return tuple(sorted(map(_niche, _rows()), key=lambda niche: niche.id))
