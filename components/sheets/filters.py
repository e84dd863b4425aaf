"""Conditions on the columns of a table, as a person sets them."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from components.i18n import _
from components.markup import plain
from components.sheets import words
from core.entities.sheets import Operator, Sheet, SheetColumn
from niches.sheets.plan import Condition

_NUMBER: tuple[Operator, ...] = (">=", "<=", "between", "=", "empty", "filled")
_TEXT: tuple[Operator, ...] = ("=", "!=", "contains", "empty", "filled")
_DATE: tuple[Operator, ...] = ("between", ">=", "<", "empty", "filled")
_YES_NO: tuple[Operator, ...] = ("=", "empty", "filled")


def draw(key: str, sheet: Sheet) -> list[Condition]:
    """The conditions that are set; `key` begins the keys of the widgets."""
    names = [one.name for one in sheet.columns]
    chosen = st.multiselect(
        _("Filter by"),
        names,
        key=f"{key}_filters",
        placeholder=_("All rows"),
        max_selections=8,
    )
    conditions = [_condition(f"{key}_filter_{names.index(name)}", sheet.columns[names.index(name)]) for name in chosen]
    return [one for one in conditions if one is not None]


def _condition(key: str, column: SheetColumn) -> Condition | None:
    operators = {"text": _TEXT, "date": _DATE, "yes_no": _YES_NO}.get(column.kind, _NUMBER)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        op: Operator = st.selectbox(
            plain(words.name(column)),
            operators,
            format_func=lambda one: _(words.OPERATORS[one]),
            key=f"{key}_op",
            width=190,
        )
        if op in ("empty", "filled"):
            return Condition(column=column.name, op=op)
        first = _value(f"{key}_value", column, op)
        second = _value(f"{key}_value2", column, op) if op == "between" else None
    if first is None or first == "" or (op == "between" and second is None):
        return None
    return Condition(column=column.name, op=op, value=first, value2=second)


def _value(key: str, column: SheetColumn, op: Operator) -> Any:
    label = _("Value")
    if column.kind == "date":
        day = st.date_input(
            label, None, key=key, format="YYYY-MM-DD", min_value=date(1800, 1, 1), max_value=date(2200, 1, 1)
        )
        return day.isoformat() if isinstance(day, date) else None
    if column.kind == "yes_no":
        return st.selectbox(label, [True, False], None, format_func=words.value, key=key)
    if column.kind == "text":
        if column.values and op != "contains":
            return st.selectbox(label, column.values, None, key=key)
        return st.text_input(label, key=f"{key}_text", max_chars=300)
    if column.kind == "percent":
        shown = st.number_input(f"{label}, %", value=None, key=key, format="%0.2f")
        return None if shown is None else shown / 100
    return st.number_input(
        label,
        value=None,
        key=key,
        format="%d" if column.kind == "integer" else "%0.2f",
        step=1 if column.kind == "integer" else 0.01,
    )
