"""What the assistant is told for each scenario and role, and what people think of its answers."""

from __future__ import annotations

import streamlit as st

from components import errors, navigation, session
from components.chat import feedback_table, system_prompts
from components.i18n import _
from core.roles import Permission


def render() -> None:
    who = session.require(Permission.SYSTEM)
    navigation.title(
        _("Instructions"), _("What the assistant is told before every question, and what people think of its answers.")
    )
    told, judged = st.tabs([_("System prompts"), _("Feedback")])
    with told, errors.shown():
        system_prompts.draw(who)
    with judged, errors.shown():
        feedback_table.draw(who)
