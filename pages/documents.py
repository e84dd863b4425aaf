"""Documents: drop files in, follow them until they can be asked, find, take back and delete them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import collection_titles, dialogs, navigation, session
from components.documents import document_dialogs, findings, ledger, uploads
from components.i18n import _
from components.sheets import view as sheet_view
from core.entities.corpora import Collection
from core.roles import Permission


def render() -> None:
    who = session.require(Permission.UPLOAD)
    if sheet_view.shown(who):
        return
    navigation.title(_("Documents"), _("What is here can be asked in the assistant as soon as it is ready."))
    services = session.services()
    collections = collection_titles.in_order(services.collections.list(who))
    asked = dialogs.asked()
    uploads.draw(who, [one for one in collections if services.documents.may_upload(who, one)])
    with st.container():  # whether anything waits or not, what follows stays in its place
        findings.draw(who)
    ledger.draw(who, _wanted(collections), still=asked is not None)
    if asked is not None:
        document_dialogs.open_(*asked)


def _wanted(collections: Sequence[Collection]) -> ledger.Wanted:
    titles = {"": _("All"), **{one.name: collection_titles.title(one) for one in collections}}
    collection = st.pills(
        _("Collection"),
        list(titles),
        default="",
        format_func=titles.__getitem__,
        key="documents_collection",
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        state = st.selectbox(
            _("State"),
            list(ledger.STATES),
            format_func=lambda one: _(ledger.STATES[one][0]),
            key="documents_state",
            label_visibility="collapsed",
            width=190,
        )
        text = st.text_input(
            _("Search"),
            key="documents_query",
            placeholder=_("Search by title or file name"),
            icon=":material/search:",
            label_visibility="collapsed",
        )
    return ledger.Wanted(collection or None, (text or "").strip(), state)
