"""What people think of answers, for those who make them better: which, why, and nothing of what was said."""

from __future__ import annotations

import streamlit as st

from components import collection_titles, session
from components.chat import turn_options
from components.chat.judging import REASONS
from components.i18n import N_, _, date_time
from core.entities.conversations import Judged
from core.entities.people import Principal

_SHOWN = {"all": N_("All"), "down": N_("Not helpful"), "up": N_("Helpful")}
_HELPFUL = {"all": None, "down": False, "up": True}
_PAGE = 50


def draw(who: Principal) -> None:
    which = st.segmented_control(
        _("Show"),
        list(_SHOWN),
        format_func=lambda one: _(_SHOWN[one]),
        default="all",
        key="feedback_which",
        required=True,
        label_visibility="collapsed",
    )
    most = int(session.get("feedback_most", _PAGE))
    found, total = session.services().feedback.recent(who, helpful=_HELPFUL[which or "all"], limit=most)
    if not found:
        st.caption(_("Nobody has judged an answer yet. Thumbs stand under every answer of the assistant."))
        return
    st.dataframe([_row(one) for one in found], hide_index=True, width="stretch")
    if total > most:
        st.button(_("Show more"), key="feedback_more", on_click=session.put, args=("feedback_most", most + _PAGE))


def _row(one: Judged) -> dict[str, str]:
    feedback = one.feedback
    return {
        _("When"): date_time(feedback.at),
        _("Verdict"): _("Helpful") if feedback.helpful else _("Not helpful"),
        _("Reason"): _(REASONS[feedback.reason]) if feedback.reason else "",
        _("Note"): feedback.note,
        _("Scenario"): turn_options.scenario_title(one.scenario),
        _("Collection"): collection_titles.by_name(one.collection) if one.collection else "",
        _("Model"): " · ".join(dict.fromkeys(part for part in (one.provider, one.model) if part)),
    }
