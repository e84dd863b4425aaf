# ruff: noqa: S608 - only names of our own are put into the statements; what people say are parameters
"""Turns a question to the figures into SQL over the two views that questions may read."""

from __future__ import annotations

from typing import Any

from core.entities.niches import FigureQuery

COLUMNS = {
    "list": ("niche", "value"),
    "count": ("count", "niches"),
    "growth": ("niche", "before", "value", "growth"),
    "group": ("group", "value", "niches"),
}
_FUNCTIONS = {
    "sum": "sum(value)",
    "mean": "avg(value)",
    "median": "percentile_cont(0.5) WITHIN GROUP (ORDER BY value)",
    "share": "sum(value) / nullif(sum(sum(value)) OVER (), 0)",
}
_GROUPS = {"sector": "sector_id", "region": "region_id", "": "CAST(NULL AS int)"}


def build(query: FigureQuery) -> tuple[str, dict[str, Any]]:
    """(SQL, parameters). Every row ends with the number of rows that there are without the limit."""
    where, parameters = _where(query)
    makers = {"list": _list, "count": _count, "growth": _growth, "group": _group}
    return makers[query.kind](query, " AND ".join(where), parameters)


def _where(query: FigureQuery) -> tuple[list[str], dict[str, Any]]:
    where = ["metric_id = :metric"]
    parameters: dict[str, Any] = {"metric": query.metric_id}
    if query.by == "region":
        where.append("NOT whole")
    else:
        where.append("region_id = :region")
        parameters["region"] = query.region_id
    optional = (
        (query.niche_keys, "niche_key = ANY(:niches)", "niches", list(query.niche_keys)),
        (query.sector_id is not None, "sector_id = :sector", "sector", query.sector_id),
        (query.period, "period = :period", "period", query.period),
    )
    for given, condition, name, value in optional:
        if given:
            where.append(condition)
            parameters[name] = value
    return where, parameters


def _view(query: FigureQuery) -> str:
    return "niche_periods" if query.period else "niche_figures"


def _order(query: FigureQuery, column: str = "value") -> str:
    return f"{column} {'DESC' if query.descending else 'ASC'}"


def _list(query: FigureQuery, where: str, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if query.comparison:
        where += f" AND value {query.comparison} :threshold"
        parameters["threshold"] = query.threshold
    sql = (
        f"SELECT niche, value, count(*) OVER () AS total\nFROM {_view(query)}\nWHERE {where}\n"
        f"ORDER BY {_order(query)}, niche\nLIMIT :limit"
    )
    return sql, {**parameters, "limit": query.limit}


def _count(query: FigureQuery, where: str, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    sql = (
        f"SELECT count(*) FILTER (WHERE value {query.comparison or '>='} :threshold) AS count, count(*) AS niches, "
        f"1 AS total\nFROM {_view(query)}\nWHERE {where}"
    )
    return sql, {**parameters, "threshold": query.threshold}


def _growth(query: FigureQuery, where: str, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:

    then = where.replace("period = :period", "period = :before")
    sql = (
        "SELECT niche, a.value AS before, b.value AS value, b.value / nullif(a.value, 0) - 1 AS growth,\n"
        "       count(*) OVER () AS total\n"
        f"FROM (SELECT niche, value FROM niche_periods WHERE {then}) a\n"
        f"JOIN (SELECT niche, value FROM niche_periods WHERE {where}) b USING (niche)\n"
        f"ORDER BY {_order(query, 'growth')} NULLS LAST, niche\nLIMIT :limit"
    )
    return sql, {**parameters, "before": query.before, "limit": query.limit}


def _group(query: FigureQuery, where: str, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    group = _GROUPS[query.by]
    grouped = f"\nGROUP BY {group}" if query.by else ""
    sql = (
        f'SELECT {group} AS "group", {_FUNCTIONS[query.function]} AS value, count(*) AS niches, '
        f"count(*) OVER () AS total\nFROM {_view(query)}\nWHERE {where}{grouped}\n"
        f"ORDER BY {_order(query)} NULLS LAST\nLIMIT :limit"
    )
    return sql, {**parameters, "limit": query.limit}
