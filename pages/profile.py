"""The person's own page: name and language, password, sessions, API keys."""

from __future__ import annotations

import streamlit as st

from components import errors, navigation, session
from components.chat import memory, my_conversations
from components.i18n import LANGUAGES, _
from components.markup import plain
from components.people import account_forms, my_keys, my_sessions
from core.entities.people import Principal
from core.roles import Permission


def render() -> None:
    who = session.require(Permission.PROFILE)
    navigation.title(_("Profile"), f"{plain(who.email)} · {_(navigation.ROLES[who.role])}")
    about, password, remembered, sessions, keys = st.tabs(
        [_("About me"), _("Password"), _("Memory"), _("My sessions"), _("API keys")]
    )
    with about, errors.shown():
        _about(who)
    with password, errors.shown():
        _password(who)
    with remembered, errors.shown():
        memory.draw(who)
        my_conversations.draw()
    with sessions, errors.shown():
        my_sessions.draw(who)
    with keys, errors.shown():
        my_keys.draw(who)


def _about(who: Principal) -> None:
    with st.form("profile_about", width=480):
        name = st.text_input(_("Name"), who.name, max_chars=100, autocomplete="name")
        languages = list(LANGUAGES)
        place = languages.index(session.locale())
        locale = st.selectbox(_("Language"), languages, place, format_func=LANGUAGES.__getitem__)
        sent = st.form_submit_button(_("Save"), type="primary")
    st.caption(
        _("Light or dark: open the menu at the top right, then choose a theme. It follows your system by default.")
    )
    if sent:
        session.services().accounts.update_profile(who, name, locale)
        session.choose_locale(locale)
        session.put("profile_saved", True)
        st.rerun()
    if session.take("profile_saved"):
        st.toast(_("Saved."), icon=":material/check:")


def _password(who: Principal) -> None:
    with st.container(width=480):
        given = account_forms.new_password("profile_password", current=True)
    st.caption(_("A new password ends your other sessions."))
    if given:
        session.services().accounts.change_password(who, *given)
        st.success(_("Your password is changed. Your other sessions have ended."))
