"""An answer about a sheet: how it was calculated, one sentence with unit and count of rows, table and chart."""

from __future__ import annotations

from core.entities.niches import Metric
from core.entities.sheets import Cell, Sheet, SheetRows
from core.i18n import N_, translate
from niches.results import Answer, Chart, Column, Stamp, Table
from niches.sentences import amount
from niches.sheets.figures import FUNCTIONS, Head, figure, heads, metric
from niches.sheets.plan import Condition, SheetPlan

ROWS = N_("Rows")
OF = {
    "count": N_("number of rows"),
    "sum": N_("total of “%(column)s”"),
    "mean": N_("mean of “%(column)s”"),
    "median": N_("median of “%(column)s”"),
    "min": N_("minimum of “%(column)s”"),
    "max": N_("maximum of “%(column)s”"),
    "share": N_("share of “%(column)s”"),
}
COUNT_OF = N_("number of cells with a value in “%(column)s”")
SHARE_OF_ROWS = N_("share of the rows")
BY = N_("%(what)s by “%(column)s”")
BY_PART = {
    "year": N_("%(what)s by year of “%(column)s”"),
    "quarter": N_("%(what)s by quarter of “%(column)s”"),
    "month": N_("%(what)s by month of “%(column)s”"),
}
LISTED = N_("rows")
TOP = N_("the %(n)s rows with the largest “%(column)s”")
BOTTOM = N_("the %(n)s rows with the smallest “%(column)s”")
FIRST = N_("%(what)s, the %(n)s largest")
LAST = N_("%(what)s, the %(n)s smallest")
WHERE = N_("%(what)s, where %(conditions)s")
SAYS = {
    "=": N_("“%(column)s” is %(value)s"),
    "!=": N_("“%(column)s” is not %(value)s"),
    ">": N_("“%(column)s” is more than %(value)s"),
    ">=": N_("“%(column)s” is at least %(value)s"),
    "<": N_("“%(column)s” is less than %(value)s"),
    "<=": N_("“%(column)s” is at most %(value)s"),
    "between": N_("“%(column)s” is from %(value)s to %(other)s"),
    "contains": N_("“%(column)s” contains %(value)s"),
    "empty": N_("“%(column)s” is empty"),
    "filled": N_("“%(column)s” has a value"),
}
HOW = N_("How this was calculated: %(what)s; table “%(table)s” of “%(document)s”.")
HOW_PLAIN = N_("How this was calculated: %(what)s; “%(document)s”.")
FIGURE = N_("%(what)s: %(value)s (rows: %(matching)s of %(of)s).")
NO_FIGURE = N_("%(what)s: there is no value in these rows (rows: %(matching)s of %(of)s).")
NO_ROWS = N_("No row of the table passes: %(what)s (of %(of)s rows).")
GROUPS = N_("%(what)s: %(total)s groups; the first is %(group)s with %(value)s (rows: %(matching)s of %(of)s).")
ONE_ROW = N_("%(name)s: %(value)s (rows: 1 of %(of)s).")
MANY_ROWS = N_("Found rows: %(total)s of %(of)s; %(shown)s are shown.")


def answered(question: str, sheet: Sheet, plan: SheetPlan, found: SheetRows, language: str) -> Answer:
    columns = heads(sheet, plan)
    measured = _measured(sheet, plan, columns, language)
    return Answer(
        question=question,
        table=Table(_columns(columns, language), tuple(_cells(row, language) for row in found.rows), found.total),
        chart=_chart(plan, columns, found),
        text=sentence(sheet, plan, found, language),
        metric=measured,
        stamp=Stamp(sheet.document or sheet.filename, "", sheet.demo, sheet.filename),
        sql=found.sql,
        parameters=found.parameters,
        took_ms=found.took_ms,
    )


def how(sheet: Sheet, plan: SheetPlan, language: str) -> str:
    """The query in words, for whoever reads the figure after it."""
    values = {"what": described(sheet, plan, language), "document": sheet.document or sheet.filename}
    if sheet.title:
        return translate(language, HOW, **values, table=sheet.title)
    return translate(language, HOW_PLAIN, **values)


def described(sheet: Sheet, plan: SheetPlan, language: str) -> str:
    what = _what(plan, language)
    if plan.where:
        conditions = ", ".join(_condition(one, sheet, language) for one in plan.where)
        what = translate(language, WHERE, what=what, conditions=conditions)
    return what


def _what(plan: SheetPlan, language: str) -> str:
    if plan.kind == "rows":
        if not plan.sort:
            return ", ".join(f"“{name}”" for name in plan.show) or translate(language, LISTED)
        return translate(language, TOP if plan.descending else BOTTOM, n=plan.n, column=plan.sort)
    if plan.column:
        what = translate(language, COUNT_OF if plan.function == "count" else OF[plan.function], column=plan.column)
    else:
        what = translate(language, SHARE_OF_ROWS if plan.function == "share" else OF["count"])
    if plan.kind == "groups":
        what = translate(language, BY_PART[plan.part] if plan.part else BY, what=what, column=plan.by)
        if plan.by_value and plan.n < 100:
            what = translate(language, FIRST if plan.descending else LAST, what=what, n=plan.n)
    return what


