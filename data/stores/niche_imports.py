"""Imports of niche figures: staging with COPY, merging while what is replaced is kept, undoing, history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import Connection as Driver
from sqlalchemy import Connection, Row, TextClause, func, insert, select, text, update

from core.entities.niches import ImportRun
from data.stores import niche_import_sql as sql
from data.stores.niches import Niches
from data.tables import metadata
from data.tables.niche_imports import niche_imports
from data.tables.niches import niche_datasets, niche_metrics

_LOCK = 0x6E696D70  # one import at a time
_KEPT = 5  # imports of a dataset that can be undone, one after the other
_RESTORED = ("niches", "niche_metrics", "niche_regions", "niche_datasets")


def _run_of(row: Row[Any]) -> ImportRun:
    return ImportRun(
        row.id, row.dataset, row.filename, row.state, row.counts, row.created_at, row.demo, row.sha256, not row.sealed
    )


class NicheImports:
    """One import is: `lock`, `stage`, `choose_dataset`, `merge`, then `finish`, all in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- history ----------------------------------------------------------------------------------------------------

    def start(
        self, filename: str, sha256: str, mapping: Mapping[str, Any], created_by: UUID | None, *, demo: bool = False
    ) -> UUID:
        row = {"filename": filename, "sha256": sha256, "mapping": dict(mapping), "created_by": created_by, "demo": demo}
        made: UUID = self._connection.execute(
            insert(niche_imports).values(row).returning(niche_imports.c.id)
        ).scalar_one()
        return made

    def source(self, import_id: UUID) -> tuple[str, str, dict[str, Any]] | None:
        """(file name, SHA-256, mapping) of an import that waits."""
        table = niche_imports.c
        query = select(table.filename, table.sha256, table.mapping).where(
            table.id == import_id, table.state == "waiting"
        )
        row = self._connection.execute(query).one_or_none()
        return (row.filename, row.sha256, dict(row.mapping)) if row else None

    def finish(self, import_id: UUID, state: str, counts: Mapping[str, Any]) -> None:
        self._connection.execute(
            update(niche_imports)
            .where(niche_imports.c.id == import_id)
            .values(state=state, counts=dict(counts), applied_at=func.clock_timestamp())
        )

    def history(self, limit: int = 50) -> list[ImportRun]:
        """Newest first."""
        rows = self._connection.execute(
            select(niche_imports).order_by(niche_imports.c.created_at.desc(), niche_imports.c.id).limit(limit)
        )
        return [_run_of(row) for row in rows]

    def last_of(self, dataset: str) -> ImportRun | None:
        """The newest import that is applied to a dataset."""
        table = niche_imports.c
        query = select(niche_imports).where(table.dataset == dataset, table.state == "applied")
        row = self._connection.execute(query.order_by(table.applied_at.desc()).limit(1)).one_or_none()
        return _run_of(row) if row else None

    def get(self, import_id: UUID) -> ImportRun | None:
        row = self._connection.execute(select(niche_imports).where(niche_imports.c.id == import_id)).one_or_none()
        return _run_of(row) if row else None

    # --- staging ----------------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Waits until no other import runs; held until the end of the transaction."""
        self._connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})

    def stage_figures(self, rows: Iterable[tuple[int, str, str, str, date | None, float | None]]) -> None:
        """(line, code, metric, region or "", period, value); an empty value takes away what was there."""
        self._copy(sql.FIGURES, rows)

    def stage_series(self, rows: Iterable[tuple[str, str, str, Sequence[float | None]]]) -> None:
        """(code, metric, region or "", values along the periods that `merge` is given)."""
        self._copy(sql.SERIES, rows)

    def stage_niches(self, drafts: Iterable[Any]) -> None:
        """Objects with the fields of `sql.NICHES`; None in a field leaves what the niche has."""
        self._copy(sql.NICHES, ([getattr(one, name) for name in sql.NICHES.columns] for one in drafts))
        self._connection.execute(text("ANALYZE staged_niches"))

    def _copy(self, staging: sql.Staging, rows: Iterable[Sequence[Any]]) -> None:
        self._connection.execute(text(staging.create))
        with self._driver.cursor() as cursor, cursor.copy(staging.copy) as copy:
            copy.set_types(staging.types)
            for row in rows:
                copy.write_row(row)

    @property
    def _driver(self) -> Driver[Any]:
        driver: Driver[Any] = self._connection.connection.driver_connection  # type: ignore[assignment]
        return driver

    def choose_dataset(self, wanted: str, otherwise: str) -> str:
        """`wanted`, else the dataset that has at least half of the staged niches by code, else `otherwise`."""
        if wanted:
            return wanted
        found = self._connection.execute(text(sql.DATASET_OF_STAGED)).scalar_one_or_none()
        return str(found) if found else otherwise

    # --- merging ----------------------------------------------------------------------------------------------------

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
        Niches(self._connection).drop_sums(dataset_id)  # a figure of the file must not be taken for one of them
        self._names(import_id, dataset_id, dataset, metrics, series=periods is not None)
        values = {"import": import_id, "dataset": dataset_id}
        if periods is None:
            self._run(sql.RESOLVE_FIGURES, values)
            self._run(sql.ANALYZE_RESOLVED)
            self._merge_periods(values)
        else:
            self._run(sql.RESOLVE_SERIES, {**values, "periods": list(periods)})
            self._set_periods(dataset_id, periods)
        self._headlines(dataset_id)
        for statement in sql.APPLY:
            self._run(statement, values)
        return dataset_id

    def contradictions(self) -> list[tuple[int, int]]:
        """(first line, later line) of the staged figures that give different values to the same cell."""
        if self._run(f"{sql.CONTRADICTED} LIMIT 1").first() is None:  # as nearly always: no second pass over a million
            return []
        return [(row[0], row[1]) for row in self._run(sql.CONTRADICTIONS)]

    def timeless(self, dataset: str) -> list[int]:
        """Lines with a figure for no period where there are figures by month: those have their headline already. Empty
        cells of this kind say nothing, and are taken out."""
        values = {"dataset": dataset}
        if not self._run(sql.BY_MONTH, values).scalar_one():
            return []
        self._run(sql.DROP_EMPTY_TIMELESS, values)
        return list(self._run(sql.TIMELESS, values).scalars())

    def drop_lines(self, lines: Sequence[int]) -> None:
        """Takes all that these lines of the file said out of what is staged."""
        if lines:
            self._run(sql.DROP_LINES, {"lines": list(lines)})

    def _dataset(self, import_id: UUID, dataset: Mapping[str, Any]) -> int:
        self._keep(import_id, "niche_datasets", "name = :name", name=dataset["name"])
        found = self._run(sql.UPSERT_DATASET, {"import": import_id, **dataset}).scalar_one()
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
        self._run(sql.INSERT_SECTORS, values)
        self._run(sql.INSERT_REGIONS.format(staged=staged), values)
        staged_again = "dataset_id = :dataset AND code IN (SELECT code FROM staged_niches)"
        self._keep(import_id, "niches", staged_again, dataset=dataset_id)
        self._run(sql.UPSERT_NICHES, {**values, "name": dataset["name"]})
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
        self._keep(import_id, "niche_metrics", where, dataset=dataset_id, names=[one["name"] for one in given])
        self._run(sql.UPSERT_METRIC, given)

    def counts(self, dataset_id: int) -> dict[str, int]:
        """How many metrics, regions and figures a dataset has."""
        row = self._run(sql.COUNTS, {"dataset": dataset_id}).one()
        return dict(row._mapping)

    def name_regions(self, dataset_id: int, regions: Iterable[tuple[str, str, Sequence[str]]]) -> None:
        """(title, Russian title, further names) of regions that were just made."""
        rows = [
            {"dataset": dataset_id, "title": title, "title_ru": russian, "aliases": list(more)}
            for title, russian, more in regions
        ]
        self._run(sql.NAME_REGION, rows)

    def _merge_periods(self, values: Mapping[str, Any]) -> None:
        """With periods in the file, figures become series along the old and the new ones together."""
        dataset_id = values["dataset"]
        given = self._connection.execute(text(sql.STAGED_PERIODS)).scalar_one() or []
        had = self._periods(dataset_id)
        if not given:
            self._run(sql.POINTS)
            return
        axis = sorted({*had, *given})
        self._run(sql.CELLS, {**values, "had": had, "moved": axis != had})
        self._run(sql.ALIGN, {"axis": axis})
        for statement in sql.POINTS_BESIDE_SERIES:
            self._run(statement)
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
            self._run(sql.HEADLINES, {"year": per_year(periods)})

    def _keep(self, import_id: UUID, table: str, where: str, **values: Any) -> None:
        """Copies the rows of a table as they are now, for undoing."""
        statement = f"INSERT INTO niche_before (import_id, entity, row) SELECT :import, '{table}', to_jsonb(t) FROM {table} t WHERE {where}"  # noqa: S608, E501 - our own names
        self._run(statement, {"import": import_id, **values})

    def prune(self, dataset: str) -> None:
        """Forgets what older imports replaced: only the last few of a dataset can be undone."""
        for statement in sql.PRUNE:
            self._run(statement, {"dataset": dataset, "kept": _KEPT})

    # --- undoing ----------------------------------------------------------------------------------------------------

    def undo(self, import_id: UUID) -> int | None:
        """Makes everything what it was before the import, which must be its dataset's last; returns the dataset's id,
        None when there is no dataset any more. Derived metrics are to be computed anew."""
        values = {"import": import_id}
        for statement in sql.UNDO_VALUES:
            self._run(statement, values)
        for name in _RESTORED:
            # A revision never comes back: what was cached under it would be shown again.
            columns = [c.name for c in metadata.tables[name].columns if c.name not in ("id", "revision")]
            assigned = ", ".join(f"{column} = b.{column}" for column in columns)
            self._run(sql.RESTORE.format(table=name, assigned=assigned), values)
        for name in ("niches", "niche_metrics", "niche_regions", "niche_sectors", "niche_datasets"):
            self._run(f"DELETE FROM {name} WHERE import_id = :import", values)  # noqa: S608 - our own names
        query = select(niche_imports.c.dataset_id).where(niche_imports.c.id == import_id)
        dataset_id: int | None = self._connection.execute(query).scalar_one()
        self._run("UPDATE niche_imports SET state = 'undone' WHERE id = :import", values)
        if dataset_id is not None:
            self._run("UPDATE niche_datasets SET revision = revision + 1 WHERE id = :dataset", {"dataset": dataset_id})
        return dataset_id

    def drop_dataset(self, name: str) -> None:
        """Removes a dataset with its niches and figures."""
        self._run("DELETE FROM niche_values v USING niche_metrics m, niche_datasets d WHERE v.metric_id = m.id AND m.dataset_id = d.id AND d.name = :name", {"name": name})  # fmt: skip  # noqa: E501
        self._run("DELETE FROM niche_datasets WHERE name = :name", {"name": name})

    def _run(self, statement: str | TextClause, values: Any = None) -> Any:
        clause = text(statement) if isinstance(statement, str) else statement
        return self._connection.execute(clause, values or {})


def per_year(periods: Sequence[date]) -> int:
    """How many of the periods make the last year."""
    last = max(periods)
    return sum(1 for one in periods if (one.year, one.month) > (last.year - 1, last.month))
