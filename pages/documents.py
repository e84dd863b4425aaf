"""Documents: drop files in, follow them until they can be asked, find, take back and delete them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import collection_titles, document_list, job_progress, navigation, session, uploads
from components.i18n import _, ngettext
from core.entities import Collection, Principal
from core.roles import Permission

_PAGE = 15


def render() -> None:
    who = session.require(Permission.UPLOAD)
    navigation.title(_("Documents"), _("What is here can be asked in the assistant as soon as it is ready."))
    services = session.services()
    collections = collection_titles.in_order(services.collections.list(who))
    uploads.draw(who, [one for one in collections if services.documents.may_upload(who, one)])
    job_progress.draw(lambda: document_list.progress(session.principal()))
    _found(who, collections)


def _found(who: Principal, collections: Sequence[Collection]) -> None:
    collection, query = _filter(collections)
    page = int(session.get("documents_page") or 1)
    documents, total = session.services().documents.list(
        who, collection=collection, text=query or None, limit=_PAGE, offset=(page - 1) * _PAGE
    )
    if not total:
        st.info(
            _("No documents here yet. Drop a file above: it can be asked a few seconds later."), icon=":material/info:"
        )
        return
    st.caption(ngettext("%(n)s document", "%(n)s documents", total))
    document_list.draw(who, documents)
    if total > _PAGE:
        st.pagination(-(-total // _PAGE), key="documents_page")


def _filter(collections: Sequence[Collection]) -> tuple[str | None, str]:
    titles = {"": _("All"), **{one.name: collection_titles.title(one) for one in collections}}
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = st.pills(
            _("Collection"),
            list(titles),
            default="",
            format_func=titles.__getitem__,
            key="documents_collection",
            label_visibility="collapsed",
        )
        query = st.text_input(
            _("Search"),
            key="documents_query",
            placeholder=_("Search by title or file name"),
            icon=":material/search:",
            label_visibility="collapsed",
        )
    return chosen or None, (query or "").strip()
