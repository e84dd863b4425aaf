"""The open conversation: its head, its earlier messages on request, its files and its turns."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import streamlit as st

from components import session
from components.chat import conversation_head, dropped, thread
from components.i18n import _
from core.entities.people import Principal

_PART = 20  # messages that are drawn at first, and added by each "show earlier"


def draw(who: Principal, conversation_id: UUID, head: Any, title: Any) -> None:
    last = int(session.get("assistant_earlier", _PART))
    opened = session.services().conversations.thread(who, conversation_id, last=last)
    conversation_head.draw(who, opened, head, title)
    if opened.more:
        st.button(
            _("Show earlier messages"),
            icon=":material/expand_less:",
            type="tertiary",
            key="assistant_show_earlier",
            on_click=_earlier,
            args=(last,),
            width="stretch",
        )
    if not opened.owner and opened.conversation.deleted_at is None:
        dropped.draw(who, conversation_id)
    thread.draw(who, opened)


def _earlier(last: int) -> None:
    session.put("assistant_earlier", last + _PART)
