"""The turns of a conversation with what can be done with each: copy, judge, edit, write anew, see another version."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import streamlit as st

from components import errors, session
from components.chat import answer_trace, answers, copying, judging
from components.i18n import _, number
from components.markup import plain
from core.entities.conversations import Feedback, Thread
from core.entities.messages import Message, MessageStatus
from core.entities.people import Principal
from services.chat.asking import LONGEST_MESSAGE, Ask

_USER, _ASSISTANT = ":material/person:", ":material/auto_awesome:"
_EDITING = "assistant_editing"


def draw(who: Principal, thread: Thread) -> None:
    """The messages of `thread`; one's own, unless it lies in the trash, can be gone on with."""
    mine = not thread.owner and thread.conversation.deleted_at is None
    ids = [one.id for one in thread.messages if one.author == "assistant"]
    given = session.services().feedback.of(who, thread.conversation.id, ids) if mine and who.user_id else {}
    for message in thread.messages:
        if message.withheld:
            _withheld(message)
        elif message.author == "user":
            _question(message, mine=mine)
        else:
            _answer(who, message, given, mine=mine, last=message is thread.messages[-1])


def _withheld(message: Message) -> None:
    if message.author == "user":
        with st.container(border=True, key=f"withheld_{message.id}"):
            words = _("This turn is withheld: it cites documents that you may not read.")
            st.markdown(f":gray[:material/lock: {words}]")


def _question(message: Message, *, mine: bool) -> None:
    with st.chat_message("user", avatar=_USER):
        if mine and session.get(_EDITING) == message.id:
            _editor(message)
            return
        st.markdown(plain(message.text).replace("\n", "  \n"))
    if mine:
        with st.container(
            horizontal=True,
            horizontal_alignment="right",
            vertical_alignment="center",
            gap=None,
            key=f"asked_{message.id}",
        ):
            _switcher(message)
            copying.button(message.text, f"assistant_copy_{message.id}")
            _tool("edit", _("Edit and send again"), f"assistant_edit_{message.id}", _edit, message.id)


def _answer(who: Principal, message: Message, given: Mapping[UUID, Feedback], *, mine: bool, last: bool) -> None:
    with st.chat_message("assistant", avatar=_ASSISTANT), errors.shown():
        answers.answer(who, message, last=last and mine)
        if not message.status.ended:
            return
        if mine and last and message.status is MessageStatus.FAILED:
            retry = errors.kept(_again)
            key = f"thread_retry_{message.id}"
            st.button(_("Try again"), icon=":material/refresh:", key=key, on_click=retry, args=(message.id,))
        with st.container(horizontal=True, vertical_alignment="center", gap=None, key=f"tools_{message.id}"):
            _switcher(message)
            copying.button(message.text, f"assistant_copy_{message.id}")
            if mine:
                if who.user_id:
                    judging.thumbs(message, given)
                _tool("refresh", _("Answer anew"), f"thread_again_{message.id}", _again, message.id)
            answer_trace.button(who, message)
            st.caption(answers.description(message), width="content")


def _editor(message: Message) -> None:
    with st.form(f"assistant_editor_{message.id}", border=False):
        text = st.text_area(_("Your message"), message.text, max_chars=LONGEST_MESSAGE, label_visibility="collapsed")
        with st.container(horizontal=True):
            sent = st.form_submit_button(_("Send"), type="primary")
            cancelled = st.form_submit_button(_("Cancel"))
    if cancelled:
        session.take(_EDITING)
        st.rerun()
    if sent:
        with errors.shown():
            ask = Ask(text, message.conversation_id, edits=message.id, **session.get("assistant_options_given", {}))
            session.services().turns.start(session.principal(), ask)
            session.take(_EDITING)
            st.rerun()


def _switcher(message: Message) -> None:
    """‹ 2 / 3 › where several versions stand in one place."""
    if len(message.versions) < 2:
        return
    at = message.versions.index(message.id)
    for step, icon, label in ((-1, "chevron_left", _("Previous version")), (1, "chevron_right", _("Next version"))):
        there = 0 <= at + step < len(message.versions)
        if step > 0:
            st.caption(f"{number(at + 1)}\u00a0/\u00a0{number(len(message.versions))}", width="content")
        other = message.versions[at + step] if there else message.id
        _tool(icon, label, f"assistant_version_{message.id}_{icon}", _choose, other, disabled=not there)


def _tool(icon: str, label: str, key: str, action: object, message_id: UUID, *, disabled: bool = False) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        help=label,
        type="tertiary",
        key=key,
        on_click=errors.kept(action),  # type: ignore[arg-type]
        args=(message_id,),
        disabled=disabled,
    )


def _edit(message_id: UUID) -> None:
    session.put(_EDITING, message_id)


def _again(message_id: UUID) -> None:
    session.services().turns.regenerate(session.principal(), message_id)


def _choose(message_id: UUID) -> None:
    session.services().conversations.choose(session.principal(), message_id)
