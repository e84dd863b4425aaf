"""Reminds a person who comes back of where they stopped, with one click to go on there."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import errors, session
from components.chat import conversation_list
from components.i18n import _, ago
from components.markup import harmless, plain
from core.entities.people import Principal


def render(who: Principal) -> None:
    """Draws the last summary until it was continued or put away; nothing if there is none."""
    summary = session.services().summaries.greeting(who)
    if summary is None:
        return
    with st.container(border=True, key="greeting"):
        name = who.name.split(" ")[0] if who.name else ""
        hello = _("Welcome back, %(name)s", name=plain(name)) if name else _("Welcome back")
        st.markdown(f"**{hello}**")
        st.caption(f"{plain(summary.title)} · {ago(summary.created_at)}")
        st.markdown(harmless(summary.text))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if summary.conversation_id is not None:
                st.button(
                    _("Continue"),
                    type="primary",
                    icon=":material/arrow_forward:",
                    key="greeting_continue",
                    on_click=errors.kept(_continue),
                    args=(summary.id, summary.conversation_id),
                )
            st.button(
                _("Put away"),
                type="tertiary",
                key="greeting_away",
                on_click=errors.kept(_seen),
                args=(summary.id,),
                help=_("It stays on your profile, where you can delete it."),
            )


def _continue(summary_id: UUID, conversation_id: UUID) -> None:
    """A conversation that went into the trash comes back from there."""
    who, conversations = session.principal(), session.services().conversations
    if conversations.thread(who, conversation_id, last=1).conversation.deleted_at:
        conversations.restore(who, conversation_id)
    _seen(summary_id)
    conversation_list.open_(conversation_id)


def _seen(summary_id: UUID) -> None:
    session.services().summaries.seen(session.principal(), summary_id)
