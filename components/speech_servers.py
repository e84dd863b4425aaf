"""Addresses and keys of the servers that hear and speak, for administrators."""

from __future__ import annotations

import streamlit as st

from components import errors, session
from components.i18n import _
from core.entities.voice import VoiceServer
from core.i18n import N_

_ABOUT = {
    "speech": N_(
        "A server with OpenAI's protocol recognises speech where there is no model on this machine, and reads aloud "
        "where ElevenLabs has no key. Recordings and answers are sent there."
    ),
    "elevenlabs": N_("With a key, answers are read aloud by ElevenLabs, and sent there. An address is rarely needed."),
}
_CHOICE = {"speech": N_("Model that recognises"), "elevenlabs": N_("Voice (its id)")}


def button() -> None:
    """Opens the dialog."""
    if st.button(_("Speech servers"), icon=":material/settings_voice:", key="talk_servers"):
        st.dialog(_("Speech servers"))(_draw)()


def _draw() -> None:
    for server in session.services().voice.servers(session.principal()):
        st.markdown(f"**{_('Speech server') if server.name == 'speech' else server.label}**")
        st.caption(_(_ABOUT[server.name]))
        _form(server)


def _form(server: VoiceServer) -> None:
    with st.form(f"talk_server_{server.name}"):
        address = st.text_input(_("Address"), server.address, placeholder="https://")
        choice = st.text_input(_(_CHOICE[server.name]), server.choice)
        placeholder = _("set, hidden") if server.key_set else _("none yet")
        key = st.text_input(_("Access key"), type="password", placeholder=placeholder, autocomplete="off")
        remove = st.checkbox(_("Remove the key that was set here")) if server.key_set else False
        saved = st.form_submit_button(_("Save"), type="primary")
    if saved:
        with errors.shown():
            given = "" if remove else (key or None)
            session.services().providers.configure(session.principal(), server.name, address, choice, given)
            st.toast(_("Saved. It acts at once."), icon=":material/check:")
            st.rerun()
