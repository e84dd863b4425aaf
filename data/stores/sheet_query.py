# ruff: noqa: S608 - only places of columns and names of our own are put into the statements; values are parameters
"""Turns a question to a sheet into SQL over its rows, with a cast for the kind of each column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.entities.sheets import Filter, SheetColumn, SheetQuery

_CASTS = {"integer": "::numeric", "number": "::numeric", "percent": "::numeric", "date": "::timestamp", "text": "", "yes_no": "::boolean"}  # fmt: skip  # noqa: E501
_PARTS = {"": "YYYY-MM-DD", "year": "YYYY", "quarter": 'YYYY-"Q"Q', "month": "YYYY-MM"}
_FUNCTIONS = {
    "count": "count({x})",
    "sum": "sum({x})",
    "mean": "avg({x})",
    "median": "percentile_cont(0.5) WITHIN GROUP (ORDER BY {x})",
    "min": "min({x})",
    "max": "max({x})",
}


class Statement:
    """`sql` and `parameters` of what is asked; `counting` counts the rows that pass the filters, "" where all do."""

    def __init__(self, sheet_id: int, columns: Sequence[SheetColumn], query: SheetQuery) -> None:
        self._columns, self._query = columns, query
        self.parameters: dict[str, Any] = {"sheet": sheet_id}
        conditions = [self._condition(at, one) for at, one in enumerate(query.filters)]
        self._passing = " AND ".join(conditions)
        where = " AND ".join(["sheet_id = :sheet", *conditions])
        self.counting = f"SELECT count(*) FROM sheet_rows WHERE {where}" if conditions else ""
        self.sql = {"rows": self._rows, "figure": self._figure, "groups": self._groups}[query.kind](where)

    def _x(self, place: int) -> str:
        return f"(cells->>{place}){_CASTS[self._columns[place].kind]}"

    def _condition(self, at: int, one: Filter) -> str:
        x, kind = self._x(one.column), self._columns[one.column].kind
        if one.op in ("empty", "filled"):
            return f"(cells->>{one.column}) IS {'NOT ' if one.op == 'filled' else ''}NULL"
        value = f"v{at}"
        self.parameters[value] = one.value
        if kind == "text":
            if one.op == "contains":
                return f"position(lower(:{value}) IN lower({x})) > 0"
            return f"lower({x}) {'<>' if one.op == '!=' else one.op} lower(:{value})"
        cast = f"CAST(:{value} AS {_CASTS[kind].removeprefix('::')})"
        if kind == "date":  # a day is all of it, whatever the time
            x, cast = f"{x}::date", f"CAST(:{value} AS date)"
        if one.op == "between":
            self.parameters[f"{value}_to"] = one.value2
            return f"{x} BETWEEN {cast} AND {cast.replace(value, f'{value}_to')}"
        return f"{x} {'<>' if one.op == '!=' else one.op} {cast}"

    def _rows(self, where: str) -> str:
        query = self._query
        down = "DESC" if query.descending else "ASC"
        order = f"{self._x(query.sort)} {down} NULLS LAST, n" if query.sort is not None else f"n {down}"
        self.parameters |= {"limit": query.limit, "offset": query.offset}
        return f"SELECT cells FROM sheet_rows\nWHERE {where}\nORDER BY {order}\nLIMIT :limit OFFSET :offset"

    def _figure(self, where: str) -> str:
        x = self._measured()
        if self._query.function != "share":
            value = _FUNCTIONS[self._query.function].format(x=x)
            return f"SELECT NULL, {value}, count({x}), 1\nFROM sheet_rows\nWHERE {where}"
        passing = self._passing or "true"
        whole = "count(*)" if x == "*" else f"sum({x})"
        return (
            f"SELECT NULL, ({whole} FILTER (WHERE {passing}))::numeric / nullif({whole}, 0), "
            f"count({x}) FILTER (WHERE {passing}), 1\nFROM sheet_rows\nWHERE sheet_id = :sheet"
        )

    def _measured(self) -> str:
        return "*" if self._query.column is None else self._x(self._query.column)

    def _groups(self, where: str) -> str:
        query, x = self._query, self._measured()
        assert query.by is not None  # noqa: S101 - the service has checked the query
        group = self._x(query.by)
        if self._columns[query.by].kind == "date":
            group = f"to_char({group}, '{_PARTS[query.part]}')"
        whole = "count(*)" if x == "*" else f"sum({x})"
        value = (
            f"{whole}::numeric / nullif(sum({whole}) OVER (), 0)"
            if query.function == "share"
            else _FUNCTIONS[query.function].format(x=x)
        )
        down = "DESC" if query.descending else "ASC"
        order = f"2 {down} NULLS LAST, 1" if query.by_value else f"1 {down} NULLS LAST"
        self.parameters |= {"limit": query.limit, "offset": query.offset}
        return (
            f"SELECT {group}, {value}, count({x}), count(*) OVER ()\nFROM sheet_rows\nWHERE {where}\n"
            f"GROUP BY 1\nORDER BY {order}\nLIMIT :limit OFFSET :offset"
        )
