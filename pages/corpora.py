"""Corpora: the shared collections, and for each of them its figures, its versions and what keeps it sound."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import streamlit as st

from components import collection_titles, errors, navigation, session
from components.corpora import menu, shelf
from components.i18n import N_, _
from core.entities.corpora import Collection
from core.entities.people import Principal
from core.errors import NotFound
from core.roles import Permission

_COLLECTION, _TAB = "collection", "tab"  # in the address


@dataclass(frozen=True, slots=True)
class Tab:
    """One view of a collection: `components.MODULE` with `render(principal, collection)`, imported when shown."""

    name: str
    title: str
    icon: str
    module: str
    permission: Permission = Permission.CORPORA_READ

    def render(self, who: Principal, collection: Collection) -> None:
        import_module(f"components.{self.module}").render(who, collection)


TABS = (
    Tab("overview", N_("Overview"), "monitoring", "corpora.overview"),
    Tab("documents", N_("Documents"), "description", "corpora.contents", Permission.UPLOAD),
    Tab("versions", N_("Versions"), "history", "corpora.versions"),
    Tab("checks", N_("Checks"), "troubleshoot", "corpora.checks"),
    Tab("evaluation", N_("Evaluation"), "fact_check", "corpora.evaluation"),
    Tab("lab", N_("Retrieval lab"), "science", "corpora.retrieval_lab"),
    Tab("sources", N_("Sources"), "cloud_sync", "sources.listing"),
    Tab("readers", N_("Readers"), "lock_person", "corpora.readers"),
)


def render() -> None:
    who = session.require(Permission.CORPORA_READ)
    collections = collection_titles.in_order(session.services().collections.list(who))
    name = st.query_params.get(_COLLECTION)
    if not name:
        navigation.title(_("Corpora"), _("What the assistant searches. A question is asked of exactly one collection."))
        shelf.draw(who, collections)
        return
    chosen = next((one for one in collections if one.name == name), None)
    with st.container(horizontal=True, horizontal_alignment="distribute", key="corpora_head"):
        st.button(_("All collections"), icon=":material/arrow_back:", type="tertiary", on_click=st.query_params.clear)
        if chosen is not None:
            menu.draw(who, chosen)
    if chosen is None:
        raise NotFound("There is no collection named %(name)s, or you may not see it.", name=name)
    _one(who, chosen)


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
