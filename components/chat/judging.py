"""Thumbs on an answer, and why."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import streamlit as st

from components import errors, session
from components.i18n import N_, _
from core.entities.conversations import Feedback
from core.entities.messages import Message
from core.roles import Permission
from services.chat.feedback import LONGEST_NOTE

REASONS = {
    "wrong": N_("It is wrong"),
    "incomplete": N_("Something is missing"),
    "sources": N_("The sources do not fit"),
    "outdated": N_("It is out of date"),
    "language": N_("Language or tone"),
    "other": N_("Something else"),
}
_WHY = "assistant_why"


def thumbs(message: Message, given: Mapping[UUID, Feedback]) -> None:
    """Up and down; down asks why."""
    feedback = given.get(message.id)
    key = f"assistant_thumbs_{message.id}"
    if session.get(key, "not drawn yet") == "not drawn yet":
        session.put(key, None if feedback is None else int(feedback.helpful))
    st.feedback("thumbs", key=key, on_change=errors.kept(_judge), args=(message.id, key))


def ask_why() -> None:
    """Opens the dialog after a thumb that went down."""
    message_id = session.take(_WHY)
    if message_id is not None:
        st.dialog(_("What was wrong with this answer?"))(_why)(message_id)


def _judge(message_id: UUID, key: str) -> None:
    thumb = session.get(key)
    desk, who = session.services().feedback, session.principal()
    if thumb is None:
        desk.take_back(who, message_id)
        return
    desk.give(who, message_id, bool(thumb))
    if not thumb:
        session.put(_WHY, message_id)


def _why(message_id: UUID) -> None:
    with st.form(f"assistant_why_{message_id}", border=False):
        reason = st.pills(_("Reason"), list(REASONS), format_func=lambda one: _(REASONS[one]), key="assistant_reason")
        note = st.text_area(_("What would have been right? (optional)"), max_chars=LONGEST_NOTE, key="assistant_note")
        golden = False
        if session.principal().may(Permission.CORPORA_MANAGE):
            golden = st.checkbox(_("Add the question to the golden set"), key="assistant_golden")
        st.caption(_("Administrators see the reason and the note, not the conversation."))
        sent = st.form_submit_button(_("Send"), type="primary")
    if sent:
        with errors.shown():
            session.services().feedback.give(session.principal(), message_id, False, reason or "", note or "")
            if golden:
                session.services().golden.add_from_message(session.principal(), message_id)
            st.toast(_("Thank you: it helps to make answers better."), icon=":material/check:")
            st.rerun()
