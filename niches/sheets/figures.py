"""What the columns of an answer about a sheet are: names, kinds and units, for eyes and for files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.entities.niches import Metric
from core.entities.sheets import Function, Kind, Sheet, SheetColumn
from core.i18n import N_
from niches.sheets.plan import SheetPlan

FUNCTIONS: dict[Function, str] = {
    "count": N_("Count"),
    "sum": N_("Total"),
    "mean": N_("Mean"),
    "median": N_("Median"),
    "min": N_("Minimum"),
    "max": N_("Maximum"),
    "share": N_("Share"),
}


@dataclass(frozen=True, slots=True)
class Head:
    """A column of what a plan finds. `function` is set for a calculated one, whose `name` is that of its column."""

    name: str
    kind: Kind
    unit: str = ""
    function: Function | None = None


def named(sheet: Sheet, name: str) -> SheetColumn | None:
    return next((one for one in sheet.columns if one.name.casefold() == name.casefold()), None)


def heads(sheet: Sheet, plan: SheetPlan) -> tuple[Head, ...]:
    """The columns of the rows that `plan` finds."""
    if plan.kind == "rows":
        shown = [one for name in plan.show if (one := named(sheet, name))] or sheet.columns
        return tuple(Head(one.name, one.kind, one.unit) for one in shown)
    return Head(plan.by, "text"), figure(sheet, plan), Head("", "integer", function="count")


def figure(sheet: Sheet, plan: SheetPlan) -> Head:
    """The calculated column of a plan of groups or of one figure."""
    measured = named(sheet, plan.column) if plan.column else None
    name = measured.name if measured else ""
    if plan.function == "share":
        return Head(name, "percent", "%", "share")
    if plan.function == "count" or measured is None:
        return Head(name, "integer", function="count")
    whole = measured.kind == "integer" and plan.function not in ("mean", "median")
    kind: Kind = measured.kind if measured.kind in ("percent", "date") else "integer" if whole else "number"
    return Head(name, kind, measured.unit, plan.function)


def metric(head: Head, title: str, title_ru: str) -> Metric:
    """The figure as charts and sentences of niche analytics know one."""
    form = {"percent": "percent", "integer": "integer"}.get(head.kind, "decimal")
    unit = "" if head.kind == "percent" else head.unit
    return Metric(
        id=0, dataset_id=0, name="value", title=title, title_ru=title_ru, unit=unit, unit_ru=unit, description="",
        description_ru="", formula="", over_time="sum", direction="none", format=form,  # type: ignore[arg-type]
        aliases=(), source="", as_of="", owner="", version=1,
    )  # fmt: skip


def summed(head: Head, rows: Sequence[Sequence[object]], place: int) -> float | None:
    """The total of a column of shown rows; None for one that is not to be added up."""
    if head.kind not in ("integer", "number") or head.function in ("mean", "median", "min", "max"):
        return None
    return float(sum(cell for row in rows if isinstance(cell := row[place], int | float)))
