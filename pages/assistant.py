"""The assistant: one's conversations on the left, the open one beside them, its answers with their sources."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import errors, session
from components.chat import (
    beginning,
    conversation_actions,
    conversation_head,
    conversation_list,
    dropped,
    judging,
    opened,
    prompt_templates,
    sending,
    turn_options,
)
from core.entities.people import Principal
from core.roles import Permission


def render() -> None:
    who = session.require(Permission.CHAT)
    session.take("assistant_opened")
    typed = dropped.chat_input(who)
    beside, main = _panes(who)
    with main:
        head = st.container(horizontal=True, vertical_alignment="center", key="assistant_head")
        place = st.container(key="assistant_thread")
    with head:
        title = st.container(width="stretch", gap=None)
        prompt_templates.button(who)
        options = turn_options.draw(who)
    question = dropped.words(typed) or beginning.chosen() or prompt_templates.sent()
    if typed or question:
        with place, errors.shown():
            sending.send(who, typed, question or "", options)
    with beside:
        if who.user_id is not None:
            conversation_list.draw(who)
    conversation_actions.carry_out(conversation_list.open_)
    judging.ask_why()
    conversation_id = conversation_list.current()
    with place:
        if conversation_id is not None:
            opened.draw(who, conversation_id, head, title)
        else:
            conversation_head.alone(who, head)
            beginning.draw(who)


def _panes(who: Principal) -> tuple[Any, Any]:
    """The list and the thread; a guest has no list."""
    if who.user_id is None:
        return st.container(), st.container()
    with st.container(key="assistant_panes"):
        beside, main = st.columns([1, 3], gap="medium", wrap=False)
    return beside.container(key="assistant_list"), main
