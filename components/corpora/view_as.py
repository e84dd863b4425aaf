"""A collection through another person's eyes: what they may list and find in it; nothing can be changed here."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import collection_titles, errors, navigation, session
from components.i18n import _, ngettext, number
from components.markup import plain, short
from core.entities.corpora import Collection
from core.entities.people import Principal, User
from core.entities.retrieval import Passage

_DOCUMENTS, _PASSAGES, _SHOWN = 10, 5, 300


def draw(who: Principal, user: User, collection: Collection) -> None:
    """A switch; while it is on, a banner says so and the rest is theirs."""
    if not st.toggle(_("Look as this person"), key=f"view_as_{user.id}"):
        return
    with errors.shown(), st.container(border=True, key="view_as"):
        st.info(
            _(
                "You are looking as %(name)s (%(role)s). "
                "Nothing can be changed here; the audit log keeps that you looked.",
                name=plain(user.name or user.email),
                role=_(navigation.ROLES[user.role]),
            ),
            icon=":material/visibility:",
        )
        if collection.id not in _collections(who, user):
            name = plain(user.name or user.email)
            st.caption(_("%(name)s finds nothing of this collection: it is not among theirs.", name=name))
            return
        _documents(who, user, collection)
        _search(who, user, collection)


def _collections(who: Principal, user: User) -> set[UUID]:
    found = session.services().access.collections_as(who, user.id)
    titles = " ".join(f":primary-badge[{plain(collection_titles.title(one))}]" for one in found)
    st.markdown(f"{_('Collections')}: {titles or '–'}")
    return {one.id for one in found}


def _documents(who: Principal, user: User, collection: Collection) -> None:
    found, total = session.services().access.documents_as(who, user.id, collection.name, limit=_DOCUMENTS)
    st.markdown(f"**{ngettext('%(n)s document', '%(n)s documents', total)}**")
    st.markdown("\n".join(f"- {plain(document.title or document.filename)}" for document in found))
    if total > len(found):
        st.caption(_("and %(n)s more", n=number(total - len(found))))


def _search(who: Principal, user: User, collection: Collection) -> None:
    question = st.text_input(
        _("Search"), key="view_as_question", placeholder=_("Search as this person"), icon=":material/search:"
    )
    if question and question.strip():
        found = session.services().access.search_as(who, user.id, collection.name, question, _PASSAGES)
        if not found.passages:
            st.caption(_("Nothing found."))
        for passage in found.passages:
            _passage(passage)


def _passage(passage: Passage) -> None:
    with st.container(border=True, gap="xxsmall"):
        st.markdown(f"**{plain(passage.title)}**")
        st.text(short(passage.text, _SHOWN))
