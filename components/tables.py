"""Tables that can be sorted, searched and taken home as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

import streamlit as st

from components import narrow, session
from components.i18n import _, date_time, local, ngettext, number
from services import spreadsheets
from services.spreadsheets import Look, Page

Cell = str | int | float | datetime | None
Row = Mapping[str, Cell]
_SEARCH_FROM = 8  # rows: a shorter table is read at a glance
_ROW_HEIGHT, _MOST_ROWS = 35, 15
_MOST_ENTRIES = 50  # on a narrow screen
_TIMES = {"en": "D MMM YYYY, HH:mm", "ru": "DD.MM.YYYY, HH:mm"}


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is the row's, `title` is already in the user's language. `width` is Streamlit's."""

    key: str
    title: str
    kind: Literal["text", "number", "time"] = "text"
    width: Literal["small", "medium", "large"] | None = None


def draw(name: str, columns: Sequence[Column], rows: Sequence[Row], *, empty: str = "", search: bool = True) -> None:
    """Draws the table called `name` (its widgets' prefix and file name); without rows it says `empty`."""
    if not rows:
        st.caption(empty or _("Nothing here yet."))
        return
    found = _searched(name, columns, rows) if search else rows
    _frame(name, columns, found)
    _downloads(name, columns, found, len(rows))


def _searched(name: str, columns: Sequence[Column], rows: Sequence[Row]) -> Sequence[Row]:
    if len(rows) < _SEARCH_FROM:
        return rows
    query = st.text_input(
        _("Search"),
        key=f"{name}_search",
        placeholder=_("Search the table"),
        icon=":material/search:",
        label_visibility="collapsed",
    )
    words = (query or "").casefold().split()
    return [row for row in rows if all(word in _haystack(row, columns) for word in words)]


def _haystack(row: Row, columns: Sequence[Column]) -> str:
    return " ".join(str(row.get(column.key, "")) for column in columns).casefold()


def _frame(name: str, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    import pandas as pd  # at first use: half a second that the sign-in page does not need

    frame = pd.DataFrame([{column.key: _shown(row.get(column.key)) for column in columns} for row in rows])
    with st.container(key=f"wide_{name}"):
        st.dataframe(
            frame,
            key=f"{name}_table",
            hide_index=True,
            placeholder="–",
            height=_ROW_HEIGHT * (min(len(rows), _MOST_ROWS) + 1) + 3,
            column_config={column.key: _config(column) for column in columns},
        )
    titles = [column.title for column in columns]
    narrow.entries(titles, [[_said(row.get(column.key)) for column in columns] for row in rows[:_MOST_ENTRIES]])
    if len(rows) > _MOST_ENTRIES:
        with st.container(key=f"narrow_{name}"):
            st.caption(_("The first %(n)s are shown. Search, or take all of them home as a file.", n=_MOST_ENTRIES))


def _said(cell: Cell) -> str:
    """A cell as people read it."""
    if isinstance(cell, datetime):
        return date_time(cell)
    return number(cell, 2) if isinstance(cell, int | float) else cell or ""


def _shown(cell: Cell) -> Cell:
    return local(cell).replace(tzinfo=None) if isinstance(cell, datetime) else cell


def _config(column: Column) -> Any:
    if column.kind == "number":
        return st.column_config.NumberColumn(column.title, format="localized", width=column.width)
    if column.kind == "time":
        return st.column_config.DatetimeColumn(column.title, format=_TIMES[session.locale()], width=column.width)
    return st.column_config.TextColumn(column.title, width=column.width)


def _downloads(name: str, columns: Sequence[Column], rows: Sequence[Row], total: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = ngettext("%(n)s row", "%(n)s rows", len(rows))
        st.caption(shown if len(rows) == total else _("%(shown)s of %(total)s", shown=shown, total=number(total)))
        downloads(name, partial(as_csv, columns, rows), partial(as_xlsx, columns, rows))


def downloads(name: str, make_csv: partial[bytes], make_xlsx: partial[bytes], file: str = "") -> None:
    """Two buttons whose files are made when they are asked for; `file` (else `name`) is what they are called."""
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    with st.container(horizontal=True, width="content"):  # together, on whichever line there is room for both
        for suffix, mime, make in (("csv", "text/csv", make_csv), ("xlsx", sheet, make_xlsx)):
            st.download_button(
                suffix.upper(),
                make,
                file_name=f"{file or name}.{suffix}",
                mime=mime,
                key=f"{name}_{suffix}",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
            )


def as_csv(columns: Sequence[Column], rows: Sequence[Row]) -> bytes:
    heads = [column.title for column in columns]
    return spreadsheets.as_csv(heads, ([row.get(column.key) for column in columns] for row in rows))


def as_xlsx(columns: Sequence[Column], rows: Sequence[Row]) -> bytes:
    """One sheet with typed cells, its times in the zone of who looks."""
    looks: list[Look] = ["decimal" if column.kind == "number" else "text" for column in columns]
    cells = [[_shown(row.get(column.key)) for column in columns] for row in rows]
    whole = [all(isinstance(row[at], int | None) for row in cells) for at in range(len(columns))]
    looks = ["integer" if look == "decimal" and whole[at] else look for at, look in enumerate(looks)]
    return spreadsheets.as_xlsx(Page("Table", [column.title for column in columns], looks, cells))
