"""What is remembered of one's conversations: each summary, deleting them, and the switch that ends it."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import buttons, errors, session
from components.i18n import N_, _, date_time
from components.markup import harmless, plain
from core.entities.people import Principal
from core.entities.registration import Summary

_MOST = 50
_ENDED = {
    "cleared": N_("the dialogue was put away"),
    "sign_out": N_("you signed out"),
    "expired": N_("the session ended"),
}


def draw(who: Principal) -> None:
    st.caption(
        _("When you sign out or put a dialogue away, its key points are noted: for your return and for later answers.")
    )
    summaries = session.services().summaries
    st.toggle(
        _("Remember my conversations"),
        value=summaries.remembers(who),
        key="memory_remember",
        on_change=errors.kept(_remember),
    )
    kept = summaries.latest(who, limit=_MOST)
    if not kept:
        st.caption(_("Nothing is remembered yet."))
        return
    for summary in kept:
        _summary(summary)
    if st.button(_("Forget everything"), icon=":material/delete_sweep:", key="memory_forget"):
        st.dialog(_("Forget everything?"))(_forget)()


def _summary(summary: Summary) -> None:
    with st.container(border=True, key=f"memory_{summary.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(summary.title)}**", width="stretch")
            buttons.delete(f"memory_{summary.id}", _delete, summary.id)
        st.markdown(harmless(summary.text))
        by = f"{summary.provider} {summary.model}".strip() or _("picked out without a language model")
        st.caption(f"{date_time(summary.created_at)} · {_(_ENDED[summary.ended_by])} · {plain(by)}")


def _remember() -> None:
    session.services().summaries.remember(session.principal(), bool(session.get("memory_remember")))


def _delete(summary_id: UUID) -> None:
    session.services().summaries.delete(session.principal(), summary_id)


def _forget() -> None:
    st.markdown(_("All summaries will be gone for good; the conversations stay."))
    if st.button(_("Forget everything"), type="primary", key="memory_forget_all"):
        with errors.shown():
            session.services().summaries.forget(session.principal())
            st.rerun()
