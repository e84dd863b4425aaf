"""Figures of a table by group: what is grouped and calculated, and the chart of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from components import charts
from components.i18n import _
from components.niches import charts as niche_charts
from components.sheets import words
from components.tables import Column, Row, as_csv
from core.entities.sheets import Cell, Function, Sheet
from niches.sheets.figures import FUNCTIONS, Head, metric, named
from niches.sheets.plan import SheetPlan

_GROUPS = 1_000
_MOST_BARS = 60  # along time


def chosen(key: str, sheet: Sheet) -> dict[str, Any]:
    """What a plan of groups has: what people chose, beginning with the first text and the first number."""
    names = [one.name for one in sheet.columns]
    first = next((at for at, one in enumerate(sheet.columns) if one.kind in ("text", "yes_no")), 0)
    numbers = [one.name for one in sheet.columns if one.numeric]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox(_("Group by"), names, first, key=f"{key}_by")
        grouped = named(sheet, by)
        part = ""
        if grouped is not None and grouped.kind == "date":
            part = st.selectbox(
                _("Period"), ["month", "quarter", "year", ""], format_func=lambda one: _(words.PARTS[one]),
                key=f"{key}_part", width=140,
            )  # fmt: skip
        function: Function = st.selectbox(
            _("Calculate"),
            list(FUNCTIONS),
            1 if numbers else 0,
            format_func=lambda one: _(FUNCTIONS[one]),
            key=f"{key}_function",
            width=180,
        )
        of = ["", *numbers] if function in ("count", "share") else numbers
        column = st.selectbox(
            _("of"), of, format_func=lambda one: one or _("rows"), key=f"{key}_of_{len(of)}", disabled=not of
        )
    dated = bool(part) or (grouped is not None and grouped.kind == "date")
    return {
        "kind": "groups",
        "by": by,
        "part": part,
        "function": function if of else "count",
        "column": column or "",
        "by_value": not dated,
        "descending": not dated,
        "n": _GROUPS,
    }


def chart(key: str, columns: Sequence[Head], rows: Sequence[Sequence[Cell]], plan: SheetPlan) -> None:
    """Bars, in the order of time where the groups are periods."""
    pairs = [(words.value(row[0]), float(row[1])) for row in rows if isinstance(row[1], int | float)]
    if len(pairs) < 2:
        return
    label = words.head(columns[1])
    if plan.by_value:
        title = words.head(replace(columns[1], unit=""))  # the chart says the unit itself
        shown = metric(columns[1], title, title)
        niche_charts.ranking(f"{key}_chart", pairs, shown, what=columns[0].name)
        return
    import plotly.graph_objects as go  # at first use: a third of a second

    factor = 100 if columns[1].kind == "percent" else 1
    figure = go.Figure(go.Bar(x=[name for name, _value in pairs], y=[value * factor for _name, value in pairs]))
    figure.update_layout(height=300, yaxis_title=label, xaxis_type="category", showlegend=False)
    data: list[Row] = [{"name": name, "value": value} for name, value in pairs]
    charts.draw(f"{key}_chart", figure, as_csv((Column("name", columns[0].name), Column("value", label)), data))
