"""The assistant: a conversation whose answers quote their sources."""

from __future__ import annotations

from uuid import UUID

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import answers, conversation_list, errors, session, turn_options
from components.i18n import N_, _
from components.markup import plain
from core.entities import Principal
from core.roles import Permission
from services.asking import LONGEST_MESSAGE

_EXAMPLES = (
    N_("What is Nichewise for?"),
    N_("How do I upload a document?"),
    N_("Which files can be read?"),
    N_("How do I reset my password?"),
)


def render() -> None:
    who = session.require(Permission.CHAT)
    typed = st.chat_input(_("Ask a question"), key="assistant_question", max_chars=LONGEST_MESSAGE)
    head = st.container(horizontal=True, vertical_alignment="center", key="assistant_head")
    thread = st.container(key="assistant_thread")
    with head:
        title = st.container(width="stretch")
        options = turn_options.draw(who)
    question = typed or session.take("assistant_example")
    if question:
        with thread, errors.shown():
            _ask(who, question, options)
    conversation_list.draw(who)
    with thread:
        _thread(who, conversation_list.current(), head, title)


def _ask(who: Principal, question: str, options: dict[str, object]) -> None:
    ask = turn_options.ask(question, conversation_list.current(), options)
    try:
        started = session.services().turns.start(who, ask)
    except Exception:
        st.code(question, language=None, wrap_lines=True)  # what was typed can be copied and sent again
        raise
    conversation_list.open_(started.conversation_id)


def _thread(who: Principal, conversation_id: UUID | None, head: DeltaGenerator, title: DeltaGenerator) -> None:
    if conversation_id is None:
        _empty(who)
        return
    conversation = session.services().conversations.find(who, conversation_id)
    with title:
        st.markdown(f"**{plain(conversation.title)}**")
    with head:
        conversation_list.menu(conversation)
    answers.draw(who, session.services().conversations.messages(who, conversation_id))


def _empty(who: Principal) -> None:
    with st.container(key="assistant_empty"):
        st.title(_("What would you like to know?"), anchor=False)
        if who.may(Permission.CHAT_DOCUMENTS):
            st.caption(
                _("Answers quote the documents of the collection you choose. Without evidence there is no answer.")
            )
        else:
            st.caption(_("As a guest you can ask about the service. Sign in to ask your company's documents."))
        with st.container(horizontal=True, horizontal_alignment="center", gap="small"):
            for number, example in enumerate(_EXAMPLES):
                st.button(_(example), key=f"assistant_example_{number}", on_click=_use, args=(_(example),))


def _use(example: str) -> None:
    session.put("assistant_example", example)
