"""The button that hands out a document as it was uploaded."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import streamlit as st

from components import session
from core.entities.corpora import Document
from core.entities.people import Principal


def button(who: Principal, document: Document, key: str, label: str) -> None:
    st.download_button(
        label,
        _reader(who, document.id),
        file_name=document.filename,
        mime=document.media_type or None,
        key=key,
        icon=":material/download:",
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
