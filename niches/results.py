"""What niche analytics shows: dashboards, tables and answers, made of figures that a query found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from core.entities.niches import Dataset, Metric, Niche, Region, Sector, Standing
from niches.plan import Plan, Refusal

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """`unit` and `format` are those of the figures in it; texts have kind "text"."""

    key: str
    title: str
    title_ru: str
    kind: Literal["text", "number"] = "text"
    unit: str = ""
    unit_ru: str = ""
    format: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are shown of `total`; every export is made of these very rows."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int

    def sum(self, key: str) -> float:
        """The total of a column; cells without a figure do not count."""
        place = [column.key for column in self.columns].index(key)
        return sum(row[place] for row in self.rows if isinstance(row[place], int | float))  # type: ignore[misc]

    def pairs(self, x: str, y: str) -> list[tuple[str, float]]:
        """(text, figure) of two columns, without the rows that have no figure."""
        keys = [column.key for column in self.columns]
        cells = [(str(row[keys.index(x)]), row[keys.index(y)]) for row in self.rows]
        return [(name, float(cell)) for name, cell in cells if isinstance(cell, int | float)]


@dataclass(frozen=True, slots=True)
class Chart:
    """How a table is drawn: a bar per row, a line over periods; `x` and `y` are keys of the table."""

    kind: Literal["bar", "line", "none"]
    x: str = ""
    y: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where figures come from. `as_of` is a year or a month (2025-12); `demo` figures say so wherever they show."""

    source: str
    as_of: str
    demo: bool
    dataset: str


@dataclass(frozen=True, slots=True)
class KeyFigure:
    metric: Metric
    standing: Standing


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One niche in one region (None is the whole). `regions` has a row per region and a column per metric; `series` is
    (period, value) by metric name; `similar` are niches with their likeness in [0, 1].
    `notes` say in the reader's language how figures for the whole were made."""

    niche: Niche
    sector: Sector | None
    dataset: Dataset
    region: Region
    figures: tuple[KeyFigure, ...]
    regions: Table
    series: Mapping[str, tuple[tuple[date, float | None], ...]]
    similar: tuple[tuple[Niche, float], ...]
    stamp: Stamp
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Niches side by side: `table` has a row per metric, and a column per niche called by its id."""

    niches: tuple[Niche, ...]
    region: Region
    table: Table
    standings: Mapping[str, Mapping[str, Standing]]  # by niche id, by metric name
    series: Mapping[str, Mapping[str, tuple[tuple[date, float | None], ...]]]
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Proposal:
    """That a language model, `model`, read the question: `taken` are (its words, the metric or niche they were taken
    for)."""

    model: str
    taken: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question found. Without an answer there is a `refusal` with the closest choices, and nothing else.

    `text` is one sentence in the question's language. `sql` and `parameters` are what was run. `proposal` says that the
    plan is a language model's; without one the grammar made it.
    """

    question: str
    plan: Plan | None = None
    refusal: Refusal | None = None
    table: Table | None = None
    chart: Chart = field(default=Chart("none"))
    text: str = ""
    metric: Metric | None = None
    stamp: Stamp | None = None
    sql: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    took_ms: float = 0.0
    article_ids: tuple[str, ...] = ()
    proposal: Proposal | None = None
