# ruff: noqa: S608 - only names of our own are put together here
"""The statements by which what an import has staged becomes the real rows."""

# --- names ------------------------------------------------------------------------------------------------------------

UPSERT_DATASET = """
INSERT INTO niche_datasets AS d (name, title, title_ru, source, as_of, demo, import_id)
VALUES (:name, :title, :title_ru, :source, :as_of, :demo, :import)
ON CONFLICT (name) DO UPDATE SET
    title = coalesce(nullif(d.title, ''), excluded.title), source = coalesce(nullif(excluded.source, ''), d.source),
    as_of = coalesce(nullif(excluded.as_of, ''), d.as_of), import_id = excluded.import_id,
    revision = d.revision + 1, updated_at = now()
RETURNING id
"""
INSERT_SECTORS = """
INSERT INTO niche_sectors (dataset_id, title, title_ru, import_id)
SELECT :dataset, sector, coalesce(max(sector_ru), ''), :import FROM staged_niches WHERE sector <> '' GROUP BY sector
ON CONFLICT (dataset_id, title) DO NOTHING
"""
INSERT_REGIONS = """
INSERT INTO niche_regions (dataset_id, title, whole, import_id)
SELECT :dataset, region, region = '', :import FROM (SELECT '' AS region UNION SELECT region FROM {staged}) s
ON CONFLICT (dataset_id, title) DO NOTHING
"""
NAME_REGION = """
UPDATE niche_regions SET title_ru = :title_ru, aliases = :aliases WHERE dataset_id = :dataset AND title = :title
"""
UPSERT_NICHES = """
INSERT INTO niches AS n (
    public_id, dataset_id, code, title, title_ru, sector_id, aliases, aliases_ru, text, text_ru, article_id, import_id)
SELECT CASE WHEN EXISTS (SELECT FROM niches o WHERE o.public_id = s.code AND o.dataset_id <> :dataset)
            THEN CAST(:name AS text) || '-' || s.code ELSE s.code END,
       :dataset, s.code, coalesce(nullif(s.title, ''), s.code), coalesce(s.title_ru, ''), c.id, coalesce(s.tags, '{}'),
       coalesce(s.tags_ru, '{}'), coalesce(s.text, ''), coalesce(s.text_ru, ''), coalesce(s.article_id, ''), :import
FROM staged_niches s LEFT JOIN niche_sectors c ON c.dataset_id = :dataset AND c.title = s.sector
ON CONFLICT (dataset_id, code) DO UPDATE SET
    title = CASE WHEN excluded.title IN (excluded.title_ru, excluded.code) THEN n.title ELSE excluded.title END,
    title_ru = coalesce(nullif(excluded.title_ru, ''), n.title_ru),
    sector_id = coalesce(excluded.sector_id, n.sector_id),
    aliases = CASE WHEN excluded.aliases = '{}' THEN n.aliases ELSE excluded.aliases END,
    aliases_ru = CASE WHEN excluded.aliases_ru = '{}' THEN n.aliases_ru ELSE excluded.aliases_ru END,
    text = coalesce(nullif(excluded.text, ''), n.text), text_ru = coalesce(nullif(excluded.text_ru, ''), n.text_ru),
    article_id = coalesce(nullif(excluded.article_id, ''), n.article_id), import_id = excluded.import_id
"""
UPSERT_METRIC = """
INSERT INTO niche_metrics AS m (
    dataset_id, name, title, title_ru, unit, unit_ru, description, description_ru, formula, over_time, direction,
    format, aliases, source, as_of, position, import_id)
VALUES (:dataset, :name, :title, :title_ru, :unit, :unit_ru, :description, :description_ru, :formula, :over_time,
    :direction, :format, :aliases, :source, :as_of, :position, :import)
ON CONFLICT (dataset_id, name) DO UPDATE SET
    source = coalesce(nullif(excluded.source, ''), m.source), as_of = coalesce(nullif(excluded.as_of, ''), m.as_of),
    version = m.version + 1, import_id = excluded.import_id
"""

# --- figures ----------------------------------------------------------------------------------------------------------

