"""The administrators' form of what each role may ask: messages a minute, tokens a day."""

from __future__ import annotations

import streamlit as st

from components import errors, navigation, session
from components.i18n import _
from core.entities.guards import RoleLimit
from core.entities.people import Principal
from services.chat.limits import MOST_PER_MINUTE, MOST_TOKENS


def draw(who: Principal) -> None:
    st.caption(
        _("Counted for all processes together; a day ends at midnight UTC. An empty number of tokens is no quota.")
    )
    limits = session.services().limits
    for limit in limits.all(who):
        _form(who, limit)


def _form(who: Principal, limit: RoleLimit) -> None:
    with st.form(f"security_limit_{limit.role}"):
        st.markdown(f"**{_(navigation.ROLES[limit.role])}**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            per_minute = st.number_input(_("Messages a minute"), 1, MOST_PER_MINUTE, limit.per_minute)
            tokens = st.number_input(
                _("Tokens a day"), 1, MOST_TOKENS, limit.tokens_per_day, step=1000, placeholder=_("no quota")
            )
            saved = st.form_submit_button(_("Save"), icon=":material/save:")
    if saved:
        with errors.shown():
            changed = RoleLimit(limit.role, int(per_minute), None if tokens is None else int(tokens))
            session.services().limits.change(who, changed)
            st.toast(_("Saved. It acts at once."), icon=":material/check:")
