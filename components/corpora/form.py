"""The form that makes a new shared collection."""

from __future__ import annotations

import streamlit as st

from components import collection_titles, errors, navigation, session
from components.i18n import _
from core.entities.corpora import CollectionKind
from core.roles import Role
from services.corpora.collections import LONGEST_TITLE

_READERS = (Role.GUEST, Role.SALES, Role.ANALYST)  # administrators read everything


def button() -> None:
    """For those who manage corpora: opens the form."""
    if st.button(_("New collection"), type="primary", icon=":material/add:", key="corpora_new"):
        st.dialog(_("New collection"))(_create)()


def _create() -> None:
    kinds = [CollectionKind.DOCUMENTS, CollectionKind.FAQ, CollectionKind.ANALYTICS]
    with st.form("corpora_create", border=False):
        title = st.text_input(_("Title"), max_chars=LONGEST_TITLE)
        name = st.text_input(_("Name in addresses and programs"), placeholder="market-reports", max_chars=63)
        kind = st.selectbox(_("Kind"), kinds, format_func=lambda one: _(collection_titles.KINDS[one]))
        readers = st.multiselect(
            _("Who may read it, besides administrators"),
            _READERS,
            [Role.SALES, Role.ANALYST],
            format_func=lambda role: _(navigation.ROLES[role]),
            select_all=False,
        )
        sent = st.form_submit_button(_("Create"), type="primary")
    if sent:
        with errors.shown():
            made = session.services().collections.create(
                session.principal(), name.strip(), title, kind, [*readers, Role.ADMIN]
            )
            collection_titles.forget()
            st.query_params.from_dict({"collection": made.name})
            st.rerun()
