"""Opens the dialogs about one document."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import errors, session
from components.dialogs import Kind
from components.documents import document_readers, document_removal, findings
from components.i18n import _


def open_(kind: Kind, document_id: UUID) -> None:
    with errors.shown():
        if kind == "review":
            st.dialog(_("Let this document in?"), width="medium", on_dismiss="rerun")(findings.review)(document_id)
            return
        document = session.services().documents.get(session.principal(), document_id)
        if kind == "delete":
            document_removal.forget_proof()
            st.dialog(_("Delete the document?"), on_dismiss="rerun")(document_removal.confirm)(document)
        else:
            st.dialog(_("Who may read it"), on_dismiss="rerun")(document_readers.dialog)(document)
