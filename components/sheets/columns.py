"""The columns of a table with what was recognised of them, and the correction of a type."""

from __future__ import annotations

import streamlit as st

from components import errors, session
from components.i18n import _, number
from components.sheets import words
from components.tables import Column, Row
from components.tables import draw as draw_table
from core.entities.corpora import Document
from core.entities.sheets import KINDS, Kind, Sheet


def draw(key: str, document: Document, sheet: Sheet) -> None:
    corrected = any(one.corrected for one in sheet.columns)
    icon = ":material/edit_note:" if corrected else ":material/view_column:"
    with st.expander(_("Columns and their types: %(n)s", n=number(len(sheet.columns))), icon=icon):
        columns = (
            Column("name", _("Column")),
            Column("kind", _("Type")),
            Column("unit", _("Unit")),
            Column("filled", _("With a value"), "number"),
            Column("misfits", _("Not of the type"), "number"),
        )
        rows: list[Row] = [
            {
                "name": one.name,
                "kind": " · ".join([_(words.KINDS[one.kind]), *([_("corrected")] if one.corrected else [])]),
                "unit": one.unit,
                "filled": one.filled,
                "misfits": one.misfits,
            }
            for one in sheet.columns
        ]
        draw_table(f"{key}_columns", columns, rows, search=False)
        if session.services().sheets.may_correct(session.principal(), document):
            _correction(key, document, sheet)


def _correction(key: str, document: Document, sheet: Sheet) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = st.selectbox(
            _("Column"),
            range(len(sheet.columns)),
            format_func=lambda at: sheet.columns[at].name,
            key=f"{key}_place",
        )
        kind: Kind = st.selectbox(
            _("Read it as"), KINDS, format_func=lambda one: _(words.KINDS[one]), key=f"{key}_kind", width=190
        )
        st.button(
            _("Change the type"),
            key=f"{key}_correct",
            icon=":material/edit:",
            disabled=kind == sheet.columns[place].kind,
            on_click=errors.kept(_correct),
            args=(document, sheet.n, place, kind),
        )
    st.caption(_("The file is read again. Cells that are not of the type count as empty, for everybody."))


def _correct(document: Document, n: int, place: int, kind: Kind) -> None:
    session.services().sheets.correct(session.principal(), document.id, n, place, kind)
