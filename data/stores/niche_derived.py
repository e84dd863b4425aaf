# ruff: noqa: S608 - only names of our own are put together here
"""Figures that are computed from imported ones: sums of regions, and what formulas make of the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select, text

from data.tables.niches import niche_datasets

Array = NDArray[np.float64]
Keys = NDArray[np.int64]

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


class NicheDerived:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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


def _optional(values: Array) -> list[Any]:
    """Nested lists with None for NaN."""
    boxed = values.astype(object)
    boxed[np.isnan(values)] = None
    plain: list[Any] = boxed.tolist()
    return plain
