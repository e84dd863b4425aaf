"""Makes tables for people of what queries found: ids become titles, figures keep their metric's unit and format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.entities.niches import Catalogue, Dataset, FigureRows, Metric, Niche, Region
from niches.plan import Bound
from niches.results import Cell, Chart, Column, Stamp, Table
from niches.sentences import title as title_of

NICHE = Column("niche", "Niche", "Ниша")
_ID = Column("id", "Id", "Код")
_SECTOR = Column("sector", "Sector", "Сектор")
_REGION = Column("region", "Region", "Регион")
_NICHES = Column("niches", "Niches", "Ниш", "number", format="integer")


def figures(metric: Metric, key: str = "", title: str = "", title_ru: str = "", *, share: bool = False) -> Column:
    """The column of a metric's figures."""
    unit, unit_ru, form = ("%", "%", "percent") if share else (metric.unit, metric.unit_ru, metric.format)
    name, name_ru = title or metric.title, title_ru or metric.title_ru or metric.title
    return Column(key or metric.name, name, name_ru, "number", unit, unit_ru, form)


def stamp(dataset: Dataset, metric: Metric | None = None) -> Stamp:
    source = metric.source if metric and metric.source else dataset.source
    return Stamp(source, (metric.as_of if metric else "") or dataset.as_of, dataset.demo, dataset.title)


def of_rows(bound: Bound, found: FigureRows, catalogue: Catalogue, language: str) -> tuple[Table, Chart]:
    """The table of an answer and how it is drawn."""
    metric, plan = bound.metric, bound.plan
    if plan.kind == "count":
        columns = (Column("count", "Count", "Количество", "number", format="integer"), _NICHES)
        return Table(columns, found.rows, 1), Chart("none")
    if plan.kind == "group":
        share = plan.function == "share"
        group = _REGION if plan.by == "region" else _SECTOR
        named = _group_names(catalogue, plan.by, language)
        rows = tuple((named.get(row[0], ""), row[1], row[2]) for row in found.rows)
        table = Table((group, figures(metric, share=share), _NICHES), rows, found.total)
        return table, Chart("bar", group.key, metric.name) if plan.by else Chart("none")
    return _niches(bound, found, catalogue, language)


def _niches(bound: Bound, found: FigureRows, catalogue: Catalogue, language: str) -> tuple[Table, Chart]:
    metric = bound.metric
    columns: tuple[Column, ...] = (figures(metric),)
    if bound.plan.kind == "growth":
        columns = (
            figures(metric, "before", f"{bound.plan.before:%Y-%m}", f"{bound.plan.before:%Y-%m}"),
            figures(metric, "value", f"{bound.plan.period:%Y-%m}", f"{bound.plan.period:%Y-%m}"),
            figures(metric, "growth", "Growth", "Рост", share=True),
        )
    rows = tuple((row[0], *niche_cells(catalogue, row[0], language), *row[1:]) for row in found.rows)
    chart = Chart("bar", "niche", columns[-1].key) if len(rows) > 1 else Chart("none")
    return Table((_ID, NICHE, _SECTOR, *columns), rows, found.total), chart


def niche_cells(catalogue: Catalogue, niche_id: str, language: str) -> tuple[str, str]:
    """(title, sector) as a reader of the language sees them."""
    niche = catalogue.niches[niche_id]
    sector = catalogue.sectors.get(niche.sector_id or 0)
    return title_of(niche, language), title_of(sector, language)


def _group_names(catalogue: Catalogue, by: str, language: str) -> dict[int | None, str]:
    table: Mapping[int, object] = catalogue.regions if by == "region" else catalogue.sectors
    return {key: title_of(one, language) for key, one in table.items()}


def by_region(
    values: Mapping[int, Sequence[tuple[int, float]]],
    metrics: Sequence[Metric],
    regions: Mapping[int, Region],
    language: str,
) -> Table:
    """A row per region, the largest value of the first metric first; a column per metric that has regional figures."""
    shown = [metric for metric in metrics if values.get(metric.id)]
    cells: dict[int, dict[int, float]] = {}
    for metric in shown:
        for region, value in values[metric.id]:
            cells.setdefault(region, {})[metric.id] = value
    first = shown[0].id if shown else 0
    order = sorted(cells, key=lambda region: (-cells[region].get(first, float("-inf")), regions[region].title))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (title_of(regions[region], language), *(cells[region].get(metric.id) for metric in shown)) for region in order
    )
    return Table((_REGION, *(figures(metric) for metric in shown)), rows, len(rows))


def side_by_side(
    niches: Sequence[Niche], metrics: Sequence[Metric], values: Mapping[tuple[str, int], float], language: str
) -> Table:
    """A row per metric, a column per niche; cells without a figure are empty."""
    columns = tuple(Column(niche.id, niche.title, niche.title_ru or niche.title, "number") for niche in niches)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            title_of(metric, language),
            metric.unit_ru if language == "ru" and metric.unit_ru else metric.unit,
            *(values.get((niche.id, metric.id)) for niche in niches),
        )
        for metric in metrics
        if any((niche.id, metric.id) in values for niche in niches)
    )
    header = (Column("metric", "Metric", "Показатель"), Column("unit", "Unit", "Единица"))
    return Table((*header, *columns), rows, len(rows))
