"""Sends what was typed into the assistant: the files of a message first, then its question."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import streamlit as st

from components import session
from components.chat import conversation_list, dropped, turn_options
from core.entities.people import Principal


def send(who: Principal, typed: Any, question: str, options: dict[str, Any]) -> None:
    """The files first, so that the question is answered from them; either may be missing."""
    conversation_id = dropped.take(who, typed, _writable(who))
    if conversation_id is not None:
        conversation_list.open_(conversation_id)
    if question:
        _ask(who, question, conversation_id, options)


def _ask(who: Principal, question: str, conversation_id: UUID | None, options: dict[str, Any]) -> None:
    ask = turn_options.ask(question, conversation_id, options)
    try:
        started = session.services().turns.start(who, ask)
    except Exception:
        st.code(question, language=None, wrap_lines=True)  # what was typed can be copied and sent again
        raise
    conversation_list.open_(started.conversation_id)


def _writable(who: Principal) -> UUID | None:
    """The open conversation, if one's own: a question asked beside a shared one begins a new one."""
    conversation_id = conversation_list.current()
    if conversation_id is None:
        return None
    opened = session.services().conversations.thread(who, conversation_id, last=1)
    return None if opened.owner or opened.conversation.deleted_at else conversation_id
