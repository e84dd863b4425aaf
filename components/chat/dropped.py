"""Files dropped into the chat: taken in with the message, shown above the thread, taken out again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import streamlit as st

from components import errors, session
from components.i18n import _
from components.markup import plain, short
from core.entities.corpora import Document, Stage
from core.entities.people import Principal
from core.roles import Permission
from rag import readers
from services.chat.asking import LONGEST_MESSAGE

_ICONS = {Stage.READY: "description", Stage.FAILED: "error"}
_TITLE = 40


def chat_input(who: Principal) -> Any:
    """The box for the next message, with files for those who may upload; its value has `text` and `files`."""
    files: dict[str, Any] = {}
    if who.may(Permission.UPLOAD):
        suffixes = [suffix.lstrip(".") for suffix in readers.supported()]
        files = {"accept_file": "multiple", "file_type": suffixes}
    return st.chat_input(_("Ask a question"), key="assistant_question", max_chars=LONGEST_MESSAGE, **files)


def words(typed: Any) -> str:
    """What was written, without the files."""
    return str(getattr(typed, "text", typed or "") or "")


def take(who: Principal, typed: Any, conversation_id: UUID | None) -> UUID | None:
    """Takes the files in; returns the conversation that they are in, which may be a new one."""
    for file in getattr(typed, "files", None) or ():
        with errors.shown():
            conversation_id, _document = session.services().attachments.drop(who, conversation_id, file.name, file)
    return conversation_id


def draw(who: Principal, conversation_id: UUID) -> None:
    """The files of the conversation."""
    files = session.services().attachments.of(who, conversation_id)
    if not files:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="assistant_files"):
        st.caption(_("Answers come from:"), width="content")
        for document in files:
            st.button(
                plain(short(document.title, _TITLE)) + _stage(document),
                icon=f":material/{_ICONS.get(document.stage, 'hourglass_top')}:",
                key=f"assistant_file_{document.id}",
                help=_("Take it out of this conversation; it stays in “My documents”."),
                on_click=errors.kept(_take_out),
                args=(conversation_id, document.id),
            )


def _stage(document: Document) -> str:
    if document.stage is Stage.FAILED:
        return f" · {_('could not be read')}"
    return "" if document.stage is Stage.READY else f" · {_('is being read')}"


def _take_out(conversation_id: UUID, document_id: UUID) -> None:
    session.services().attachments.take_out(session.principal(), conversation_id, document_id)
