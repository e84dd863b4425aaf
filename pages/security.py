"""What guardrails have stopped; for administrators also the rules and the limits of roles."""

from __future__ import annotations

import streamlit as st

from components import errors, navigation, session
from components.i18n import _
from components.security import guard_rules, role_limits, security_events
from core.roles import Permission


def render() -> None:
    who = session.require(Permission.PROFILE)
    if not who.may(Permission.SYSTEM):
        navigation.title(_("Security"), _("Your messages and answers that a rule has stopped, newest first."))
        security_events.draw(who)
        return
    navigation.title(_("Security"), _("What was stopped, by which rules, and how much each role may ask."))
    events, rules, limits = st.tabs([_("Events"), _("Rules"), _("Limits")])
    with events, errors.shown():
        security_events.draw(who)
    with rules, errors.shown():
        guard_rules.draw(who)
    with limits, errors.shown():
        role_limits.draw(who)
