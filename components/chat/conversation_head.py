"""The line above a conversation: its name, where its last answer came from, and the list on narrow screens."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import collection_titles, errors, session
from components.chat import conversation_actions, conversation_list, turn_options
from components.i18n import _, date_time, ngettext
from components.markup import plain
from components.playground import form as playground_form
from core.entities.conversations import Thread
from core.entities.messages import Conversation, Message
from core.entities.people import Principal


def alone(who: Principal, head: Any) -> None:
    """Where no conversation is open."""
    if who.user_id is not None:
        with head:
            _list_button(who)


def draw(who: Principal, thread: Thread, head: Any, title: Any) -> None:
    conversation = thread.conversation
    with title:
        st.markdown(f"**{plain(conversation.title)}**")
        st.caption(_origin(thread))
    with head:
        if who.user_id is not None:
            _list_button(who)
        conversation_actions.menu(conversation, shared=bool(thread.owner), place="head")
    if thread.owner:
        _shared(thread)
    elif conversation.deleted_at:
        _in_trash(conversation)


def _list_button(who: Principal) -> None:
    """Shown on narrow screens alone, where the list has no room of its own."""
    with st.container(key="assistant_list_button", width="content"):
        if st.button(_("Conversations"), icon=":material/forum:", key="assistant_show_list"):
            st.dialog(_("Conversations"))(_in_dialog)(who)


def _in_dialog(who: Principal) -> None:
    conversation_list.draw(who, place="dialog")
    if conversation_actions.wanted() or session.take("assistant_opened"):
        st.rerun()  # closes the dialog: what was chosen is shown, or done, on the page


def _origin(thread: Thread) -> str:
    """Scenario, collection, provider and model of the last answer."""
    answered = [one for one in thread.messages if one.author == "assistant" and one.status.ended and not one.withheld]
    if not answered:
        return ""
    last = answered[-1]
    parts = (turn_options.scenario_title(last.scenario), _collection(last), _provider(last), _model(last))
    return " · ".join(dict.fromkeys(plain(part) for part in parts if part))


def _collection(message: Message) -> str:
    return collection_titles.by_name(message.collection) if message.collection else ""


def _provider(message: Message) -> str:
    return playground_form.label(message.provider) if message.provider else ""


def _model(message: Message) -> str:
    return message.model if message.provider != "extractive" else ""


def _shared(thread: Thread) -> None:
    words = _("%(name)s shares this conversation with you. You can read it; what you ask here begins one of your own.",
        name=plain(thread.owner))  # fmt: skip
    if thread.withheld:
        words += " " + ngettext(
            "%(n)s turn is withheld: it cites documents that you may not read.",
            "%(n)s turns are withheld: they cite documents that you may not read.",
            thread.withheld,
        )
    st.info(words, icon=":material/group:")


def _in_trash(conversation: Conversation) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="assistant_trashed"):
        st.caption(
            _("In the trash since %(day)s. After 30 days it is gone for good.", day=date_time(conversation.deleted_at))
        )
        st.button(_("Restore"), key="assistant_restore", on_click=errors.kept(_restore), args=(conversation,))


def _restore(conversation: Conversation) -> None:
    session.services().conversations.restore(session.principal(), conversation.id)
