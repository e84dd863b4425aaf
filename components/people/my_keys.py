"""A person's own API keys: made, shown once, revoked."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import streamlit as st

from components import errors, session
from components.i18n import _, ago, date_time
from components.markup import plain
from core.entities.people import ApiKey, Principal


def draw(who: Principal) -> None:
    st.caption(_("For programs that speak to the REST API as you. A key never allows more than you may do."))
    with st.form("profile_key", clear_on_submit=True, width=640):
        name, days = st.columns([2, 1])
        label = name.text_input(_("What is it for?"), placeholder=_("for example: nightly report"), max_chars=100)
        ends = {30: _("30 days"), 90: _("90 days"), 365: _("1 year"), 0: _("No end")}
        lasts = days.selectbox(_("Valid for"), list(ends), 1, format_func=ends.__getitem__)
        sent = st.form_submit_button(_("Create a key"), type="primary", icon=":material/key:")
    if sent:
        _made, secret = session.services().keys.create(who, label, _end_of(lasts))
        st.success(_("Copy the key now: it is shown this once."))
        st.code(secret, language=None, wrap_lines=True)
    for key in session.services().keys.list(who):
        _key(key)


def _end_of(days: int) -> datetime | None:
    return datetime.combine(datetime.now(UTC) + timedelta(days=days), time.max, UTC) if days else None


def _key(key: ApiKey) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"profile_row_{key.id}"):
        with st.container():
            st.markdown(f"**{plain(key.name)}** `{key.prefix}…`")
            used = ago(key.last_used_at) if key.last_used_at else _("never")
            until = date_time(key.expires_at) if key.expires_at else _("no end")
            st.caption(_("Last used: %(used)s · valid until: %(until)s", used=used, until=until))
        if st.button(_("Revoke"), key=f"profile_revoke_{key.id}"):
            st.dialog(_("Revoke the key?"))(_revoke)(key)


def _revoke(key: ApiKey) -> None:
    st.markdown(_("What signs in with “%(name)s” is refused from then on; nobody can undo that.", name=plain(key.name)))
    if st.button(_("Revoke"), type="primary", icon=":material/key_off:", key="profile_revoke_sure"):
        with errors.shown():
            session.services().keys.revoke(session.principal(), key.id)
            st.rerun()