def _condition(one: Condition, sheet: Sheet, language: str) -> str:
    column = next((known for known in sheet.columns if known.name.casefold() == one.column.casefold()), None)
    share = column is not None and column.kind == "percent"
    values = {"value": value(one.value, language, share), "other": value(one.value2, language, share)}
    return translate(language, SAYS[one.op], column=one.column, **values)


def value(cell: Cell, language: str, share: bool = False) -> str:
    """One value as the language writes it."""
    if isinstance(cell, bool):
        return translate(language, "yes" if cell else "no")
    if isinstance(cell, int | float):
        return amount(cell, metric(Head("", "percent" if share else "number"), "", ""), language)
    return cell if cell is not None else "–"


def sentence(sheet: Sheet, plan: SheetPlan, found: SheetRows, language: str) -> str:
    """What was found, with unit and count of rows; says so where there is nothing."""
    what = described(sheet, plan, language)
    what = what[:1].upper() + what[1:]
    counts = {"matching": value(found.matching, language), "of": value(found.of, language)}
    if not found.rows or not found.matching:
        return translate(language, NO_ROWS, what=what, of=counts["of"])
    if plan.kind == "rows":
        return _listed(sheet, plan, found, language)
    shown = metric(figure(sheet, plan), "", "")
    first = found.rows[0]
    said = amount(first[1], shown, language) if isinstance(first[1], int | float) else str(first[1] or "")
    if plan.kind == "figure":
        return translate(language, FIGURE if said else NO_FIGURE, what=what, value=said, **counts)
    group = value(first[0], language)
    return translate(language, GROUPS, what=what, total=found.total, group=group, value=said or "–", **counts)


def _listed(sheet: Sheet, plan: SheetPlan, found: SheetRows, language: str) -> str:
    of = value(found.of, language)
    if len(found.rows) == 1 and plan.show:
        row = found.rows[0]
        columns = heads(sheet, plan)
        filtered = {one.column.casefold() for one in plan.where}
        said = [
            (one, cell) for one, cell in zip(columns, row, strict=True) if one.name.casefold() not in filtered
        ] or list(zip(columns, row, strict=True))
        listed = "; ".join(f"{one.name} — {_amount(one, cell, language)}" for one, cell in said)
        name, _, told = listed.partition(" — ") if len(said) == 1 else ("", "", listed)
        about = described(sheet, plan, language) if not name else f"“{name}”"
        return translate(language, ONE_ROW, name=about[:1].upper() + about[1:], value=told, of=of)
    return translate(language, MANY_ROWS, total=value(found.total, language), of=of, shown=len(found.rows))


def _amount(head: Head, cell: Cell, language: str) -> str:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return amount(cell, metric(head, "", ""), language)
    return value(cell, language)


def _title(head: Head, language: str) -> str:
    if head.function == "count" and not head.name:
        return translate(language, ROWS)
    return f"{translate(language, FUNCTIONS[head.function])}: {head.name}" if head.function else head.name


def _columns(columns: tuple[Head, ...], language: str) -> tuple[Column, ...]:
    made = []
    for at, one in enumerate(columns):
        title = _title(one, language)
        number = one.kind in ("integer", "number", "percent")
        form = {"integer": "integer", "number": "decimal", "percent": "percent"}.get(one.kind, "")
        made.append(Column(f"c{at}", title, title, "number" if number else "text", one.unit, one.unit, form))
    return tuple(made)


def _cells(row: tuple[Cell, ...], language: str) -> tuple[str | int | float | None, ...]:
    return tuple(value(cell, language) if isinstance(cell, bool) else cell for cell in row)


def _measured(sheet: Sheet, plan: SheetPlan, columns: tuple[Head, ...], language: str) -> Metric | None:
    """What the chart draws."""
    sorted_by = next((one for one in columns if one.name == plan.sort), None)
    head = sorted_by if plan.kind == "rows" else figure(sheet, plan)
    if head is None:
        return None
    title = _title(head, language)
    return metric(head, title, title)


def _chart(plan: SheetPlan, columns: tuple[Head, ...], found: SheetRows) -> Chart:
    if plan.kind == "groups" and len(found.rows) > 1:
        return Chart("bar", "c0", "c1")
    if plan.kind == "rows" and plan.sort and len(found.rows) > 1:
        name = next((at for at, one in enumerate(columns) if one.kind == "text"), None)
        sorted_by = next((at for at, one in enumerate(columns) if one.name == plan.sort), None)
        if name is not None and sorted_by is not None and columns[sorted_by].kind in ("integer", "number", "percent"):
            return Chart("bar", f"c{name}", f"c{sorted_by}")
    return Chart("none")
