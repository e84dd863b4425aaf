"""The mails that went out, for those who pass them on by hand and those who look why one did not arrive."""

from __future__ import annotations

import streamlit as st

from components import session
from components.i18n import N_, _, date_time
from components.markup import plain
from core.entities.people import Principal

_STATES = {"waiting": N_("waits"), "sent": N_("sent"), "failed": N_("not sent")}


def draw(who: Principal) -> None:
    if session.services().settings.smtp_url is None:
        st.info(
            _("No mail server is set up: read the letters here and pass them on. NICHEWISE_SMTP_URL sends them."),
            icon=":material/mail:",
        )
    letters = session.services().mail.list(who)
    if not letters:
        st.caption(_("No letters yet."))
    for letter in letters:
        about = (letter.subject, letter.recipient, _(_STATES[letter.status]), date_time(letter.created_at))
        with st.expander(plain(" · ".join(about))):
            st.text(letter.body or _("The text is deleted once a letter is sent."))
            if letter.error:
                told = _("The last try failed. The mail server said: %(error)s", error=plain(letter.error))
                st.caption(f":material/warning: {told}")
