"""Values of niche analytics that cross layers: frozen dataclasses, no behaviour beyond what their fields say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

Direction = Literal["higher", "lower", "none"]
OverTime = Literal["sum", "last", "mean"]
Format = Literal["integer", "decimal", "percent"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Figures of one source; those of two datasets are never ranked or summed together.

    `periods` are the first days of its months (or years), oldest first, and empty for a single point in time.
    """

    id: int
    name: str
    title: str
    title_ru: str
    source: str
    as_of: str
    periods: tuple[date, ...]
    demo: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Sector:
    id: int
    dataset_id: int
    title: str
    title_ru: str


@dataclass(frozen=True, slots=True)
class Region:
    """`whole` marks the one region of a dataset that stands for all of it."""

    id: int
    dataset_id: int
    title: str
    title_ru: str
    aliases: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Metric:
    """`formula` is empty for what was imported. `over_time` says how a year is made of its periods. `aliases` are
    further names by which people ask for it, in both languages. A percentage is stored as a share (0.12). `summed`: the
    source has no figure for the whole, which is the sum of the regions then."""

    id: int
    dataset_id: int
    name: str
    title: str
    title_ru: str
    unit: str
    unit_ru: str
    description: str
    description_ru: str
    formula: str
    over_time: OverTime
    direction: Direction
    format: Format
    aliases: tuple[str, ...]
    source: str
    as_of: str
    owner: str
    version: int
    summed: bool = False

    @property
    def derived(self) -> bool:
        return bool(self.formula)


@dataclass(frozen=True, slots=True)
class Niche:
    """`id` is what people and programs use; `key` is the database's. `article_id` names the article that tells about
    it, for citations."""

    id: str
    key: int
    dataset_id: int
    title: str
    title_ru: str
    sector_id: int | None
    aliases: tuple[str, ...]
    aliases_ru: tuple[str, ...]
    text: str
    text_ru: str
    article_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One metric of one niche among all niches of its dataset. `rank` counts from 1 at the largest value, `percentile`
    (0 to 100) is the share of the other niches with a smaller value, ties counted by half; `niches` have a value."""

    metric_id: int
    value: float
    rank: int
    percentile: float
    niches: int
    median: float


@dataclass(frozen=True, slots=True)
class ImportRun:
    """An import in a dataset's history; only the last one that is applied can be undone."""

    id: UUID
    dataset: str
    filename: str
    state: Literal["waiting", "applied", "undone", "failed"]
    counts: Mapping[str, Any]
    created_at: datetime
    demo: bool
    sha256: str = ""
    undoable: bool = True


@dataclass(frozen=True, slots=True)
class ImportSource:
    """What an import that waits is made of: a stored file, and how people want it read (see `niches.mapping.Mapping`).
    A trial (`dry_run`) counts and changes nothing."""

    id: UUID
    filename: str
    sha256: str
    correction: Mapping[str, Any] | None
    dry_run: bool


@dataclass(frozen=True, slots=True)
class SavedView:
    """A page of niche analytics as a person left it: `params` are those of its address."""

    id: UUID
    title: str
    params: Mapping[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything about niches but their values, as of `revision`, which changes with every import."""

    revision: str
    datasets: Mapping[int, Dataset] = field(default_factory=dict)
    sectors: Mapping[int, Sector] = field(default_factory=dict)
    regions: Mapping[int, Region] = field(default_factory=dict)
    metrics: Mapping[int, Metric] = field(default_factory=dict)
    niches: Mapping[str, Niche] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """A question to the figures, by ids of the catalogue: what `kind` asks of `metric_id` in `region_id`.

    list    the values of `niche_keys`, or of the `limit` largest (smallest) of all, of a sector, beyond a threshold
    count   how many niches have a value, and how many of them fulfil `comparison` `threshold`
    growth  the values at `before` and `period`, and the change as a share, of the `limit` or of `niche_keys`
    group   `function` of the values by `by`: of niches by sector, by region, or of all ("")

    Without `period` the headline figure is meant. `region_id` is the whole where no region is asked for.
    """

    kind: Literal["list", "count", "growth", "group"]
    metric_id: int
    region_id: int
    niche_keys: tuple[int, ...] = ()
    sector_id: int | None = None
    period: date | None = None
    before: date | None = None
    comparison: Literal["", ">", ">=", "<", "<="] = ""
    threshold: float | None = None
    function: Literal["sum", "mean", "median", "share"] = "sum"
    by: Literal["", "sector", "region"] = ""
    descending: bool = True
    limit: int = 100


@dataclass(frozen=True, slots=True)
class FigureRows:
    """What a query found: `rows` hold `columns`; `total` is how many there are without the limit. `sql` and
    `parameters` are what was run."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int
    sql: str
    parameters: Mapping[str, Any]
    took_ms: float
