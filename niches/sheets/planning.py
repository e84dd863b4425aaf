"""What a question asks of a table, as its words say it, becomes the plan of one query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.entities.sheets import Function, Part, Sheet, SheetColumn
from niches.sheets.pieces import holds_years
from niches.sheets.plan import Condition, SheetPlan

_EXTREMES = (None, "max", "min", "sum", "mean", "median")  # of what may be ranked
_OF_GROUPS = ("sum", "mean", "median")
_ALL_GROUPS = 100


@dataclass
class Asked:
    """Columns are named by their places. `by` is what is grouped by, `part` the part of its dates; `columns` are those
    that are neither grouped by nor filtered by; `much` is a word for sums, `count` one for numbers of rows."""

    where: list[Condition] = field(default_factory=list)
    by: int | None = None
    part: Part = ""
    function: Function | None = None
    count: bool = False
    much: bool = False
    largest: bool = False
    smallest: bool = False
    top: int | None = None
    listed: bool = False
    rows: bool = False
    columns: list[int] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether it is a question at all."""
        return bool(self.function or self.count or self.top or self.extreme or self.by is not None)

    @property
    def extreme(self) -> Function | None:
        return "min" if self.smallest else "max" if self.largest else None


def planned(asked: Asked, sheet: Sheet) -> SheetPlan | None:
    """None where too little is said for one query."""
    return _Planner(asked, sheet).plan()


class _Planner:
    def __init__(self, asked: Asked, sheet: Sheet) -> None:
        self._asked, self._sheet = asked, sheet
        self._numbers = [place for place in asked.columns if self._column(place).numeric]
        self._others = [place for place in asked.columns if not self._column(place).numeric]

    def plan(self) -> SheetPlan | None:
        asked = self._asked
        ranked = asked.top is not None or (asked.extreme and self._others)
        if ranked and asked.function in _EXTREMES and self._numbers:
            return self._ranking(self._numbers[-1])
        if asked.by is not None:
            return self._grouped(asked.by)
        function = asked.function or asked.extreme
        if function == "share":
            return self._figure("share", self._numbers) if asked.where else None
        if function is not None:
            return self._calculated(function)
        return self._counted() or self._rows()

    def _ranking(self, measured: int) -> SheetPlan:
        """Of groups where the named text comes more than once, else of rows."""
        asked, name = self._asked, self._column(measured).name
        by = asked.by if asked.by is not None else self._others[0] if self._others else None
        ranked: dict[str, Any] = {"descending": not asked.smallest, "n": asked.top or 1}
        if by is None:
            return self._made(kind="rows", sort=name, **ranked)
        column = self._column(by)
        unique = column.kind == "text" and (not column.values or len(column.values) == column.filled)
        if not unique or asked.function in _OF_GROUPS:
            function = asked.function if asked.function in _OF_GROUPS else "sum"
            return self._made(kind="groups", by=column.name, part=asked.part, function=function, column=name, **ranked)
        others = (self._column(place).name for place in self._others if place != by)
        return self._made(kind="rows", show=_once([column.name, *others, name]), sort=name, **ranked)

    def _grouped(self, by: int) -> SheetPlan | None:
        asked, column = self._asked, self._column(by)
        function = asked.function or (asked.extreme or "sum" if self._numbers else "count")
        if not self._numbers and function not in ("count", "share"):
            if not asked.count:
                return None
            function = "count"
        in_time = column.kind == "date" or holds_years(column)
        return self._made(
            kind="groups",
            by=column.name,
            part=asked.part,
            function=function,
            column=self._first(self._numbers),
            by_value=not in_time,
            descending=not in_time,
        )

    def _calculated(self, function: Function) -> SheetPlan | None:
        dates = [place for place in self._others if self._column(place).kind == "date"]
        if self._numbers:
            return self._figure(function, self._numbers)
        if function in ("min", "max") and len(dates) == 1:
            return self._figure(function, dates)
        return self._figure("count") if self._asked.count else None

    def _counted(self) -> SheetPlan | None:
        """`how many units` is a sum, `how many regions` their list, `how many orders` a number of rows."""
        asked = self._asked
        if (asked.count or asked.much) and len(self._numbers) == 1 and not asked.rows:
            return self._figure("sum", self._numbers)
        if asked.count and len(self._others) == 1 and not asked.rows:
            column = self._column(self._others[0])
            if column.kind != "date":
                return self._made(kind="groups", by=column.name, function="count", n=_ALL_GROUPS)
        return self._figure("count") if asked.count and (asked.where or asked.rows) else None

    def _rows(self) -> SheetPlan | None:
        asked = self._asked
        if not asked.where:
            return None
        if asked.columns:
            shown = [*(one.column for one in asked.where), *(self._column(place).name for place in asked.columns)]
            return self._made(kind="rows", show=_once(shown), descending=False)
        return self._made(kind="rows", descending=False) if asked.rows or asked.listed else None

    def _figure(self, function: Function, of: list[int] | None = None) -> SheetPlan:
        return self._made(kind="figure", function=function, column=self._first(of or []))

    def _made(self, **values: Any) -> SheetPlan:
        return SheetPlan(table=self._sheet.n, where=self._asked.where, **values)

    def _column(self, place: int) -> SheetColumn:
        return self._sheet.columns[place]

    def _first(self, places: list[int]) -> str:
        return self._column(places[0]).name if places else ""


def _once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))
