"""The tables of one spreadsheet on the screen: rows or groups by a query, with its filters, chart, totals and files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import streamlit as st

from components import buttons, errors, navigation, session, tables
from components.i18n import N_, _, ngettext, number, stored
from components.markup import plain
from components.sheets import columns as sheet_columns
from components.sheets import figures as sheet_figures
from components.sheets import filters as sheet_filters
from components.sheets import words
from core.entities.corpora import Document
from core.entities.people import Principal
from core.entities.sheets import Sheet, SheetRows
from niches.sheets.figures import Head, heads
from niches.sheets.plan import SheetPlan
from rag.tables import has_tables
from services.sheets import exports as sheet_exports
from services.sheets.exports import Taken

_ADDRESS = "table"
_PAGE = 200
_ROW, _MOST_SHOWN = 35, 15
_SUMMED = 4  # columns whose totals are told
_FORMATS = {"integer": "localized", "number": "localized", "percent": "%.2f %%"}
_VIEWS = {"rows": N_("All rows"), "groups": N_("Groups")}


def button(document: Document) -> None:
    """Opens the tables of a document that is ready and is a spreadsheet."""
    if not has_tables(document.filename) or document.stage != "ready":
        return
    if buttons.icon(_("Table"), "table_chart", f"table_{document.id}"):
        open_(document.id)
        st.rerun()


def open_(document_id: UUID) -> None:
    st.query_params[_ADDRESS] = str(document_id)


def close() -> None:
    st.query_params.pop(_ADDRESS, None)


def shown(who: Principal) -> bool:
    """Draws the tables of the document that the address names; False where it names none."""
    asked = st.query_params.get(_ADDRESS)
    if not asked:
        return False
    st.button(_("All documents"), icon=":material/arrow_back:", type="tertiary", key="sheet_back", on_click=close)
    with errors.shown():
        _document(who, _id(asked))
    return True


def _id(asked: str) -> UUID:
    try:
        return UUID(asked)
    except ValueError:
        return UUID(int=0)  # a document that nobody has


def _document(who: Principal, document_id: UUID) -> None:
    document = session.services().documents.get(who, document_id)
    navigation.title(plain(document.title or document.filename), plain(document.filename))
    with st.spinner(_("Reading the tables…")):
        found, problem = session.services().sheets.list(who, document_id)
    if not found:
        st.info(stored(problem) if problem else _("No table was found in this document."), icon=":material/info:")
        return
    sheet = found[0]
    if len(found) > 1:
        numbers = {one.n: one for one in found}
        sheet = numbers[
            st.selectbox(
                _("Sheet"),
                list(numbers),
                format_func=lambda n: f"{words.title(numbers[n])} · {_rows(numbers[n].rows)}",
                key=f"sheet_n_{document_id.hex}",
            )
        ]
    key = f"sheet_{sheet.id}"
    for note in sheet.notes:
        st.caption(f":material/info: {plain(words.note(note.sentence, dict(note.values)))}")
    sheet_columns.draw(key, document, sheet)
    _asked(who, key, sheet)


def _asked(who: Principal, key: str, sheet: Sheet) -> None:
    view = st.segmented_control(
        _("View"),
        list(_VIEWS),
        default="rows",
        format_func=lambda one: _(_VIEWS[one]),
        key=f"{key}_view",
        label_visibility="collapsed",
        required=True,
    )
    where = sheet_filters.draw(key, sheet)
    chosen = sheet_figures.chosen(key, sheet) if view == "groups" else _order(key, sheet)
    plan = SheetPlan(table=sheet.n, where=where, **chosen)
    found = session.services().sheets.run(who, sheet.document_id, plan)[1]
    if not found.rows:
        st.caption(_("No row passes the filters."))
        return
    columns = heads(sheet, plan)
    if view == "groups":
        sheet_figures.chart(key, columns, found.rows, plan)
    frame(f"{key}_{view}", columns, found)
    _footer(who, key, sheet, plan, columns, found)


def _order(key: str, sheet: Sheet) -> dict[str, Any]:
    names = ["", *(one.name for one in sheet.columns)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sort = st.selectbox(
            _("Sort by"), names, format_func=lambda one: one or _("the order of the file"), key=f"{key}_sort"
        )
        down = st.toggle(_("Largest first"), key=f"{key}_down", value=True, disabled=not sort)
        page = int(st.number_input(_("Page"), 1, max(1, -(-sheet.rows // _PAGE)), key=f"{key}_page", width=140, step=1))
    return {"kind": "rows", "sort": sort, "descending": down, "n": _PAGE, "offset": (page - 1) * _PAGE}


def frame(name: str, columns: tuple[Head, ...], found: SheetRows) -> None:
    import pandas as pd  # at first use: half a second that the sign-in page does not need

    rows = [
        [
            cell * 100 if one.kind == "percent" and isinstance(cell, int | float) else cell
            for one, cell in zip(columns, row, strict=True)
        ]
        for row in found.rows
    ]
    data = pd.DataFrame(rows, columns=[str(at) for at in range(len(columns))])
    st.dataframe(
        data,
        key=f"{name}_table",
        hide_index=True,
        placeholder="–",
        height=_ROW * (min(len(rows), _MOST_SHOWN) + 1) + 3,
        column_config={str(at): _config(one) for at, one in enumerate(columns)},
    )


def _config(one: Head) -> Any:
    label = words.head(one)
    if one.kind in _FORMATS:
        return st.column_config.NumberColumn(label, format=_FORMATS[one.kind])
    if one.kind == "yes_no":
        return st.column_config.CheckboxColumn(label)
    return st.column_config.TextColumn(label)


def _footer(
    who: Principal, key: str, sheet: Sheet, plan: SheetPlan, columns: tuple[Head, ...], found: SheetRows
) -> None:
    """Rows shown of all, totals of all that pass, files with all of them, and the query."""
    first = plan.offset + 1
    if plan.kind == "rows":
        said = [
            _(
                "rows %(first)s–%(last)s of %(total)s",
                first=number(first),
                last=number(plan.offset + len(found.rows)),
                total=number(found.total),
            )
        ]
    else:
        shown_ = ngettext("%(n)s group", "%(n)s groups", len(found.rows))
        said = [_("%(shown)s of %(total)s", shown=shown_, total=number(found.total))]
    if found.matching != found.of:
        said.append(_("%(n)s of %(total)s rows of the table pass", n=number(found.matching), total=number(found.of)))
    said += _totals(who, sheet, plan)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(plain(" · ".join(said)), width="stretch")
        kinds = [one.kind for one in columns]
        empty = Taken([words.head(one) for one in columns], kinds, (), words.about(sheet, plan), session.locale())
        take = partial(_taken, who, sheet, plan, empty)
        name = sheet.filename.rpartition(".")[0] or sheet.filename
        tables.downloads(key, partial(_csv, take), partial(_xlsx, take), name)
    if plan.kind == "rows" and found.total > sheet_exports.MOST_ROWS:
        st.caption(_("A file takes the first %(n)s rows.", n=number(sheet_exports.MOST_ROWS)))
    with st.expander(_("The query that was run"), icon=":material/database:"):
        st.caption(_("Read-only, %(ms)s ms", ms=number(found.took_ms, 1)))
        st.code(found.sql, language="sql", wrap_lines=True)
        st.json(dict(found.parameters), expanded=True)


def _totals(who: Principal, sheet: Sheet, plan: SheetPlan) -> list[str]:
    """Of the numbers, over all rows that pass."""
    if plan.kind == "groups" and plan.function != "sum":
        return []
    names = (
        [plan.column]
        if plan.kind == "groups"
        else [one.name for one in sheet.columns if one.kind in ("integer", "number")]
    )
    said = []
    for name in names[:_SUMMED]:
        asked = SheetPlan(table=plan.table, kind="figure", function="sum", column=name, where=plan.where)
        found = session.services().sheets.run(who, sheet.document_id, asked)[1]
        total = found.rows[0][1]
        if isinstance(total, int | float):
            said.append(_("%(column)s in total: %(sum)s", column=name, sum=number(total, 2)))
    return said


def _taken(who: Principal, sheet: Sheet, plan: SheetPlan, empty: Taken) -> Taken:
    """All rows of the query, not only those on the screen. A file is made outside of the session: nothing of it is
    asked here."""
    found = session.services().sheets.run(who, sheet.document_id, plan, whole=True)[1]
    return replace(empty, rows=found.rows)


def _csv(take: partial[Taken]) -> bytes:
    return sheet_exports.as_csv(take())


def _xlsx(take: partial[Taken]) -> bytes:
    return sheet_exports.as_xlsx(take())


def _rows(count: int) -> str:
    return ngettext("%(n)s row", "%(n)s rows", count)