RESOLVE_FIGURES = """
CREATE TEMPORARY TABLE resolved ON COMMIT DROP AS
SELECT DISTINCT ON (n.id, m.id, r.id, s.period)
       n.id AS niche_id, m.id AS metric_id, r.id AS region_id, s.period, s.value
FROM staged_figures s
JOIN niches n ON n.dataset_id = :dataset AND n.code = s.code
JOIN niche_metrics m ON m.dataset_id = :dataset AND m.name = s.metric
JOIN niche_regions r ON r.dataset_id = :dataset AND r.title = s.region
ORDER BY n.id, m.id, r.id, s.period, s.line DESC
"""
ANALYZE_RESOLVED = "ANALYZE resolved"
STAGED_PERIODS = "SELECT array_agg(DISTINCT period) FILTER (WHERE period IS NOT NULL) FROM resolved"
POINTS = """
CREATE TEMPORARY TABLE merged ON COMMIT DROP AS
SELECT niche_id, metric_id, region_id, value, CAST(NULL AS float8[]) AS series FROM resolved
"""
POINTS_BESIDE_SERIES = (  # months with empty cells alone are no figures by month
    """
DELETE FROM merged USING resolved r
WHERE (merged.niche_id, merged.metric_id, merged.region_id) = (r.niche_id, r.metric_id, r.region_id)
  AND r.period IS NULL AND num_nonnulls(VARIADIC merged.series) = 0
""",
    "INSERT INTO merged SELECT niche_id, metric_id, region_id, value, NULL FROM resolved WHERE period IS NULL",
)
RESOLVE_SERIES = """
CREATE TEMPORARY TABLE merged ON COMMIT DROP AS
SELECT n.id AS niche_id, m.id AS metric_id, r.id AS region_id, CAST(NULL AS float8) AS value, s.series
FROM staged_series s
JOIN niches n ON n.dataset_id = :dataset AND n.code = s.code
JOIN niche_metrics m ON m.dataset_id = :dataset AND m.name = s.metric
JOIN niche_regions r ON r.dataset_id = :dataset AND r.title = s.region
"""
# Cells of every series that changes; when the axis moves, that is every series of the dataset.
CELLS = """
CREATE TEMPORARY TABLE cells ON COMMIT DROP AS
SELECT niche_id, metric_id, region_id, period, value FROM resolved WHERE period IS NOT NULL
UNION ALL
SELECT v.niche_id, v.metric_id, v.region_id, old.period, old.value
FROM niche_values v
JOIN niche_metrics m ON m.id = v.metric_id AND m.dataset_id = :dataset AND m.formula = ''
CROSS JOIN LATERAL unnest(CAST(:had AS date[]), v.series) AS old(period, value)
WHERE v.series IS NOT NULL
  AND (:moved OR EXISTS (SELECT FROM resolved r WHERE (r.niche_id, r.metric_id, r.region_id)
                                                    = (v.niche_id, v.metric_id, v.region_id)))
  AND NOT EXISTS (SELECT FROM resolved r WHERE (r.niche_id, r.metric_id, r.region_id, r.period)
                                             = (v.niche_id, v.metric_id, v.region_id, old.period))
"""
ALIGN = """
CREATE TEMPORARY TABLE merged ON COMMIT DROP AS
SELECT k.niche_id, k.metric_id, k.region_id, CAST(NULL AS float8) AS value,
       array_agg(c.value ORDER BY a.place) AS series
FROM (SELECT DISTINCT niche_id, metric_id, region_id FROM cells) k
CROSS JOIN unnest(CAST(:axis AS date[])) WITH ORDINALITY AS a(period, place)
LEFT JOIN cells c ON (c.niche_id, c.metric_id, c.region_id, c.period) = (k.niche_id, k.metric_id, k.region_id, a.period)
GROUP BY k.niche_id, k.metric_id, k.region_id
"""
# What a series says in one figure: the last year's sum or mean, or the last figure there is.
HEADLINES = """
UPDATE merged SET value = CASE m.over_time
    WHEN 'sum' THEN (SELECT sum(x) FROM unnest(merged.series[cardinality(merged.series) - :year + 1:]) x)
    WHEN 'mean' THEN (SELECT avg(x) FROM unnest(merged.series[cardinality(merged.series) - :year + 1:]) x)
    ELSE (SELECT x FROM unnest(merged.series) WITH ORDINALITY AS u(x, place) WHERE x IS NOT NULL
          ORDER BY place DESC LIMIT 1) END
FROM niche_metrics m WHERE m.id = merged.metric_id AND merged.series IS NOT NULL
"""
_SAME = "(v.metric_id, v.region_id, v.niche_id) = (s.metric_id, s.region_id, s.niche_id)"
APPLY = (
    "ANALYZE merged",
    f"""
INSERT INTO niche_before (import_id, entity, row)
SELECT :import, 'niche_values', to_jsonb(v) FROM niche_values v JOIN merged s ON {_SAME}
WHERE (v.value, v.series) IS DISTINCT FROM (s.value, s.series)
""",
    f"""
DELETE FROM niche_values v USING merged s, niches n
WHERE {_SAME} AND n.id = v.niche_id AND n.dataset_id = :dataset
  AND s.value IS NULL AND (s.series IS NULL OR num_nonnulls(VARIADIC s.series) = 0)
""",
    """
INSERT INTO niche_values AS v (niche_id, metric_id, region_id, value, series, import_id)
SELECT niche_id, metric_id, region_id, value, series, :import FROM merged
WHERE value IS NOT NULL OR num_nonnulls(VARIADIC series) > 0
ON CONFLICT (metric_id, region_id, niche_id) DO UPDATE
SET value = excluded.value, series = excluded.series, import_id = excluded.import_id
WHERE (v.value, v.series) IS DISTINCT FROM (excluded.value, excluded.series)
""",
)
COUNTS = """
SELECT count(DISTINCT m.id) AS metrics, count(DISTINCT v.region_id) FILTER (WHERE NOT r.whole) AS regions,
       count(*) AS figures, CAST(coalesce(sum(num_nonnulls(VARIADIC v.series)), 0) AS bigint) AS by_period
FROM niche_metrics m JOIN niche_values v ON v.metric_id = m.id JOIN niche_regions r ON r.id = v.region_id
WHERE m.dataset_id = :dataset
"""
