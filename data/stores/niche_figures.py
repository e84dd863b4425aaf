"""Reading the figures of niches: questions over the views, and what dashboards show."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.errors import QueryCanceled
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from core.entities.niches import FigureQuery, FigureRows, Standing
from core.errors import Unavailable
from data.stores.niche_query import COLUMNS, build

_STANDINGS = text("""
SELECT m.metric_id, m.value, count(*) AS niches, count(*) FILTER (WHERE o.value > m.value) AS larger,
       count(*) FILTER (WHERE o.value < m.value) AS smaller,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY o.value) AS median
FROM niche_values m
JOIN niche_values o ON o.metric_id = m.metric_id AND o.region_id = m.region_id AND o.value IS NOT NULL
WHERE m.niche_id = :niche AND m.region_id = :region AND m.value IS NOT NULL
GROUP BY m.metric_id, m.value
""")
_REGIONS = text("""
SELECT v.metric_id, v.region_id, v.value FROM niche_values v JOIN niche_regions r ON r.id = v.region_id AND NOT r.whole
WHERE v.niche_id = :niche AND v.value IS NOT NULL ORDER BY v.value DESC, v.region_id
""")
_SERIES = text("""
SELECT niche_id, metric_id, series FROM niche_values
WHERE niche_id = ANY(:niches) AND region_id = :region AND series IS NOT NULL
""")
_DISTRIBUTION = text("""
SELECT value FROM niche_values WHERE metric_id = :metric AND region_id = :region AND value IS NOT NULL ORDER BY value
""")
_HEADLINES = text("""
SELECT v.niche_id, v.metric_id, v.value FROM niche_values v JOIN niche_metrics m ON m.id = v.metric_id
WHERE m.dataset_id = :dataset AND v.region_id = :region AND v.value IS NOT NULL
""")


class NicheFigures:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, query: FigureQuery, *, seconds: float = 2.0) -> FigureRows:
        """Runs a question in this transaction, which becomes read-only. Raises Unavailable after `seconds`."""
        sql, parameters = build(query)
        self._connection.execute(text("SET TRANSACTION READ ONLY"))
        self._connection.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
        started = time.perf_counter()
        try:
            found = self._connection.execute(text(sql), parameters).all()
        except OperationalError as error:
            if isinstance(error.orig, QueryCanceled):
                raise Unavailable("The question takes too long. Ask about fewer figures.") from error
            raise
        took = (time.perf_counter() - started) * 1000
        total = int(found[0][-1]) if found else 0
        return FigureRows(
            COLUMNS[query.kind], tuple(tuple(row[:-1]) for row in found), total, sql, parameters, round(took, 2)
        )

    def standings(self, niche_key: int, region_id: int) -> dict[int, Standing]:
        """By metric: every figure of a niche in a region, among all niches of its dataset there."""
        rows = self._connection.execute(_STANDINGS, {"niche": niche_key, "region": region_id})
        return {row.metric_id: _standing(row) for row in rows}

    def by_region(self, niche_key: int) -> dict[int, list[tuple[int, float]]]:
        """By metric: (region, value), largest first."""
        found: dict[int, list[tuple[int, float]]] = {}
        for row in self._connection.execute(_REGIONS, {"niche": niche_key}):
            found.setdefault(row.metric_id, []).append((row.region_id, row.value))
        return found

    def series(self, niche_keys: Sequence[int], region_id: int) -> Mapping[tuple[int, int], tuple[float | None, ...]]:
        """By (niche, metric): the values along the dataset's periods."""
        rows = self._connection.execute(_SERIES, {"niches": list(niche_keys), "region": region_id})
        return {(row.niche_id, row.metric_id): tuple(row.series) for row in rows}

    def distribution(self, metric_id: int, region_id: int) -> list[float]:
        """The values of all niches, smallest first."""
        found = self._connection.execute(_DISTRIBUTION, {"metric": metric_id, "region": region_id})
        return [row.value for row in found]

    def headlines(self, dataset_id: int, region_id: int) -> list[tuple[int, int, float]]:
        """(niche, metric, value) of every figure of a dataset in a region."""
        found = self._connection.execute(_HEADLINES, {"dataset": dataset_id, "region": region_id})
        return [(row.niche_id, row.metric_id, row.value) for row in found]


def _standing(row: Any) -> Standing:
    others, ties = row.niches - 1, row.niches - row.larger - row.smaller - 1
    percentile = 100 * (row.smaller + ties / 2) / others if others else 50.0
    return Standing(row.metric_id, row.value, row.larger + 1, percentile, row.niches, row.median)
