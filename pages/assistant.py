"""The assistant: one's conversations on the left, the open one beside them, its answers with their sources."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import streamlit as st

from components import (
    conversation_actions,
    conversation_head,
    conversation_list,
    dropped,
    errors,
    greeting,
    judging,
    prompt_templates,
    session,
    thread,
    turn_options,
)
from components.i18n import N_, _
from core.entities.people import Principal
from core.roles import Permission

_EXAMPLES = (
    N_("What is Nichewise for?"),
    N_("How do I upload a document?"),
    N_("Top 5 niches by average revenue"),
    N_("Which files can be read?"),
)
_FOR_GUESTS = (N_("How do I get access?"), N_("I want to register"))
_PART = 20  # messages that are drawn at first, and added by each "show earlier"


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
    question = dropped.words(typed) or session.take("assistant_example") or prompt_templates.sent()
    if typed or question:
        with place, errors.shown():
            _send(who, typed, question or "", options)
    with beside:
        if who.user_id is not None:
            conversation_list.draw(who)
    conversation_actions.carry_out(conversation_list.open_)
    judging.ask_why()
    with place:
        _open(who, conversation_list.current(), head, title)


def _panes(who: Principal) -> tuple[Any, Any]:
    """The list and the thread; a guest has no list."""
    if who.user_id is None:
        return st.container(), st.container()
    with st.container(key="assistant_panes"):
        beside, main = st.columns([1, 3], gap="medium", wrap=False)
    return beside.container(key="assistant_list"), main


def _send(who: Principal, typed: Any, question: str, options: dict[str, Any]) -> None:
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


def _open(who: Principal, conversation_id: UUID | None, head: Any, title: Any) -> None:
    if conversation_id is None:
        conversation_head.alone(who, head)
        _empty(who)
        return
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


def _empty(who: Principal) -> None:
    with errors.shown():
        greeting.render(who)
    with st.container(key="assistant_empty"):
        st.title(_("What would you like to know?"), anchor=False)
        if who.may(Permission.CHAT_DOCUMENTS):
            st.caption(
                _("Answers quote the documents of the collection you choose. Without evidence there is no answer.")
            )
        else:
            st.caption(_("As a guest you can ask about the service. Sign in to ask your company's documents."))
        with st.container(horizontal=True, horizontal_alignment="center", gap="small"):
            for number, example in enumerate(_EXAMPLES if who.user_id else (*_EXAMPLES[:2], *_FOR_GUESTS)):
                st.button(_(example), key=f"assistant_example_{number}", on_click=_use, args=(_(example),))


def _use(example: str) -> None:
    session.put("assistant_example", example)
