"""The end of everything a person said to the assistant, when they want it."""

from __future__ import annotations

import streamlit as st

from components import errors, session
from components.i18n import _, ngettext


def draw() -> None:
    st.subheader(_("My conversations"), anchor=False)
    st.caption(_("Deletes every conversation with its messages, those in the trash and shared ones too, at once."))
    if st.button(_("Delete all my conversations"), icon=":material/delete_forever:", key="my_conversations_forget"):
        st.dialog(_("Delete all your conversations?"))(_forget)()


def _forget() -> None:
    st.markdown(
        _("They will be gone for good: nobody can bring them back. What was remembered of them is listed above.")
    )
    if st.button(_("Delete for good"), type="primary", key="my_conversations_forget_all"):
        with errors.shown():
            count = session.services().conversations.forget(session.principal())
            st.toast(
                ngettext("%(n)s conversation is deleted.", "%(n)s conversations are deleted.", count),
                icon=":material/check:",
            )
            st.rerun()
