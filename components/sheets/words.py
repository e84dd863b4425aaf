"""Words for the tables of spreadsheets: kinds, operators, functions, heads of columns, values."""

from __future__ import annotations

from components import session
from components.i18n import N_, _, number
from core.entities.sheets import Cell, Operator, Part, Sheet, SheetColumn
from core.i18n import translate
from niches.sheets.figures import FUNCTIONS, Head
from niches.sheets.plan import Condition, SheetPlan

KINDS = {
    "integer": N_("whole number"),
    "number": N_("number"),
    "percent": N_("percentage"),
    "date": N_("date"),
    "text": N_("text"),
    "yes_no": N_("yes or no"),
}
OPERATORS: dict[Operator, str] = {
    "=": N_("is"),
    "!=": N_("is not"),
    ">": N_("more than"),
    ">=": N_("at least"),
    "<": N_("less than"),
    "<=": N_("at most"),
    "between": N_("between"),
    "contains": N_("contains"),
    "empty": N_("is empty"),
    "filled": N_("has a value"),
}
PARTS: dict[Part, str] = {"": N_("day"), "month": N_("month"), "quarter": N_("quarter"), "year": N_("year")}


def title(sheet: Sheet) -> str:
    return sheet.title or _("Table %(n)s", n=number(sheet.n))


def name(column: SheetColumn) -> str:
    return f"{column.name}, {column.unit}" if column.unit and column.kind != "percent" else column.name


def head(one: Head) -> str:
    """Of a column of an answer, with its unit."""
    if one.function == "count" and not one.name:
        return _("Rows")
    said = f"{_(FUNCTIONS[one.function])}: {one.name}" if one.function else one.name
    return f"{said}, {one.unit}" if one.unit and one.kind != "percent" else said


def value(cell: Cell) -> str:
    if isinstance(cell, bool):
        return _("yes") if cell else _("no")
    return number(cell, 2) if isinstance(cell, int | float) else str(cell or "–")


def condition(one: Condition) -> str:
    if one.op in ("empty", "filled"):
        return f"{one.column} {_(OPERATORS[one.op])}"
    if one.op == "between":
        return f"{one.column}: {value(one.value)} – {value(one.value2)}"
    return f"{one.column} {_(OPERATORS[one.op])} {value(one.value)}"


def about(sheet: Sheet, plan: SheetPlan) -> list[str]:
    """What an exported table is, a line each."""
    lines = [sheet.document or sheet.filename, f"{sheet.filename} · {title(sheet)}"]
    lines += [condition(one) for one in plan.where]
    return lines


def note(sentence: str, values: dict[str, object]) -> str:
    return translate(session.locale(), sentence, **values)
