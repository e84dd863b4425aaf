"""Documents as rows: what they are, how far they are, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import streamlit as st

from components import collection_titles, document_readers, errors, session
from components.i18n import N_, _, ago, file_size, ngettext, number, stored
from components.job_progress import Progress
from components.markup import plain
from core.entities import Document, Principal, Removed, Stage

STAGES = {
    Stage.RECEIVED: N_("waits"),
    Stage.PARSED: N_("read"),
    Stage.CHUNKED: N_("cut into passages"),
    Stage.EMBEDDED: N_("embedded"),
    Stage.INDEXED: N_("indexed"),
    Stage.VERIFIED: N_("verified"),
    Stage.READY: N_("ready"),
    Stage.FAILED: N_("failed"),
}
RUNNING = tuple(stage for stage in Stage if not stage.ended)
_ICONS = {".pdf": "picture_as_pdf", ".xlsx": "table_chart", ".csv": "table_chart", ".pptx": "slideshow"}
_FOLLOWED, _LOOKED_AT = 4, 50  # progress bars at once, and the documents that they are chosen from
_REMOVED = "documents_removed"


def progress(who: Principal) -> list[Progress]:
    """How far the documents are that are still on their way, for `job_progress.draw`; demo data is one line."""
    running, total = session.services().documents.list(who, stages=RUNNING, limit=_LOOKED_AT)
    shown = [document for document in running if not document.demo][:_FOLLOWED]
    followed = [_progress(document) for document in shown]
    rest = total - len(shown)
    if rest:
        others = ngettext("%(n)s more document", "%(n)s more documents", rest)
        demo = ngettext("%(n)s document of the demo data", "%(n)s documents of the demo data", rest)
        followed.append(Progress(others if shown else demo, _("waits"), 0, 0, running[-1].created_at))
    return followed


def _progress(document: Document) -> Progress:
    return Progress(
        title=document.title or document.filename,
        stage=_(STAGES[document.stage]),
        done=document.done,
        total=document.total,
        started_at=document.created_at,
        ended=document.stage.ended,
    )


def draw(who: Principal, documents: Sequence[Document]) -> None:
    restricted = session.services().access.restricted(documents)
    for document in documents:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"document_{document.id}"):
            with st.container(width="stretch", gap="xxsmall"):
                _facts(document)
            document_readers.button(who, document, restricted=document.id in restricted)
            _actions(who, document)


def _facts(document: Document) -> None:
    color = {Stage.READY: "green", Stage.FAILED: "red"}.get(document.stage, "orange")
    icon = _ICONS.get(f".{document.filename.rpartition('.')[2].lower()}", "description")
    demo = f" :gray-badge[{_('demo data')}]" if document.demo else ""
    title = plain(document.title or document.filename)
    st.markdown(f":material/{icon}: **{title}** :{color}-badge[{_(STAGES[document.stage])}]{demo}")
    st.caption(plain(" · ".join(_counts(document))))
    if document.error:
        st.markdown(f":red[{plain(stored(document.error))}]")
    for note in document.notes:
        st.caption(f":material/info: {plain(stored(note))}")


def _counts(document: Document) -> list[str]:
    counts = [collection_titles.by_name(document.collection), file_size(document.size)]
    if document.stage is Stage.READY:
        counts.append(ngettext("%(n)s page", "%(n)s pages", document.pages))
        counts.append(ngettext("%(n)s passage", "%(n)s passages", document.chunks))
    counts.append(ago(document.created_at))
    if document.title and document.title != document.filename:
        counts.append(document.filename)
    return counts


def _actions(who: Principal, document: Document) -> None:
    st.download_button(
        "",
        partial(_bytes, document.id),
        file_name=document.filename,
        mime=document.media_type or None,
        key=f"documents_get_{document.id}",
        icon=":material/download:",
        type="tertiary",
        help=_("Download"),
        on_click="ignore",
    )
    deletable = session.services().documents.may_delete(who, document)
    key = f"documents_delete_{document.id}"
    if deletable and st.button("", icon=":material/delete:", key=key, type="tertiary", help=_("Delete")):
        session.take(_REMOVED)
        st.dialog(_("Delete the document?"), on_dismiss="rerun")(_delete)(document)


def _bytes(document_id: UUID) -> bytes:
    _document, stream = session.services().documents.open(session.principal(), document_id)
    with stream:
        return stream.read()


def _delete(document: Document) -> None:
    """Asks first; then shows the proof of what was removed."""
    with errors.shown():
        removed = session.get(_REMOVED)
        if removed is not None:
            _proof(removed)
            return
        st.markdown(_("“%(title)s” will be gone for good, with its passages.", title=plain(document.title)))
        if st.button(_("Delete"), type="primary", icon=":material/delete:", key="documents_delete_sure"):
            session.put(_REMOVED, session.services().documents.delete(session.principal(), document.id))
            st.rerun(scope="fragment")


def _proof(removed: Removed) -> None:
    st.success(_("The document is deleted. A search finds nothing of it."), icon=":material/check:")
    counts = (
        (_("Files"), removed.files),
        (_("Passages"), removed.chunks),
        (_("Vectors"), removed.vectors),
        (_("Entries of the word index"), removed.lexical),
        (_("Cached pages"), removed.cache),
    )
    st.markdown("  \n".join(f"{name}: **{number(count)}**" for name, count in counts))
    if st.button(_("Close"), key="documents_delete_close"):
        st.rerun()
