# ruff: noqa: S608 - only names of our own are put together here
"""The temporary tables that a file is copied into, and the statements that ask them what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Staging:
    """A temporary table that ends with its transaction."""

    table: str
    fields: str  # "name type, …"

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(field.split()[0] for field in self.fields.split(", "))

    @property
    def types(self) -> list[str]:
        return [field.split()[1] for field in self.fields.split(", ")]

    @property
    def create(self) -> str:
        return f"CREATE TEMPORARY TABLE {self.table} ({self.fields}) ON COMMIT DROP"

    @property
    def copy(self) -> str:
        return f"COPY {self.table} ({', '.join(self.columns)}) FROM STDIN"


FIGURES = Staging("staged_figures", "line int4, code text, metric text, region text, period date, value float8")
SERIES = Staging("staged_series", "code text, metric text, region text, series float8[]")
NICHES = Staging(
    "staged_niches",
    "code text, title text, title_ru text, sector text, sector_ru text, tags text[], tags_ru text[], "
    "text text, text_ru text, article_id text",
)

DATASET_OF_STAGED = """
SELECT d.name FROM niche_datasets d JOIN niches n ON n.dataset_id = d.id JOIN staged_niches s ON s.code = n.code
WHERE NOT d.demo GROUP BY d.name
HAVING 2 * count(*) >= (SELECT count(*) FROM staged_niches) ORDER BY count(*) DESC, d.name LIMIT 1
"""
CONTRADICTED = """
SELECT code, metric, region, period, min(line) AS first FROM staged_figures GROUP BY code, metric, region, period
HAVING count(*) > 1 AND (count(DISTINCT value) > 1 OR count(value) NOT IN (0, count(*)))
"""
CONTRADICTIONS = f"""
SELECT DISTINCT ON (s.line) c.first, s.line
FROM ({CONTRADICTED}) c
JOIN staged_figures s ON (s.code, s.metric, s.region) = (c.code, c.metric, c.region)
                     AND s.period IS NOT DISTINCT FROM c.period AND s.line > c.first
ORDER BY s.line, c.first
"""
BY_MONTH = """
SELECT EXISTS (SELECT FROM staged_figures WHERE period IS NOT NULL)
    OR EXISTS (SELECT FROM niche_datasets WHERE name = :dataset AND cardinality(periods) > 0)
"""
# Cells without a period where there are figures by month, in the file or before it.
_TIMELESS = """
FROM staged_figures s WHERE s.period IS NULL AND (
    EXISTS (SELECT FROM staged_figures o
            WHERE o.period IS NOT NULL AND o.value IS NOT NULL
              AND (o.code, o.metric, o.region) = (s.code, s.metric, s.region))
    OR EXISTS (SELECT FROM niche_values v JOIN niches n ON n.id = v.niche_id JOIN niche_metrics m ON m.id = v.metric_id
               JOIN niche_regions r ON r.id = v.region_id JOIN niche_datasets d ON d.id = n.dataset_id
               WHERE d.name = :dataset AND v.series IS NOT NULL
                 AND (n.code, m.name, r.title) = (s.code, s.metric, s.region)))
"""
TIMELESS = f"SELECT DISTINCT s.line {_TIMELESS} AND s.value IS NOT NULL ORDER BY s.line"
DROP_EMPTY_TIMELESS = f"""
DELETE FROM staged_figures t USING (SELECT s.line, s.code, s.metric, s.region {_TIMELESS} AND s.value IS NULL) e
WHERE t.period IS NULL AND (t.line, t.code, t.metric, t.region) = (e.line, e.code, e.metric, e.region)
"""
DROP_LINES = "DELETE FROM staged_figures WHERE line = ANY(:lines)"
