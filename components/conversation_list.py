"""The list of one's conversations in the sidebar, and what can be done with the open one."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import errors, navigation, session
from components.i18n import _
from components.markup import plain, short
from core.entities import Conversation, Principal

_MOST = 40
_TITLE = 34


def current() -> UUID | None:
    """The conversation that the address names."""
    try:
        return UUID(st.query_params.get("c", ""))
    except ValueError:
        return None


def open_(conversation_id: UUID | None) -> None:
    if conversation_id is None:
        st.query_params.pop("c", None)
    else:
        st.query_params["c"] = str(conversation_id)


def draw(who: Principal) -> None:
    """Draws the list into the page's part of the sidebar."""
    with navigation.sidebar(), errors.shown():
        st.button(
            _("New conversation"),
            icon=":material/add:",
            key="assistant_new",
            on_click=open_,
            args=(None,),
            width="stretch",
        )
        query = st.text_input(
            _("Search"),
            key="assistant_search",
            placeholder=_("Search conversations"),
            icon=":material/search:",
            label_visibility="collapsed",
        )
        archived = bool(session.get("assistant_archived"))
        for conversation in _found(who, query or "", archived):
            _entry(conversation)
        st.toggle(_("Archived conversations"), key="assistant_archived")


def _found(who: Principal, query: str, archived: bool) -> list[Conversation]:
    conversations = session.services().conversations
    if query.strip():
        return conversations.search(who, query, limit=_MOST)
    return conversations.page(who, archived=archived, limit=_MOST)[0]


def _entry(conversation: Conversation) -> None:
    active = conversation.id == current()
    st.button(
        plain(short(conversation.title, _TITLE)),
        key=f"conversation_{'active' if active else 'other'}_{conversation.id}",
        type="tertiary",
        icon=":material/archive:" if conversation.archived else None,
        on_click=open_,
        args=(conversation.id,),
        width="stretch",
        help=plain(conversation.title) if len(conversation.title) > _TITLE else None,
    )


def menu(conversation: Conversation) -> None:
    """What can be done with the open conversation."""
    archive = _("Bring back") if conversation.archived else _("Archive")
    actions = {"rename": _("Rename"), "archive": archive, "delete": _("Delete")}
    chosen = st.menu_button(
        "",
        list(actions),
        format_func=actions.__getitem__,
        icon=":material/more_horiz:",
        type="tertiary",
        key="assistant_menu",
        help=_("Rename, archive, delete"),
    )
    if chosen == "rename":
        st.dialog(_("Rename the conversation"))(_rename)(conversation)
    elif chosen == "delete":
        st.dialog(_("Delete the conversation?"))(_delete)(conversation)
    elif chosen == "archive":
        session.services().conversations.archive(session.principal(), conversation.id, not conversation.archived)
        st.rerun()


def _rename(conversation: Conversation) -> None:
    with st.form("assistant_rename", border=False):
        title = st.text_input(_("Name"), conversation.title, max_chars=120)
        sent = st.form_submit_button(_("Save"), type="primary")
    if sent:
        with errors.shown():
            session.services().conversations.rename(session.principal(), conversation.id, title)
            st.rerun()


def _delete(conversation: Conversation) -> None:
    st.markdown(_("“%(title)s” and all its messages will be gone for good.", title=plain(conversation.title)))
    if st.button(_("Delete"), type="primary", icon=":material/delete:", key="assistant_delete"):
        with errors.shown():
            session.services().conversations.delete(session.principal(), conversation.id)
            open_(None)
            st.rerun()
