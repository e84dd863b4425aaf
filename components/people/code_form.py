"""The form of a one-time code: enter it, or have another one sent."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components import errors, session
from components.i18n import _
from components.markup import plain

_CODE = 20  # characters that the field takes: six digits, with blanks as they may be copied


def draw(email: str, back: Callable[..., None]) -> str | None:
    """Asks for the code that was mailed to `email`; the proof once the right one was entered. `back` is called by who
    wants to give another address."""
    st.markdown(_("A code is on its way to **%(email)s**. It is valid for ten minutes.", email=plain(email)))
    with st.form("code_form", border=False):
        code = st.text_input(
            _("Code from the mail"), max_chars=_CODE, autocomplete="one-time-code", placeholder="000000"
        )
        sent = st.form_submit_button(_("Confirm"), type="primary")
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(
            _("Send the code again"),
            type="tertiary",
            icon=":material/forward_to_inbox:",
            key="code_again",
            on_click=errors.kept(_send),
            args=(email,),
        )
        st.button(_("Another address"), type="tertiary", icon=":material/arrow_back:", key="code_back", on_click=back)
    return session.services().codes.verify(email, code, session.client()) if sent else None


def _send(email: str) -> None:
    session.services().codes.send(email, session.locale(), session.client())
