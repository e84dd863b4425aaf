"""Typed tables of spreadsheets, and questions to one of them: frozen dataclasses, no behaviour beyond their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

Kind = Literal["integer", "number", "percent", "date", "text", "yes_no"]
KINDS: tuple[Kind, ...] = ("integer", "number", "percent", "date", "text", "yes_no")
NUMERIC: tuple[Kind, ...] = ("integer", "number", "percent")
Cell = str | int | float | bool | None
Function = Literal["count", "sum", "mean", "median", "min", "max", "share"]
Operator = Literal["=", "!=", ">", ">=", "<", "<=", "between", "contains", "empty", "filled"]
Part = Literal["", "year", "quarter", "month"]


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """`kind` is recognised, or `corrected` by a person. `filled` cells have a value; `misfits` had one that is not of
    the kind and count as empty. A percentage is stored as a share (0.12), a date as ISO text. `values` are the distinct
    texts of the column, empty where there are too many to list. `header` is its name as the file has it."""

    name: str
    kind: Kind
    unit: str = ""
    filled: int = 0
    misfits: int = 0
    corrected: bool = False
    values: tuple[str, ...] = ()
    header: str = ""

    @property
    def numeric(self) -> bool:
        return self.kind in NUMERIC


@dataclass(frozen=True, slots=True)
class Correction:
    """The kind that a person chose for a column, by the title of its table and its name as the file has it."""

    title: str
    header: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Note:
    """`sentence` is a message id whose places `values` fill."""

    sentence: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TypedTable:
    """What is recognised of one table of a file; `title` is the sheet's, "" in a file that has one table."""

    title: str
    columns: tuple[SheetColumn, ...]
    rows: int
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A kept table: the `n`-th (from 1) of a document that can be read and is ready."""

    id: int
    document_id: UUID
    n: int
    title: str
    columns: tuple[SheetColumn, ...]
    rows: int
    notes: tuple[Note, ...]
    document: str  # title
    filename: str
    language: str
    demo: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on the column at `column`. Texts are compared without regard to case; dates are ISO texts; a
    percentage is a share. "between" includes both ends."""

    column: int
    op: Operator
    value: Cell = None
    value2: Cell = None


@dataclass(frozen=True, slots=True)
class SheetQuery:
    """What is asked of a sheet; columns are places, from 0.

    rows    the columns of `show` (all where it is empty), sorted by `sort` (the file's order where it is None)
    figure  `function` of `column` over the rows that pass; share: their part of the sum (of the count) of all rows
    groups  the same for each value of `by` (of its year, quarter or month: `part`)
    """

    kind: Literal["rows", "figure", "groups"] = "rows"
    filters: tuple[Filter, ...] = ()
    column: int | None = None
    function: Function = "sum"
    by: int | None = None
    part: Part = ""
    show: tuple[int, ...] = ()
    sort: int | None = None
    by_value: bool = True  # how groups are sorted: by their figure, else by their name
    descending: bool = False
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True)
class SheetRows:
    """What a query found. A row of `groups` or `figure` is (group, figure, cells that it is made of); `total` is how
    many rows there are without the limit, `matching` how many rows of the sheet pass the filters, and `of` how many
    it has. `sql` and `parameters` are what was run."""

    rows: tuple[tuple[Cell, ...], ...]
    total: int
    matching: int
    of: int
    sql: str
    parameters: Mapping[str, Any]
    took_ms: float
