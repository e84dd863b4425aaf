"""Where a person is signed in, and ending it there."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import errors, session
from components.i18n import _, ago, date_time
from components.markup import plain, short
from components.people import devices
from core.entities.people import Principal, Session

_DEVICE = 60  # characters


def draw(who: Principal) -> None:
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
