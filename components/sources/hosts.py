"""The hosts that sources may reach: what is in the list, adding one, taking one out."""

from __future__ import annotations

import streamlit as st

from components import buttons, errors, session
from components.i18n import _
from components.markup import plain
from core.entities.people import Principal
from core.roles import Permission


def draw(who: Principal) -> None:
    with st.expander(_("Hosts that sources may reach"), icon=":material/vpn_lock:"):
        st.caption(_("For all collections. Addresses of this network are reached only where that is allowed by name."))
        for host in session.services().sources.hosts(who):
            with st.container(horizontal=True, vertical_alignment="center", key=f"source_host_{host.host}"):
                private = f" :orange-badge[{_('also in our network')}]" if host.private else ""
                by = f" :gray[{plain(host.added_by)}]" if host.added_by else ""
                st.markdown(f"`{host.host}`{private}{by}", width="stretch")
                if who.may(Permission.SYSTEM):
                    buttons.icon(_("Take it out of the list"), "close", f"host_{host.host}", _forbid, host.host)
        if who.may(Permission.SYSTEM):
            _form()


def _form() -> None:
    form = st.form("source_host_form", border=False, clear_on_submit=True)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        host = st.text_input(_("Host"), placeholder="files.example.com", max_chars=253)
        private = st.checkbox(_("It is in our own network"))
        sent = st.form_submit_button(_("Allow"), icon=":material/add:")
    if sent:
        with errors.shown():
            session.services().sources.allow(session.principal(), host, private=private)
            st.rerun()


def _forbid(host: str) -> None:
    session.services().sources.forbid(session.principal(), host)
