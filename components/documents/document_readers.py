"""Who may read one document: the dialog for those who may change it."""

from __future__ import annotations

import streamlit as st

from components import access_form, errors, session
from components.i18n import N_, _
from components.markup import plain
from core.entities.access import Readers
from core.entities.corpora import Document
from core.entities.people import Principal
from core.roles import Permission, Role

_CHOICES = {
    "collection": N_("Everybody who reads the collection"),
    "some": N_("Only some of them"),
    "me": N_("Only the person who put it in"),
}
_NOBODYS = N_("Only administrators")  # what a source brought belongs to no person


def changeable(who: Principal, document: Document) -> bool:
    """Whether there is anything to choose: in a collection that is one's own nobody else reads anyway."""
    return document.collection != "my-documents" and session.services().access.may_change(who, document)


def dialog(document: Document) -> None:
    """What the dialog about its readers holds."""
    with errors.shown():
        who = session.principal()
        readers = session.services().access.of_document(who, document.id)
        st.markdown(f"**{plain(document.title or document.filename)}**")
        chosen = st.radio(
            _("Who may read it"),
            list(_CHOICES),
            list(_CHOICES).index(_choice(readers)),
            format_func=lambda one: _(_NOBODYS if one == "me" and document.owner_id is None else _CHOICES[one]),
            key="readers_of_document_choice",
            label_visibility="collapsed",
        )
        roles, people = _some(who, readers) if chosen == "some" else ([], [])
        st.caption(
            _("Administrators always read it. A change acts at once, in search, answers, citations and exports.")
        )
        if st.button(_("Save"), type="primary", key="readers_of_document_save"):
            kept = None if chosen == "collection" else roles
            session.services().access.set_document(who, document.id, kept, people)
            st.rerun()
        if who.may(Permission.PEOPLE):
            _why(who, document)


def _choice(readers: Readers) -> str:
    if readers.roles is None:
        return "collection"
    return "some" if readers.roles or readers.people else "me"


def _some(who: Principal, readers: Readers) -> tuple[list[Role], list[str]]:
    roles = access_form.roles("readers_of_document", readers)
    people = access_form.people(who, "readers_of_document", readers)
    st.caption(_("Of those who may read the collection: a document narrows its readers, and never widens them."))
    return roles, people


def _why(who: Principal, document: Document) -> None:
    with st.expander(_("Why can somebody see it?"), icon=":material/help:"):
        user = access_form.person(who, "readers_of_document")
        if user is not None:
            access_form.why(user, session.services().access.explain_document(who, user.id, document.id))
