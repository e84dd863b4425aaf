"""The door to the voice assistant, which is served beside this interface under the same sign-in."""

from __future__ import annotations

import streamlit as st

from components import navigation, session, speech_servers
from components.i18n import _
from core.roles import Permission

_HEIGHT = 620


def render() -> None:
    principal = session.require(Permission.VOICE)
    navigation.title(_("Voice"), _("Speak or type: the answers come from the same collections, under the same rights."))
    theme = "dark" if st.context.theme.type == "dark" else "light"
    address = f"/voice/?__theme={theme}&lang={session.locale()}"
    with st.container(horizontal=True):
        st.link_button(_("Open in its own tab"), address, icon=":material/open_in_new:")
        if principal.may(Permission.SYSTEM):
            speech_servers.button()
    with st.container(key="talk_screen"):
        st.iframe(address, height=_HEIGHT, alt=_("Voice"))
