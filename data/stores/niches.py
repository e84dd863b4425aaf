# ruff: noqa: S608 - only names of our own are put together here
"""The catalogue of niche analytics, derived figures, cached title embeddings, and people's saved views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, any_, delete, func, insert, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.dialects.postgresql import insert as upsert

from core.entities.niches import Catalogue, Dataset, Metric, Niche, Region, SavedView, Sector
from data.tables.niches import (
    niche_datasets,
    niche_metrics,
    niche_regions,
    niche_sectors,
    niche_vectors,
    niche_views,
    niches,
)

Array = NDArray[np.float64]
Keys = NDArray[np.int64]
_DTYPE = np.dtype("<f4")
_Entity = TypeVar("_Entity")

_BASE = """
SELECT v.niche_id, v.region_id, m.name, v.value, v.series FROM niche_values v JOIN niche_metrics m ON m.id = v.metric_id
WHERE m.dataset_id = %s AND m.formula = '' AND m.name = ANY(%s)
"""
_WHOLE = "JOIN niche_regions r ON r.id = v.region_id AND r.whole"
_REGIONAL = "JOIN niche_regions r ON r.id = v.region_id AND NOT r.whole"
_DROP_SUMS = """
DELETE FROM niche_values v USING niche_metrics m, niche_regions r
WHERE m.id = v.metric_id AND r.id = v.region_id AND m.dataset_id = :dataset AND m.summed AND r.whole
"""
_SUMMED = "UPDATE niche_metrics SET summed = id = ANY(:metrics) WHERE dataset_id = :dataset"
_LACKING = f"""
SELECT m.id FROM niche_metrics m WHERE m.id = ANY(:metrics)
   AND EXISTS (SELECT FROM niche_values v {_REGIONAL} WHERE v.metric_id = m.id)
   AND NOT EXISTS (SELECT FROM niche_values v {_WHOLE} WHERE v.metric_id = m.id)
"""
_ADD_SUMS = f"""
INSERT INTO niche_values (niche_id, metric_id, region_id, value, import_id)
SELECT v.niche_id, v.metric_id, w.id, sum(v.value), :import
FROM niche_values v {_REGIONAL} JOIN niche_regions w ON w.dataset_id = :dataset AND w.whole
WHERE v.metric_id = ANY(:metrics) GROUP BY v.niche_id, v.metric_id, w.id
"""
# A period counts where every region has it: a region that is late would look like a fall.
_SUM_SERIES = f"""
UPDATE niche_values t SET series = s.series
FROM (SELECT niche_id, metric_id, array_agg(total ORDER BY place) AS series
      FROM (SELECT v.niche_id, v.metric_id, u.place, CASE WHEN count(u.x) = count(*) THEN sum(u.x) END AS total
            FROM niche_values v {_REGIONAL} CROSS JOIN LATERAL unnest(v.series) WITH ORDINALITY AS u(x, place)
            WHERE v.metric_id = ANY(:metrics) GROUP BY v.niche_id, v.metric_id, u.place) p
      GROUP BY niche_id, metric_id) s, niche_regions w
