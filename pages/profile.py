"""The person's own page: name and language, password, sessions, API keys."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import streamlit as st

from components import account_forms, devices, errors, memory, my_conversations, navigation, session
from components.i18n import LANGUAGES, _, ago, date_time
from components.markup import plain, short
from core.entities.people import ApiKey, Principal, Session
from core.roles import Permission

_DEVICE = 60


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
        _sessions(who)
    with keys, errors.shown():
        _keys(who)


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


def _sessions(who: Principal) -> None:
    st.caption(_("Browsers and programs that are signed in as you."))
    mine = session.services().sessions.mine(who)
    for one in mine:
        _session(who, one)
    if len(mine) > 1 and st.button(_("End all other sessions"), icon=":material/logout:", key="profile_end_others"):
        session.services().sessions.revoke_others(who)
        st.rerun()


def _session(who: Principal, one: Session) -> None:
    here = one.id == who.session_id
    kind = _("Browser") if one.kind == "browser" else _("Access token")
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container():
            this = f" :primary-badge[{_('this session')}]" if here else ""
            device = short(devices.named(one.user_agent), _DEVICE) or _("Unknown device")
            st.markdown(f"**{kind}**{this}  \n{plain(device)}")
            st.caption(
                _("Last used %(ago)s · since %(since)s", ago=ago(one.last_seen_at), since=date_time(one.created_at))
            )
        if not here:
            st.button(_("End"), key=f"profile_end_{one.id}", on_click=errors.kept(_end), args=(one.id,))


def _end(session_id: UUID) -> None:
    session.services().sessions.revoke(session.principal(), session_id)


def _keys(who: Principal) -> None:
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
        st.code(secret, language=None)
    for key in session.services().keys.list(who):
        _key(key)


def _end_of(days: int) -> datetime | None:
    return datetime.combine(datetime.now(UTC) + timedelta(days=days), time.max, UTC) if days else None


def _key(key: ApiKey) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container():
            st.markdown(f"**{plain(key.name)}** `{key.prefix}…`")
            used = ago(key.last_used_at) if key.last_used_at else _("never")
            until = date_time(key.expires_at) if key.expires_at else _("no end")
            st.caption(_("Last used: %(used)s · valid until: %(until)s", used=used, until=until))
        st.button(_("Revoke"), key=f"profile_revoke_{key.id}", on_click=errors.kept(_revoke), args=(key.id,))


def _revoke(key_id: UUID) -> None:
    session.services().keys.revoke(session.principal(), key_id)
