"""Deleting a document: asks first, and shows the proof afterwards."""

from __future__ import annotations

import streamlit as st

from components import errors, session
from components.i18n import _, number
from components.markup import plain
from core.entities.corpora import Document, Removed

_REMOVED = "documents_removed"


def forget_proof() -> None:
    session.take(_REMOVED)


def confirm(document: Document) -> None:
    """The content of the dialog."""
    with errors.shown():
        removed = session.get(_REMOVED)
        if removed is not None:
            _proof(removed)
            return
        st.markdown(_("“%(title)s” will be gone for good, with its passages.", title=plain(document.title)))
        if st.button(_("Delete"), type="primary", icon=":material/delete:", key="documents_delete_sure"):
            session.put(_REMOVED, session.services().documents.delete(session.principal(), document.id))
            st.rerun(scope="fragment")


def counts(removed: Removed) -> str:
    """How many of each kind were removed, in Markdown, a line each."""
    lines = (
        (_("Files"), removed.files),
        (_("Passages"), removed.chunks),
        (_("Vectors"), removed.vectors),
        (_("Entries of the word index"), removed.lexical),
        (_("Cached pages"), removed.cache),
        (_("Rows of tables"), removed.rows),
    )
    return "  \n".join(f"{name}: **{number(count)}**" for name, count in lines)


def _proof(removed: Removed) -> None:
    st.success(_("The document is deleted. A search finds nothing of it."), icon=":material/check:")
    st.markdown(counts(removed))
    if st.button(_("Close"), key="documents_delete_close"):
        st.rerun()
