"""The typed plan of a question to a sheet, by grammar, model or program, and its check against the columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.entities.sheets import (
    Cell,
    Filter,
    Function,
    Operator,
    Part,
    Sheet,
    SheetColumn,
    SheetQuery,
)
from core.i18n import N_
from niches.plan import Refusal
from rag.tables import cells

MOST_ROWS = 1_000
NO_COLUMN = N_("The table has no column “%(name)s”.")
NO_NUMBER = N_("“%(column)s” is no number: it can be counted, not added up.")
BAD_VALUE = N_("“%(value)s” is no value of the column “%(column)s”.")
WHICH_COLUMN = N_("Say which column is to be calculated.")
WHICH_GROUP = N_("Say by which column the rows are to be grouped.")
_Name = Annotated[str, Field(max_length=300)]
_YES = {**dict.fromkeys(cells.YES, True), **dict.fromkeys(cells.NO, False)}


class Condition(BaseModel):
    """`value2` is the other end of "between"; "empty" and "filled" have no value. A percentage is "12%" or 0.12."""

    model_config = ConfigDict(extra="forbid")

    column: _Name
    op: Operator = "="
    value: Annotated[str, Field(max_length=1_000)] | bool | int | float | None = None
    value2: Annotated[str, Field(max_length=1_000)] | bool | int | float | None = None


class SheetPlan(BaseModel):
    """Columns by their names in table number `table`.

    rows    the columns `show` (all where it is empty) of the first `n` rows, sorted by `sort`
    figure  `function` of `column`; count and share may do without a column: then they count rows
    groups  the same for each value of `by`; `part` makes years, quarters or months of dates
    """

    model_config = ConfigDict(extra="forbid")

    table: int = Field(default=1, ge=1, le=2**31 - 1)
    kind: Literal["rows", "figure", "groups"] = "rows"
    function: Function = "sum"
    column: _Name = ""
    by: _Name = ""
    part: Part = ""
    where: list[Condition] = Field(default_factory=list, max_length=10)
    show: list[_Name] = Field(default_factory=list, max_length=200)
    sort: _Name = ""
    by_value: bool = True
    descending: bool = True
    n: int = Field(default=100, ge=1, le=MOST_ROWS)
    offset: int = Field(default=0, ge=0, le=100_000_000)


class _Unknown(Exception):
    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


def bind(plan: SheetPlan, sheet: Sheet) -> SheetQuery | Refusal:
    """The query of a plan; a Refusal with the closest choices for a column that the sheet does not have."""
    try:
        return _bound(plan, sheet.columns)
    except _Unknown as unknown:
        return unknown.refusal


def _bound(plan: SheetPlan, columns: Sequence[SheetColumn]) -> SheetQuery:
    column = place_of(plan.column, columns) if plan.column else None
    by = place_of(plan.by, columns) if plan.by else None
    if plan.kind == "groups" and by is None:
        raise _Unknown(Refusal("question", WHICH_GROUP, {}, tuple(one.name for one in columns[:6])))
    if plan.kind != "rows":
        _check_measure(plan, column, columns)
    return SheetQuery(
        kind=plan.kind,
        filters=tuple(_filter(one, columns) for one in plan.where),
        column=column,
        function=plan.function,
        by=by,
        part=plan.part,
        show=tuple(place_of(name, columns) for name in plan.show),
        sort=place_of(plan.sort, columns) if plan.sort else None,
        by_value=plan.by_value,
        descending=plan.descending if plan.sort or plan.kind == "groups" else False,
        limit=plan.n,
        offset=plan.offset,
    )


def _check_measure(plan: SheetPlan, column: int | None, columns: Sequence[SheetColumn]) -> None:
    numbers = tuple(one.name for one in columns if one.numeric)[:6]
    if column is None:
        if plan.function not in ("count", "share"):
            raise _Unknown(Refusal("metric", WHICH_COLUMN, {}, numbers))
        return
    found = columns[column]
    dated = found.kind == "date" and plan.function in ("min", "max")
    if not (found.numeric or dated or plan.function == "count"):
        raise _Unknown(Refusal("metric", NO_NUMBER, {"column": found.name}, numbers))


def place_of(name: str, columns: Sequence[SheetColumn]) -> int:
    wanted = " ".join(name.split()).casefold()
    for place, one in enumerate(columns):
        if one.name.casefold() == wanted:
            return place
    raise _Unknown(Refusal("metric", NO_COLUMN, {"name": name}, closest(name, columns)))


def closest(wanted: str, columns: Iterable[SheetColumn], most: int = 5) -> tuple[str, ...]:
    """Names of the columns that are most like `wanted`."""
    from rapidfuzz import fuzz  # at first use

    names = [one.name for one in columns]
    return tuple(sorted(names, key=lambda name: -fuzz.WRatio(wanted.lower(), name.lower()))[:most])


def _filter(one: Condition, columns: Sequence[SheetColumn]) -> Filter:
    place = place_of(one.column, columns)
    if one.op in ("empty", "filled"):
        return Filter(place, one.op)
    column = columns[place]
    if one.op == "contains" and column.kind != "text":
        raise _Unknown(_not_of(column, one.value))
    first = _value(one.value, column)
    return Filter(place, one.op, first, _value(one.value2, column) if one.op == "between" else None)


def _value(said: Cell, column: SheetColumn) -> Cell:
    value = _read(said, column)
    if value is None:
        raise _Unknown(_not_of(column, said))
    return value


def _read(said: Cell, column: SheetColumn) -> Cell:
    if column.kind == "text":
        return said if isinstance(said, str) else None if said is None else str(said)
    if column.kind == "yes_no":
        return said if isinstance(said, bool) else _YES.get(str(said).strip().lower())
    if column.kind == "date":
        return cells.day(str(said)) if said is not None else None
    if isinstance(said, bool):
        return None
    if isinstance(said, int | float):
        return said
    found = cells.numeral(said or "")
    if found is None:
        return None
    value = cells.number(found[0], "," if cells.separators(found[0]) == "," else ".")
    return value / 100 if found[1] else value


def _not_of(column: SheetColumn, said: Cell) -> Refusal:
    return Refusal("question", BAD_VALUE, {"value": str(said), "column": column.name}, column.values[:5])
