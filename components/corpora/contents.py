"""The documents of one collection: more of them, how far each is, and what can be done about those that failed."""

from __future__ import annotations

import streamlit as st

from components import dialogs, session
from components.documents import document_dialogs, ledger, uploads
from components.i18n import _
from core.entities.corpora import Collection
from core.entities.people import Principal


def render(who: Principal, collection: Collection) -> None:
    asked = dialogs.asked()
    if session.services().documents.may_upload(who, collection):
        uploads.draw(who, [collection])
    ledger.draw(who, _wanted(collection), still=asked is not None)
    if asked is not None:
        document_dialogs.open_(*asked)


def _wanted(collection: Collection) -> ledger.Wanted:
    with st.container(horizontal=True, vertical_alignment="center"):
        state = st.selectbox(
            _("State"), list(ledger.STATES), format_func=lambda one: _(ledger.STATES[one][0]),
            key="corpora_documents_state", label_visibility="collapsed", width=190,
        )  # fmt: skip
        text = st.text_input(
            _("Search"), key="corpora_documents_query", placeholder=_("Search by title or file name"),
            icon=":material/search:", label_visibility="collapsed",
        )  # fmt: skip
    return ledger.Wanted(collection.name, (text or "").strip(), state)
