"""Who may read a collection, why somebody may, and what it looks like to them."""

from __future__ import annotations

import streamlit as st

from components import access_form, errors, navigation, session
from components.corpora import view_as
from components.i18n import _
from components.markup import plain
from core.entities.access import Readers
from core.entities.corpora import Collection, CollectionKind
from core.entities.people import Principal
from core.roles import Permission


def render(who: Principal, collection: Collection) -> None:
    if collection.kind is CollectionKind.PERSONAL:
        st.caption(_("Only you can read it."))
        return
    readers = session.services().access.of_collection(who, collection.name)
    if not who.may(Permission.CORPORA_MANAGE):
        _told(readers)
        return
    _form(who, collection, readers)
    st.subheader(_("Why can somebody see it?"), anchor=False)
    user = access_form.person(who, "readers")
    if user is not None:
        access_form.why(user, session.services().access.explain_collection(who, user.id, collection.name))
        view_as.draw(who, user, collection)


def _told(readers: Readers) -> None:
    roles = [_(navigation.ROLES[role]) for role in readers.roles or ()]
    people = [plain(person.name or person.email) for person in readers.people]
    st.markdown(_("Readers: %(roles)s", roles=", ".join([*roles, *people]) or "–"))
    st.caption(_("Administrators read every shared collection."))


def _form(who: Principal, collection: Collection, readers: Readers) -> None:
    with st.form("readers_form"):
        roles = access_form.roles("readers", readers)
        people = access_form.people(who, "readers", readers)
        st.caption(
            _("Administrators always read it. A change acts at once, in search, answers, citations and exports.")
        )
        sent = st.form_submit_button(_("Save"), type="primary")
    if sent:
        with errors.shown():
            session.services().access.set_collection(who, collection.name, roles, people)
            st.toast(_("Saved. It holds from now on."), icon=":material/check:")
