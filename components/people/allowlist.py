"""The allowlist: addresses and domains that register without approval, or whose access never ends."""

from __future__ import annotations

import streamlit as st

from components import buttons, session
from components.i18n import _
from components.markup import plain
from core.entities.people import Principal
from core.entities.registration import AllowedAddress


def draw(who: Principal) -> None:
    settings = session.services().settings
    st.caption(_("Addresses and domains that register without approval, or whose access never ends. It acts at once."))
    if settings.allowed_emails or settings.allowed_email_domains:
        named = ", ".join((*settings.allowed_emails, *settings.allowed_email_domains))
        st.caption(_("Set by the installation, without approval: %(named)s", named=plain(named)))
    _add()
    entries = session.services().allowlist.all(who)
    for one in entries:
        _entry(one)
    if not entries:
        st.caption(_("The list is empty: administrators approve everybody else."))


def _add() -> None:
    with st.form("allowlist_new", clear_on_submit=True):
        pattern = st.text_input(_("E-mail address or domain"), placeholder="example.com", max_chars=254)
        with st.container(horizontal=True, vertical_alignment="center"):
            approved = st.checkbox(_("Registers without approval"), value=True)
            lasting = st.checkbox(_("Access never ends"))
        sent = st.form_submit_button(_("Add"), type="primary", icon=":material/add:")
    if sent:
        session.services().allowlist.put(session.principal(), pattern, approved=approved, lasting=lasting)


def _entry(one: AllowedAddress) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"allowlist_{one.pattern}"):
        approved = f" :green-badge[{_('Registers without approval')}]" if one.approved else ""
        lasting = f" :blue-badge[{_('Access never ends')}]" if one.lasting else ""
        st.markdown(f"**{plain(one.pattern)}**{approved}{lasting}", width="stretch")
        buttons.icon(_("Remove from the list"), "delete", f"allowlist_{one.pattern}", _remove, one.pattern)


def _remove(pattern: str) -> None:
    session.services().allowlist.delete(session.principal(), pattern)