WHERE (t.niche_id, t.metric_id) = (s.niche_id, s.metric_id) AND w.id = t.region_id AND w.whole
"""


def _entity(kind: type[_Entity], row: Row[Any], **other: Any) -> _Entity:
    """`row` as an entity whose fields are called like its columns; arrays become tuples."""
    values = {one.name: row._mapping.get(one.name) for one in fields(kind) if one.name not in other}  # type: ignore[arg-type]
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}, **other)


class Niches:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- the catalogue ----------------------------------------------------------------------------------------------

    def stamp(self) -> str:
        """Changes with every import and undoing, and with the vectors that are there."""
        vectors = select(func.count()).select_from(niche_vectors).scalar_subquery()
        found = self._connection.execute(
            select(niche_datasets.c.id, niche_datasets.c.revision, vectors.label("vectors")).order_by(
                niche_datasets.c.id
            )
        )
        return " ".join(f"{row.id}:{row.revision}:{row.vectors}" for row in found)

    def revision(self) -> str:
        """Changes with every import and undoing."""
        rows = self._connection.execute(
            select(niche_datasets.c.id, niche_datasets.c.revision).order_by(niche_datasets.c.id)
        )
        return " ".join(f"{row.id}:{row.revision}" for row in rows)

    def catalogue(self) -> Catalogue:
        def all_of(table: Any, kind: type[_Entity]) -> dict[int, _Entity]:
            rows = self._connection.execute(select(table).order_by(table.c.id))
            return {row.id: _entity(kind, row) for row in rows}

        metrics = self._connection.execute(
            select(niche_metrics).order_by(niche_metrics.c.formula != "", niche_metrics.c.position, niche_metrics.c.id)
        )
        found = self._connection.execute(select(niches).order_by(niches.c.title, niches.c.id))
        return Catalogue(
            revision=self.revision(),
            datasets=all_of(niche_datasets, Dataset),
            sectors=all_of(niche_sectors, Sector),
            regions=all_of(niche_regions, Region),
            metrics={row.id: _entity(Metric, row) for row in metrics},
            niches={row.public_id: _entity(Niche, row, id=row.public_id, key=row.id) for row in found},
        )

    # --- derived figures --------------------------------------------------------------------------------------------

    def base_figures(self, dataset_id: int, names: Sequence[str]) -> tuple[Keys, dict[str, Array], dict[str, Array]]:
        """(keys (rows, 2) of niche and region, headline by metric (rows,), series by metric (rows, periods)) of
        imported metrics; NaN where there is no figure."""
        periods = self._connection.execute(
            select(func.cardinality(niche_datasets.c.periods)).where(niche_datasets.c.id == dataset_id)
        ).scalar_one()
        driver: Any = self._connection.connection.driver_connection
        with driver.cursor(binary=True) as cursor:
            rows = cursor.execute(_BASE, (dataset_id, list(names))).fetchall()
        place: dict[tuple[int, int], int] = {}
        for row in rows:
            place.setdefault((row[0], row[1]), len(place))
        headline = {name: np.full(len(place), np.nan) for name in names}
        series: dict[str, Array] = {}
        for niche, region, name, value, along in rows:
            at = place[niche, region]
            headline[name][at] = np.nan if value is None else value
            if along is not None:
                series.setdefault(name, np.full((len(place), periods), np.nan))[at] = [
                    np.nan if one is None else one for one in along
                ]
        return np.array(list(place), dtype=np.int64).reshape(-1, 2), headline, series

    def replace_figures(
        self, metric_id: int, import_id: UUID, keys: Keys, headline: Array, series: Array | None
    ) -> None:
        """Makes these the figures of a derived metric; rows of NaN alone are left out."""
        self._connection.execute(text("DELETE FROM niche_values WHERE metric_id = :id"), {"id": metric_id})
        driver: Any = self._connection.connection.driver_connection
        command = "COPY niche_values (niche_id, metric_id, region_id, value, series, import_id) FROM STDIN"
        lists = None if series is None else _optional(series)
        with driver.cursor() as cursor, cursor.copy(command) as copy:
            for at, ((niche, region), value) in enumerate(zip(keys.tolist(), _optional(headline), strict=True)):
                along = None if lists is None or all(one is None for one in lists[at]) else lists[at]
                if value is not None or along is not None:
                    copy.write_row((niche, metric_id, region, value, along, import_id))

    def drop_sums(self, dataset_id: int) -> None:
        """Takes the figures for the whole away that are sums of regions."""
        self._connection.execute(text(_DROP_SUMS), {"dataset": dataset_id})
        self._connection.execute(text(_SUMMED), {"dataset": dataset_id, "metrics": []})

    def sum_regions(self, dataset_id: int, metric_ids: Sequence[int], import_id: UUID) -> None:
        """Of those of the metrics that have no figure for the whole, the sum of the regions becomes it."""
        values = {"dataset": dataset_id, "metrics": list(metric_ids), "import": import_id}
        lacking = list(self._connection.execute(text(_LACKING), values).scalars())
        values["metrics"] = lacking
        for statement in (_ADD_SUMS, _SUM_SERIES, _SUMMED) if lacking else ():
            self._connection.execute(text(statement), values)

    def analyze(self) -> None:
        """Tells the planner about what came in."""
        for table in ("niche_values", "niches", "niche_metrics", "niche_regions"):
            self._connection.execute(text(f"ANALYZE {table}"))

    # --- title embeddings -------------------------------------------------------------------------------------------

    def vectors(self, model: str, contents: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are there, by hash of the content."""
        table = niche_vectors.c
        wanted = table.content == any_(literal(list(contents), ARRAY(TEXT)))
        rows = self._connection.execute(select(table.content, table.vector).where(table.model == model, wanted))
        return {row.content: np.frombuffer(row.vector, _DTYPE) for row in rows}

    def put_vectors(self, model: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        rows = [
            {"content": content, "model": model, "vector": vector.astype(_DTYPE).tobytes()}
            for content, vector in vectors.items()
        ]
        if rows:
            self._connection.execute(upsert(niche_vectors).on_conflict_do_nothing(), rows)

    def drop_vectors(self, model: str, keep: Iterable[str]) -> None:
        """Forgets the vectors of texts that no niche has any more."""
        kept = niche_vectors.c.content == any_(literal(list(keep), ARRAY(TEXT)))
        self._connection.execute(delete(niche_vectors).where((niche_vectors.c.model != model) | ~kept))

    # --- saved views ------------------------------------------------------------------------------------------------

    def save_view(self, owner_id: UUID, title: str, params: Mapping[str, str]) -> SavedView:
        made = insert(niche_views).values(owner_id=owner_id, title=title, params=dict(params)).returning(niche_views)
        return _entity(SavedView, self._connection.execute(made).one())

    def views(self, owner_id: UUID) -> list[SavedView]:
        """Newest first."""
        rows = self._connection.execute(
            select(niche_views).where(niche_views.c.owner_id == owner_id).order_by(niche_views.c.created_at.desc())
        )
        return [_entity(SavedView, row) for row in rows]

    def delete_view(self, owner_id: UUID, view_id: UUID) -> bool:
        gone = delete(niche_views).where(niche_views.c.owner_id == owner_id, niche_views.c.id == view_id)
        return self._connection.execute(gone).rowcount > 0


def _optional(values: Array) -> list[Any]:
    """Nested lists with None for NaN."""
    boxed = values.astype(object)
    boxed[np.isnan(values)] = None
    plain: list[Any] = boxed.tolist()
    return plain
