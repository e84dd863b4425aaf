"""Brings what is staged into the tables of niches and figures; what it replaces is kept for undoing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from data.stores import niche_merging_sql as sql
from data.stores.niche_derived import NicheDerived
from data.stores.niche_imports import NicheImports
from data.stores.statements import run
from data.tables.niche_imports import niche_imports
from data.tables.niches import niche_datasets, niche_metrics


class NicheMerging:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._imports = NicheImports(connection)

    def merge(
        self,
        import_id: UUID,
        dataset: Mapping[str, Any],
        metrics: Iterable[Any],
        *,
        periods: Sequence[date] | None = None,
    ) -> int:
        """Brings what is staged into the tables; returns the id of the dataset.

        `dataset` has name, title, title_ru, source, as_of and demo: an empty text leaves what there is. `metrics` are
        drafts with the columns of `niche_metrics`. With `periods`, series were staged along them, else figures.
        """
        dataset_id = self._dataset(import_id, dataset)
        NicheDerived(self._connection).drop_sums(dataset_id)  # a figure of the file must not be taken for one of them
        self._names(import_id, dataset_id, dataset, metrics, series=periods is not None)
        values = {"import": import_id, "dataset": dataset_id}
        if periods is None:
            run(self._connection, sql.RESOLVE_FIGURES, values)
            run(self._connection, sql.ANALYZE_RESOLVED)
            self._merge_periods(values)
        else:
            run(self._connection, sql.RESOLVE_SERIES, {**values, "periods": list(periods)})
            self._set_periods(dataset_id, periods)
        self._headlines(dataset_id)
        for statement in sql.APPLY:
            run(self._connection, statement, values)
        return dataset_id

    def _dataset(self, import_id: UUID, dataset: Mapping[str, Any]) -> int:
        self._imports.keep(import_id, "niche_datasets", "name = :name", name=dataset["name"])
        found = run(self._connection, sql.UPSERT_DATASET, {"import": import_id, **dataset}).scalar_one()
        dataset_id = int(found)
        self._connection.execute(
            update(niche_imports)
            .where(niche_imports.c.id == import_id)
            .values(dataset_id=dataset_id, dataset=dataset["name"])
        )
        return dataset_id

    def _names(
        self, import_id: UUID, dataset_id: int, dataset: Mapping[str, Any], metrics: Iterable[Any], *, series: bool
    ) -> None:
        values = {"import": import_id, "dataset": dataset_id}
        staged = "staged_series" if series else "staged_figures"
        run(self._connection, sql.INSERT_SECTORS, values)
        run(self._connection, sql.INSERT_REGIONS.format(staged=staged), values)
        staged_again = "dataset_id = :dataset AND code IN (SELECT code FROM staged_niches)"
        self._imports.keep(import_id, "niches", staged_again, dataset=dataset_id)
        run(self._connection, sql.UPSERT_NICHES, {**values, "name": dataset["name"]})
        self.add_metrics(import_id, dataset_id, dataset, metrics)

    def add_metrics(
        self, import_id: UUID, dataset_id: int, dataset: Mapping[str, Any], metrics: Iterable[Any], *, after: int = 0
    ) -> None:
        """Makes metrics of drafts, or a new version of those that are there; `after` is the first one's position."""
        given = [
            {**asdict(metric), "aliases": list(metric.aliases), "source": dataset["source"], "as_of": dataset["as_of"],
             "position": position, "import": import_id, "dataset": dataset_id}
            for position, metric in enumerate(metrics, start=after)
        ]  # fmt: skip
        if not given:
            return
        where = "dataset_id = :dataset AND name = ANY(:names)"
        self._imports.keep(import_id, "niche_metrics", where, dataset=dataset_id, names=[one["name"] for one in given])
        run(self._connection, sql.UPSERT_METRIC, given)

    def counts(self, dataset_id: int) -> dict[str, int]:
        """How many metrics, regions and figures a dataset has."""
        row = run(self._connection, sql.COUNTS, {"dataset": dataset_id}).one()
        return dict(row._mapping)

    def name_regions(self, dataset_id: int, regions: Iterable[tuple[str, str, Sequence[str]]]) -> None:
        """(title, Russian title, further names) of regions that were just made."""
        rows = [
            {"dataset": dataset_id, "title": title, "title_ru": russian, "aliases": list(more)}
            for title, russian, more in regions
        ]
        run(self._connection, sql.NAME_REGION, rows)

    def _merge_periods(self, values: Mapping[str, Any]) -> None:
        """With periods in the file, figures become series along the old and the new ones together."""
        dataset_id = values["dataset"]
        given = run(self._connection, sql.STAGED_PERIODS).scalar_one() or []
        had = self._periods(dataset_id)
        if not given:
            run(self._connection, sql.POINTS)
            return
        axis = sorted({*had, *given})
        run(self._connection, sql.CELLS, {**values, "had": had, "moved": axis != had})
        run(self._connection, sql.ALIGN, {"axis": axis})
        for statement in sql.POINTS_BESIDE_SERIES:
            run(self._connection, statement)
        self._set_periods(dataset_id, axis)

    def _periods(self, dataset_id: int) -> list[date]:
        query = select(niche_datasets.c.periods).where(niche_datasets.c.id == dataset_id)
        return list(self._connection.execute(query).scalar_one())

    def _set_periods(self, dataset_id: int, periods: Sequence[date]) -> None:
        as_of = max(periods).strftime("%Y-%m")
        self._connection.execute(
            update(niche_datasets).where(niche_datasets.c.id == dataset_id).values(periods=list(periods), as_of=as_of)
        )
        self._connection.execute(
            update(niche_metrics).where(niche_metrics.c.dataset_id == dataset_id).values(as_of=as_of)
        )

    def _headlines(self, dataset_id: int) -> None:
        periods = self._periods(dataset_id)
        if periods:
            run(self._connection, sql.HEADLINES, {"year": per_year(periods)})


def per_year(periods: Sequence[date]) -> int:
    """How many of the periods make the last year."""
    last = max(periods)
    return sum(1 for one in periods if (one.year, one.month) > (last.year - 1, last.month))
