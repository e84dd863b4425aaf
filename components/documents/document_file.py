"""The button that hands out a document as it was uploaded."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import streamlit as st

from components import session
from components.i18n import _
from core.entities.corpora import Document
from core.entities.people import Principal


def button(who: Principal, document: Document, key: str, label: str = "") -> None:
    """Without a `label` it is one of the tools of a row, which are icons to the eye."""
    st.download_button(
        label or _("Download"),
        _reader(who, document.id),
        file_name=document.filename,
        mime=document.media_type or None,
        key=key,
        icon=":material/download:",
        type="secondary" if label else "tertiary",
        help=None if label else _("Download"),
        on_click="ignore",
    )


def _reader(who: Principal, document_id: UUID) -> Callable[[], bytes]:
    """Reads the file when the button is pressed: on another thread, so everything it needs is given here."""
    services = session.services()

    def read() -> bytes:
        _document, stream = services.documents.open(who, document_id)
        with stream:
            return stream.read()

    return read
