"""Corpora: the shared collections, and for each of them its figures, its versions and what keeps it sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import streamlit as st

from components import collection_titles, corpus_form, errors, navigation, session
from components.i18n import N_, _, ngettext
from components.markup import plain
from core.entities.corpora import Collection
from core.entities.people import Principal
from core.errors import NotFound
from core.roles import Permission

_COLLECTION, _TAB = "collection", "tab"  # in the address


@dataclass(frozen=True, slots=True)
class Tab:
    """One view of a collection: `components/MODULE.py` with `render(principal, collection)`, imported when shown."""

    name: str
    title: str
    icon: str
    module: str
    permission: Permission = Permission.CORPORA_READ

    def render(self, who: Principal, collection: Collection) -> None:
        import_module(f"components.{self.module}").render(who, collection)


TABS = (
    Tab("overview", N_("Overview"), "monitoring", "corpus_overview"),
    Tab("versions", N_("Versions"), "history", "corpus_versions"),
    Tab("checks", N_("Checks"), "troubleshoot", "corpus_checks"),
    Tab("evaluation", N_("Evaluation"), "fact_check", "evaluation"),
    Tab("lab", N_("Retrieval lab"), "science", "retrieval_lab"),
    Tab("sources", N_("Sources"), "cloud_sync", "source_list"),
    Tab("readers", N_("Readers"), "lock_person", "readers"),
)


def render() -> None:
    who = session.require(Permission.CORPORA_READ)
    collections = collection_titles.in_order(session.services().collections.list(who))
    name = st.query_params.get(_COLLECTION)
    if not name:
        _all(who, collections)
        return
    chosen = next((one for one in collections if one.name == name), None)
    st.button(_("All collections"), icon=":material/arrow_back:", type="tertiary", on_click=st.query_params.clear)
    if chosen is None:
        raise NotFound("There is no collection named %(name)s, or you may not see it.", name=name)
    _one(who, chosen)


def _all(who: Principal, collections: Sequence[Collection]) -> None:
    navigation.title(_("Corpora"), _("What the assistant searches. A question is asked of exactly one collection."))
    if who.may(Permission.CORPORA_MANAGE):
        corpus_form.button()
    for collection in collections:
        with st.container(
            border=True, horizontal=True, vertical_alignment="center", key=f"corpora_row_{collection.name}"
        ):
            with st.container(width="stretch", gap="xxsmall"):
                st.markdown(_headline(collection))
                st.caption(_facts(collection))
            st.button(
                _("Open"), key=f"corpora_open_{collection.name}", on_click=_open, args=(collection.name,),
                icon=":material/chevron_right:", icon_position="right",
            )  # fmt: skip


def _open(name: str) -> None:
    st.query_params.from_dict({_COLLECTION: name})


def _headline(collection: Collection) -> str:
    demo = f" :gray-badge[{_('demo data')}]" if collection.demo else ""
    kind = _(collection_titles.KINDS[collection.kind])
    return f"**{plain(collection_titles.title(collection))}** `{collection.name}` :primary-badge[{kind}]{demo}"


def _facts(collection: Collection) -> str:
    counts = (
        ngettext("%(n)s document", "%(n)s documents", collection.documents),
        ngettext("%(n)s passage", "%(n)s passages", collection.chunks),
        _("Version %(version)s", version=collection.version.number),
    )
    return " · ".join(counts)


def _one(who: Principal, collection: Collection) -> None:
    navigation.title(collection_titles.title(collection))
    tabs = {tab.name: tab for tab in TABS if who.may(tab.permission)}
    session.put("corpora_tab", _asked(tabs))
    st.segmented_control(
        _("View"),
        list(tabs),
        format_func=lambda name: f":material/{tabs[name].icon}: {_(tabs[name].title)}",
        key="corpora_tab",
        on_change=_keep_tab,
        label_visibility="collapsed",
        required=True,
    )
    with errors.shown():
        tabs[_asked(tabs)].render(who, collection)


def _asked(tabs: dict[str, Tab]) -> str:
    """The tab that the address names, else the first."""
    name = st.query_params.get(_TAB, "")
    return name if name in tabs else next(iter(tabs))


def _keep_tab() -> None:
    st.query_params[_TAB] = str(session.get("corpora_tab"))
