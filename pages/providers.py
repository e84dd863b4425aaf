"""Providers: whether model servers answer, their keys and models, prices, and who may use what."""

from __future__ import annotations

import streamlit as st

from components import errors, navigation, session
from components.i18n import _
from components.providers import cards as provider_cards
from components.providers import models as provider_models
from core.roles import Permission

_FIRST_LOOK_S = 1.5


def render() -> None:
    who = session.require(Permission.SYSTEM)
    navigation.title(_("Providers"), _("Model servers, as they last answered."))
    again = st.button(_("Check again"), icon=":material/refresh:", key="providers_check")
    listed = session.services().providers.look(who, anew=again, seconds=_FIRST_LOOK_S)
    provider_cards.follow(listed)
    setup, roles, prices, fetch, accepted = st.tabs(
        [_("Set up and test"), _("Default by role"), _("Prices and permissions"), _("Fetch a model"), _("Parameters")]
    )
    with setup, errors.shown():
        provider_cards.settings(listed)
    with roles, errors.shown():
        provider_models.defaults(who, listed)
    with prices, errors.shown():
        provider_models.rules(who, listed)
    with fetch, errors.shown():
        provider_models.pull(who)
    with accepted, errors.shown():
        provider_cards.accepted(listed)
