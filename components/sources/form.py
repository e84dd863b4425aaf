"""The form of a source: what each kind needs, a test that shows the first records, and keeping it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from components import errors, session
from components.i18n import N_, _, stored
from components.markup import plain, short
from components.sources import words as source_words
from core.entities.corpora import Collection
from core.entities.sources import Sample, Source, SourceKind

Values = Mapping[str, Any]
_FORMATS = {"text": N_("Text"), "markdown": N_("Markdown"), "html": N_("HTML")}
_PAGES = {
    "none": N_("All in one answer"),
    "page": N_("Page numbers"),
    "offset": N_("Number of records to skip"),
    "cursor": N_("A cursor in each answer"),
    "link": N_("The address of the next page"),
}
_SHOWN = 300  # characters of a record


def draw(collection: Collection, source: Source | None) -> None:
    """The content of a dialog: for a new source, or for one that is there."""
    services, who = session.services(), session.principal()
    values = services.sources.settings(who, source) if source else {}
    kind = source.kind if source else _kind()
    name = st.text_input(_("Name"), source.name if source else "", max_chars=100, key="source_name")
    config = _FIELDS[kind](values)
    minutes = _interval(source)
    with st.container(horizontal=True):
        tested = st.button(_("Test"), icon=":material/network_check:", key="source_test")
        kept = st.button(_("Save"), type="primary", key="source_save")
    if tested:
        with errors.shown(), st.spinner(_("Reading the first records…")):
            _samples(services.sources.preview(who, kind, config, source.id if source else None))
    if kept:
        with errors.shown():
            if source:
                services.sources.update(who, source.id, {"name": name, "config": config, "interval_minutes": minutes})
            else:
                services.sources.create(who, collection.name, kind, name, config, minutes)
            st.rerun()


def _kind() -> SourceKind:
    chosen = st.segmented_control(
        _("Kind"),
        list(SourceKind),
        default=SourceKind.FOLDER,
        format_func=lambda one: f":material/{source_words.KINDS[one][1]}: {_(source_words.KINDS[one][0])}",
        key="source_kind",
        required=True,
    )
    return SourceKind(chosen or SourceKind.FOLDER)


def _interval(source: Source | None) -> int | None:
    now = (source.interval_minutes if source else None) or 0
    options = sorted({*source_words.INTERVALS, now})
    chosen = st.selectbox(
        _("Read it"), options, options.index(now), format_func=source_words.interval, key="source_interval"
    )
    return chosen or None


def _samples(samples: Sequence[Sample]) -> None:
    if not samples:
        st.warning(_("The source answers, and has no records."), icon=":material/info:")
    for sample in samples:
        with st.container(border=True, gap="xxsmall"):
            st.markdown(f"**{plain(sample.title or sample.key)}**")
            st.caption(plain(" · ".join(part for part in (sample.key, sample.changed) if part)))
            if sample.error:
                st.markdown(f":red[{plain(stored(sample.error))}]")
            elif sample.text:
                st.text(short(sample.text, _SHOWN))


# --- what each kind needs ---------------------------------------------------------------------------------------------


def _folder(values: Values) -> dict[str, Any]:
    roots = ", ".join(str(root) for root in session.services().settings.readable_folders)
    told = _("A folder of the server, below: %(folders)s", folders=roots)
    return {
        "path": st.text_input(_("Folder"), values.get("path", ""), key="source_path", help=told, placeholder=roots),
        "pattern": st.text_input(
            _("Only these files"), values.get("pattern", ""), key="source_pattern", placeholder="*.pdf, reports/*"
        ),
    }


def _database(values: Values) -> dict[str, Any]:
    config = {
        "url": st.text_input(
            _("Address"), values.get("url", ""), key="source_url", placeholder="postgresql://reader@db.example.com/shop"
        ),
        "password": st.text_input(
            _("Password"), values.get("password", ""), key="source_password", type="password", autocomplete="off"
        ),
        "query": st.text_area(
            _("Query that only reads"),
            values.get("query", ""),
            key="source_query",
            placeholder="SELECT id, title, body, changed_at FROM articles",
        ),
    }
    columns = (
        ("id_column", _("Column of the id"), "id"),
        ("title_column", _("Column of the title"), "title"),
        ("text_column", _("Column of the text"), "body"),
        ("updated_column", _("Column of the last change"), ""),
    )
    for cell, (name, label, default) in zip([*st.columns(2), *st.columns(2)], columns, strict=True):
        config[name] = cell.text_input(label, values.get(name, default), key=f"source_{name}")
    return config | {"text_format": _format(values)}


def _rest(values: Values) -> dict[str, Any]:
    config = {
        "url": st.text_input(
            _("Address"), values.get("url", ""), key="source_url", placeholder="https://api.example.com/articles"
        ),
        "headers": _pairs(_("Headers, one per line"), "headers", values, "Authorization: Bearer …"),
        "params": _pairs(_("Secret parameters, one per line"), "params", values, "api_key: …"),
    }
    paths = (
        ("records", _("Path to the records"), "$[*]"),
        ("id_path", _("Path to the id"), "$.id"),
        ("title_path", _("Path to the title"), "$.title"),
        ("text_path", _("Path to the text"), "$.text"),
        ("updated_path", _("Path to the last change"), ""),
    )
    cells = [cell for _row in range(3) for cell in st.columns(2)]  # row by row, so that they stay in order on a phone
    for cell, (name, label, default) in zip(cells, paths, strict=False):
        config[name] = cell.text_input(label, values.get(name, default), key=f"source_{name}")
    with cells[-1]:
        config["text_format"] = _format(values)
    return config | _pagination(values)


def _pagination(values: Values) -> dict[str, Any]:
    kinds = list(_PAGES)
    now = values.get("pagination", "none")
    chosen = st.selectbox(
        _("Pages"), kinds, kinds.index(now), format_func=lambda one: _(_PAGES[one]), key="source_pagination"
    )
    config: dict[str, Any] = {"pagination": chosen}
    if chosen in ("page", "offset", "cursor"):
        config["page_param"] = st.text_input(
            _("Parameter of the address"), values.get("page_param", "page"), key="source_page_param"
        )
    if chosen == "page":
        first = values.get("first_page", 1)
        config["first_page"] = int(st.number_input(_("First page"), 0, None, first, key="source_first_page"))
    if chosen in ("cursor", "link"):
        config["next_path"] = st.text_input(
            _("Path to the next page"), values.get("next_path", ""), key="source_next_path", placeholder="$.next"
        )
    return config


def _web(values: Values) -> dict[str, Any]:
    text = st.text_area(
        _("Addresses, one per line"),
        "\n".join(values.get("urls", ())),
        key="source_urls",
        placeholder="https://example.com/prices",
    )
    return {"urls": [line.strip() for line in text.splitlines() if line.strip()]}


_FIELDS: Mapping[SourceKind, Callable[[Values], dict[str, Any]]] = {
    SourceKind.FOLDER: _folder,
    SourceKind.DATABASE: _database,
    SourceKind.REST: _rest,
    SourceKind.WEB: _web,
}


def _format(values: Values) -> str:
    kinds = list(_FORMATS)
    now = values.get("text_format", "text")
    return str(
        st.selectbox(
            _("The text is"), kinds, kinds.index(now), format_func=lambda one: _(_FORMATS[one]), key="source_format"
        )
    )


def _pairs(label: str, name: str, values: Values, placeholder: str) -> dict[str, str]:
    """Lines `name: value`; a value that is set shows as its sign, and stays as long as the sign does."""
    now = "\n".join(f"{key}: {value}" for key, value in values.get(name, {}).items())
    text = st.text_area(
        label,
        now,
        key=f"source_{name}",
        placeholder=placeholder,
        height=68,
        help=_("Kept sealed, and never shown again."),
    )
    pairs = (line.partition(":") for line in text.splitlines() if line.strip())
    return {key.strip(): value.strip() for key, _colon, value in pairs}
