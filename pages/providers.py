"""Providers: whether model servers answer, their keys and models, prices, and who may use what."""

from __future__ import annotations

import streamlit as st

from components import errors, navigation, provider_cards, provider_models, session
from components.i18n import _
from core.roles import Permission


def render() -> None:
    who = session.require(Permission.SYSTEM)
    navigation.title(_("Providers"), _("Model servers, as they answered just now."))
    st.button(_("Check again"), icon=":material/refresh:", key="providers_check")
    with st.spinner(_("Asking the servers…")):
        listed = session.services().providers.list(who)
    for status in listed:
        with errors.shown():
            provider_cards.draw(status)
    provider_models.pull(who)
    provider_models.defaults(who, listed)
    provider_models.rules(who, listed)
