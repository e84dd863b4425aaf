"""Administrators: who waits for approval, who has which role, and the mails that went out."""

from __future__ import annotations

import streamlit as st

from components import errors, navigation, session
from components.i18n import _
from components.people import allowlist, outbox, roster
from core.roles import Permission


def render() -> None:
    who = session.require(Permission.PEOPLE)
    navigation.title(_("People"), _("A change of role or status acts at once, in every open session."))
    everyone, allowed, letters = st.tabs([_("People"), _("Allowlist"), _("Outbox")])
    with everyone, errors.shown():
        roster.draw(who)
    with allowed, errors.shown():
        allowlist.draw(who)
    with letters, errors.shown():
        outbox.draw(who)
