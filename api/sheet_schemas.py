"""What the API reads and writes about the tables of spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.inputs import Input, example
from api.niche_schemas import RefusalOut, TableOut
from core.entities.sheets import NUMERIC, Cell, Kind, Sheet, SheetColumn, SheetRows
from niches.sheets.plan import SheetPlan
from services.sheets.questions import SheetAnswer

Columns = list[dict[str, str]]


class SheetColumnOut(BaseModel):
    place: int = Field(description="From 0.")
    name: str
    type: Kind
    unit: str
    filled: int = Field(description="Cells that have a value.")
    misfits: int = Field(description="Cells that are not of the type and count as empty.")
    corrected: bool


class SheetOut(BaseModel):
    n: int
    title: str = Field(description="The sheet's; empty in a file with one table.")
    rows: int
    columns: list[SheetColumnOut]
    notes: list[str]

    @classmethod
    def of(cls, sheet: Sheet) -> SheetOut:
        names = [name for name in SheetColumnOut.model_fields if name not in ("place", "type")]
        columns = [
            SheetColumnOut(place=at, type=one.kind, **{name: getattr(one, name) for name in names})
            for at, one in enumerate(sheet.columns)
        ]
        notes = [note.sentence % note.values for note in sheet.notes]
        return cls(n=sheet.n, title=sheet.title, rows=sheet.rows, columns=columns, notes=notes)


class SheetsOut(BaseModel):
    tables: list[SheetOut]
    problem: str = Field(description="Why there are none, where making them failed.")


class SheetRowsOut(BaseModel):
    """Percentages are shares (0.12), dates are ISO texts, empty cells are null."""

    columns: list[dict[str, str]] = Field(description="Name, type and unit of each column of `rows`.")
    rows: list[list[Cell]]
    total: int = Field(description="Rows (or groups) there are without the limit.")
    matching: int = Field(description="Rows of the table that pass the filters.")
    of: int = Field(description="Rows of the table.")
    sql: str = Field(description="What was run, with its `parameters`.")
    parameters: Mapping[str, Any]
    took_ms: float

    @classmethod
    def of_rows(cls, sheet: Sheet, plan: SheetPlan, found: SheetRows) -> SheetRowsOut:
        return cls(
            columns=_columns(sheet, plan),
            rows=[list(row) for row in found.rows],
            total=found.total,
            matching=found.matching,
            of=found.of,
            sql=found.sql,
            parameters=found.parameters,
            took_ms=found.took_ms,
        )


def _columns(sheet: Sheet, plan: SheetPlan) -> Columns:
    named = {one.name.casefold(): one for one in sheet.columns}
    if plan.kind == "rows":
        shown = [named[name.casefold()] for name in plan.show] or sheet.columns
        return [{"name": one.name, "type": one.kind, "unit": one.unit} for one in shown]
    measured = named.get(plan.column.casefold())
    group = {"name": plan.by, "type": "text", "unit": ""}
    cells = {"name": "cells", "type": "integer", "unit": ""}
    return [group, {"name": plan.function, **_figure(plan, measured)}, cells]


def _figure(plan: SheetPlan, measured: SheetColumn | None) -> dict[str, str]:
    if plan.function == "share":
        return {"type": "percent", "unit": "%"}
    if plan.function == "count" or measured is None:
        return {"type": "integer", "unit": ""}
    kind = "number" if plan.function in ("mean", "median") and measured.kind in NUMERIC[:2] else measured.kind
    return {"type": kind, "unit": measured.unit}


class ColumnIn(Input):
    type: Literal["integer", "number", "percent", "date", "text", "yes_no"]


class SheetQuestionIn(Input):
    """A question in English or Russian, or a plan that is run instead of it."""

    model_config = example(question="Total revenue by city")

    question: Annotated[str, Field(max_length=1_000)] = ""
    plan: SheetPlan | None = None


class SheetAnswerOut(BaseModel):
    question: str
    how: str = Field(description="The query in words; empty when the question is refused.")
    answer: str = Field(description="One sentence with unit and count of rows.")
    plan: SheetPlan | None
    table: TableOut | None
    chart: dict[str, str]
    sql: str
    parameters: Mapping[str, Any]
    took_ms: float
    refusal: RefusalOut | None

    @classmethod
    def of(cls, found: SheetAnswer) -> SheetAnswerOut:
        answer = found.answer
        return cls(
            question=answer.question,
            how=found.how,
            answer=answer.text,
            plan=found.plan,
            table=TableOut.of(answer.table) if answer.table else None,
            chart={"kind": answer.chart.kind, "x": answer.chart.x, "y": answer.chart.y},
            sql=answer.sql,
            parameters=answer.parameters,
            took_ms=answer.took_ms,
            refusal=RefusalOut.of(answer.refusal) if answer.refusal else None,
        )
