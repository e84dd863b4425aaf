"""The form by which an administrator adds a person."""

from __future__ import annotations

import streamlit as st

from components import errors, navigation, session
from components.i18n import _
from components.markup import plain
from services.identity.people import ROLES


def button() -> None:
    """Opens the form."""
    if st.button(_("Add a person"), type="primary", icon=":material/person_add:", key="people_add"):
        st.dialog(_("Add a person"))(_add)()


def _add() -> None:
    with st.form("people_new", border=False):
        email = st.text_input(_("E-mail"), autocomplete="off")
        name = st.text_input(_("Name"), autocomplete="off", max_chars=100)
        role = st.selectbox(_("Role"), ROLES, format_func=lambda role: _(navigation.ROLES[role]))
        password = st.text_input(
            _("Password"),
            type="password",
            autocomplete="new-password",
            help=_("Leave it empty to send a link: the person then chooses the password."),
        )
        sent = st.form_submit_button(_("Add"), type="primary")
    if sent:
        with errors.shown():
            made = session.services().people.create(session.principal(), email, name, role, password or None)
            st.toast(_("%(name)s was added.", name=plain(made.name or made.email)), icon=":material/check:")
            st.rerun()
