"""The conversations of a person: search, shelves, one line each, and what can be done with a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

import streamlit as st

from components import errors, session
from components.chat import conversation_actions
from components.i18n import N_, _, local
from components.markup import plain, short
from core.entities.conversations import Hit, Shelf
from core.entities.messages import Conversation
from core.entities.people import Principal

SHELVES = {
    Shelf.ACTIVE: N_("Conversations"),
    Shelf.SHARED: N_("Shared with me"),
    Shelf.ARCHIVED: N_("Archived"),
    Shelf.DELETED: N_("Trash"),
}
_NOTHING = {
    Shelf.ACTIVE: N_("Nothing here yet. Ask your first question."),
    Shelf.SHARED: N_("When a colleague shares a conversation with you, it stands here."),
    Shelf.ARCHIVED: N_("What you archive leaves the list and stands here."),
    Shelf.DELETED: N_("The trash is empty."),
}
_PAGE = 30
_TITLE = 60
_WEEK = timedelta(days=7)


def current() -> UUID | None:
    """The conversation that the address names."""
    try:
        return UUID(st.query_params.get("c", ""))
    except ValueError:
        return None


def open_(conversation_id: UUID | None) -> None:
    session.take("assistant_editing")
    session.take("assistant_earlier")
    session.put("assistant_opened", True)
    if conversation_id is None:
        st.query_params.pop("c", None)
    else:
        st.query_params["c"] = str(conversation_id)


def draw(who: Principal, *, place: str = "list") -> None:
    """Draws the list; `place` tells two drawings on one page apart."""
    with errors.shown():
        st.button(
            _("New conversation"),
            icon=":material/add:",
            key=f"assistant_new_{place}",
            on_click=open_,
            args=(None,),
            width="stretch",
        )
        query = st.text_input(
            _("Search"),
            key=f"assistant_search_{place}",
            placeholder=_("Search conversations"),
            icon=":material/search:",
            label_visibility="collapsed",
            max_chars=200,
        )
        shelf = st.selectbox(
            _("Shelf"),
            list(SHELVES),
            format_func=lambda one: _(SHELVES[one]),
            key=f"assistant_shelf_{place}",
            label_visibility="collapsed",
        )
        with st.container(key=f"assistant_shelf_lines_{place}", gap=None):
            _lines(who, (query or "").strip(), shelf, place)


def _lines(who: Principal, query: str, shelf: Shelf, place: str) -> None:
    conversations = session.services().conversations
    most = int(session.get(f"assistant_most_{place}", _PAGE))
    if query and shelf is not Shelf.SHARED:
        found: Sequence[Hit] = conversations.search(who, query, None if shelf is Shelf.ACTIVE else shelf, limit=most)
        total = len(found)
    else:
        page, total = conversations.page(who, shelf, limit=most)
        found = [Hit(one) for one in page if query.casefold() in one.title.casefold()]
    if not found:
        st.caption(_("Nothing was found. Try other words or another shelf.") if query else _(_NOTHING[shelf]))
    for heading, hits in _grouped(found, by_day=shelf is not Shelf.DELETED and not query):
        if heading:
            st.caption(heading)
        for hit in hits:
            _line(hit, shelf, place)
    if total > most:
        st.button(
            _("Show more"),
            icon=":material/expand_more:",
            type="tertiary",
            key=f"assistant_more_{place}",
            on_click=_more,
            args=(place, most),
            width="stretch",
        )
    if shelf is Shelf.DELETED and found:
        conversation_actions.empty_trash(place)


def _grouped(hits: Sequence[Hit], *, by_day: bool) -> Iterator[tuple[str, Iterator[Hit]]]:
    if not by_day:
        return iter([("", iter(hits))])
    return groupby(hits, key=lambda hit: _when(hit.conversation))


def _when(conversation: Conversation) -> str:
    if conversation.pinned:
        return _("Pinned")
    today = local(datetime.now().astimezone()).date()
    day = local(conversation.updated_at).date()
    if day >= today:
        return _("Today")
    return _("Last 7 days") if today - day <= _WEEK else _("Earlier")


def _line(hit: Hit, shelf: Shelf, place: str) -> None:
    one = hit.conversation
    state = "active" if one.id == current() else "other"
    with st.container(
        horizontal=True, vertical_alignment="center", gap=None, key=f"conversation_{state}_{place}_{one.id}"
    ):
        label = plain(short(one.title, _TITLE))
        if hit.excerpt:
            label += f"  \n:gray[:small[{plain(hit.excerpt)}]]"
        st.button(
            label,
            key=f"assistant_open_{place}_{one.id}",
            type="tertiary",
            icon=":material/keep:" if one.pinned else None,
            on_click=open_,
            args=(one.id,),
            width="stretch",
        )
        conversation_actions.menu(one, shared=shelf is Shelf.SHARED, place=place)


def _more(place: str, most: int) -> None:
    session.put(f"assistant_most_{place}", most + _PAGE)
