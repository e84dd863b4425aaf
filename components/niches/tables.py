"""Tables of niche analytics: figures in their units, niches that open on a click, rows that are chosen, downloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from components import narrow, session, tables
from components.i18n import _, ngettext, number
from components.niches import address, words
from niches.results import Cell, Column, Stamp, Table
from services.niches import exports as niche_exports
from services.niches.exports import Sheet

_ROW, _MOST_ROWS = 35, 15
_WIDTHS = {"niche": 300, "sector": 190}  # px: the figures beside them stay in sight
_TIGHT_WIDTHS = {"niche": 210}
_ROUNDED_FROM = 1000  # decimals of a thousand and more say nothing; downloads have them
_LETTER, _MARGIN, _WIDEST_FIGURES = 8, 26, 150  # px
_LONG_HEAD = 36  # letters
_FORMATS = {"integer": "localized", "decimal": "localized", "percent": "%.1f %%"}


def draw(
    name: str,
    table: Table,
    stamp: Stamp,
    *,
    about: Sequence[str] = (),
    choose: bool = False,
    links: bool = False,
    totals: bool = True,
    tight: bool = False,
) -> list[str]:
    """Draws the table called `name` with its total, its stamp and its downloads; returns the ids of the rows that are
    ticked. `links` opens the niche of a row, whose id is in column "id". Without `totals` nothing is added up,
    as means are not. `tight`: there is half a page for it, as in a conversation."""
    if not table.rows:
        st.caption(_("There are no figures for this choice."))
        return []
    import pandas as pd  # at first use: half a second that the sign-in page does not need

    frame = pd.DataFrame(
        list(map(partial(_row, table.columns), table.rows)), columns=[one.key for one in table.columns]
    )
    if links and "id" in frame:
        frame.insert(0, "open", [address.link("niches", niche=str(id_)) for id_ in frame["id"]])
    shown = [key for key in frame.columns if key != "id" and (key != "sector" or frame[key].any())]
    selecting: Any = {"on_select": "rerun", "selection_mode": "multi-row"} if choose else {}
    widths = _tight(table, _TIGHT_WIDTHS) if tight else _tight(table, _WIDTHS, _LONG_HEAD)
    with st.container(key=f"wide_{name}"):
        event: Any = st.dataframe(
            frame,
            key=f"{name}_table",
            hide_index=True,
            column_order=shown,
            height=_ROW * (min(len(table.rows), _MOST_ROWS) + 1) + 3,
            column_config={**{one.key: _config(one, widths) for one in table.columns}, "open": _opening()},
            **selecting,
        )
    _narrow(table, links=links)
    footer(name, table, stamp, about, totals=totals)
    return [str(frame["id"].iloc[at]) for at in event.selection.rows] if choose else []


def footer(name: str, table: Table, stamp: Stamp, about: Sequence[str] = (), *, totals: bool = True) -> None:
    """Rows shown of all, totals, downloads of these very rows, and the stamp."""
    sheet = Sheet(table, stamp, tuple(about), session.locale())
    rows = ngettext("%(n)s row", "%(n)s rows", len(table.rows))
    said = [
        rows if len(table.rows) == table.total else _("%(shown)s of %(total)s", shown=rows, total=number(table.total))
    ]
    said += [
        _("%(column)s in total: %(sum)s", column=words.column(one), sum=number(table.sum(one.key), 2))
        for one in table.columns
        if totals and one.kind == "number" and one.format == "integer"
    ]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(" · ".join(said), width="stretch")
        file = f"{name}-demo-data" if stamp.demo else name
        tables.downloads(name, partial(niche_exports.as_csv, sheet), partial(niche_exports.as_xlsx, sheet), file)
    st.caption(words.stamp(stamp))


def _row(columns: Sequence[Column], row: Sequence[Cell]) -> list[Cell]:
    return [_cell(column, cell) for column, cell in zip(columns, row, strict=True)]


def _cell(column: Column, cell: Cell) -> Cell:
    if not isinstance(cell, int | float):
        return cell
    if column.format == "percent":
        return cell * 100
    return round(cell) if abs(cell) >= _ROUNDED_FROM else cell


def _config(column: Column, widths: Mapping[str, int]) -> Any:
    head, width = words.column(column), widths.get(column.key)
    if column.kind == "number":
        format_ = _FORMATS.get(column.format, "localized")
        return st.column_config.NumberColumn(head, format=format_, width=width, help=head if width else None)
    return st.column_config.TextColumn(head, width=width)


def _tight(table: Table, texts: Mapping[str, int], longest_head: int = 0) -> dict[str, int]:
    """Columns of figures whose heads have more letters are as wide as their figures, which the heads would push out of
    sight; `texts` are the widths of the others."""
    widths = dict(texts)
    for at, column in enumerate(table.columns):
        if column.kind == "number" and len(words.column(column)) > longest_head:
            longest = max(len(_said(column, row[at])) for row in table.rows)
            head = min(len(words.column(column)) * _LETTER, _WIDEST_FIGURES)
            widths[column.key] = max(longest * _LETTER, head) + _MARGIN
    return widths


def _said(column: Column, cell: Cell) -> str:
    """A cell as people read it."""
    if not isinstance(cell, int | float):
        return str(cell or "–")
    if column.format == "percent":
        return f"{number(cell * 100, 1)}\u00a0%"
    return number(cell, 0 if column.format == "integer" else 2)


def _narrow(table: Table, *, links: bool) -> None:
    """The same for narrow screens: what a row is about, its sector below it, and its figures."""
    place = {column.key: at for at, column in enumerate(table.columns)}
    first = next(at for at, column in enumerate(table.columns) if column.key != "id")
    below = place.get("sector", first)
    rest = [at for at, column in enumerate(table.columns) if at not in (first, below) and column.key != "id"]
    heads = [words.column(table.columns[at]) for at in (first, *rest)]
    rows = []
    for row in table.rows:
        href = address.link("niches", niche=str(row[place["id"]])) if links and "id" in place else ""
        sector = str(row[below] or "") if below != first else ""
        about = narrow.cell(_said(table.columns[first], row[first]), below=sector, href=href)
        rows.append([about, *(narrow.cell(_said(table.columns[at], row[at])) for at in rest)])
    narrow.table(heads, rows)


def _opening() -> Any:
    return st.column_config.LinkColumn("", display_text=":material/open_in_new:", width=40, help=_("Open"), pinned=True)
