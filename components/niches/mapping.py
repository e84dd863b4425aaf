"""What an administrator says of a file with figures: the role of every column, and what dataset it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components.i18n import N_, _, ngettext
from components.markup import plain
from niches.mapping import Role
from services.niches.imports import Preview

_ROLES = {
    Role.CODE: N_("code of the niche"),
    Role.TITLE: N_("title"),
    Role.TITLE_RU: N_("title in Russian"),
    Role.SECTOR: N_("sector"),
    Role.SECTOR_RU: N_("sector in Russian"),
    Role.REGION: N_("region"),
    Role.PERIOD: N_("month or year"),
    Role.TAGS: N_("other names"),
    Role.TAGS_RU: N_("other names in Russian"),
    Role.TEXT: N_("written analytics"),
    Role.TEXT_RU: N_("written analytics in Russian"),
    Role.METRIC: N_("figures of a metric"),
    Role.METRIC_NAME: N_("name of the metric"),
    Role.VALUE: N_("value of the metric"),
    Role.IGNORE: N_("not imported"),
}
_EXAMPLES = 3


def draw(preview: Preview) -> dict[str, Any]:
    """Shows what was guessed; returns what a person makes of it, as `NicheImport.start` takes it."""
    st.caption(ngettext("%(n)s row", "%(n)s rows", preview.rows))
    columns = _columns(preview) if preview.mapping.layout == "table" else {}
    with st.expander(_("The first rows"), icon=":material/table_rows:", expanded=not columns):
        st.dataframe([dict(zip(preview.header, row, strict=False)) for row in preview.sample], hide_index=True)
    return {"columns": columns, **_dataset(preview)}


def _columns(preview: Preview) -> dict[str, Any]:
    said = {role: _(name) for role, name in _ROLES.items()}
    back = {name: role for role, name in said.items()}
    guessed = preview.mapping.columns
    rows = [
        {
            "column": name,
            "examples": ", ".join([row[at] for row in preview.sample if at < len(row) and row[at]][:_EXAMPLES]),
            "role": said[guessed[name].role],
            "metric": guessed[name].metric,
            "title": guessed[name].title,
            "unit": guessed[name].unit,
        }
        for at, name in enumerate(preview.header)
    ]
    config: Mapping[str, Any] = {
        "column": st.column_config.TextColumn(_("Column"), disabled=True),
        "examples": st.column_config.TextColumn(_("Examples"), disabled=True),
        "role": st.column_config.SelectboxColumn(_("What it holds"), options=list(back), required=True),
        "metric": st.column_config.TextColumn(_("Metric"), help=_("Its name in queries: letters, digits, _")),
        "title": st.column_config.TextColumn(_("Title")),
        "unit": st.column_config.TextColumn(_("Unit")),
    }
    st.markdown(f"**{_('What the columns hold')}**")
    edited = st.data_editor(
        rows, key=f"niche_data_columns_{plain(preview.filename)}", hide_index=True, column_config=config
    )
    return {row["column"]: _role(row, back) for row in edited}


def _role(row: Mapping[str, Any], back: Mapping[str, Role]) -> dict[str, str]:
    role = back[row["role"]]
    more = {name: str(row[name] or "") for name in ("metric", "title", "unit")} if role is Role.METRIC else {}
    return {"role": role.value, **more}


def _dataset(preview: Preview) -> dict[str, Any]:
    guessed = preview.mapping
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.text_input(_("Title of the dataset"), guessed.title, max_chars=200, key="niche_data_title")
        name = st.text_input(
            _("Its name"),
            guessed.dataset,
            max_chars=100,
            key="niche_data_name",
            placeholder=_("chosen by the file"),
            help=_("Figures of two datasets are never mixed. Empty: the dataset whose niches the file is about."),
        )
        source = st.text_input(_("Source"), guessed.source or preview.filename, max_chars=500, key="niche_data_source")
        as_of = st.text_input(_("As of"), guessed.as_of, max_chars=40, key="niche_data_as_of", placeholder="2025-12")
    skip = st.checkbox(_("Skip rows that cannot be read"), guessed.skip_bad_rows, key="niche_data_skip")
    return {"title": title, "dataset": name.strip(), "source": source, "as_of": as_of, "skip_bad_rows": skip}
