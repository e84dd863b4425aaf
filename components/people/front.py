"""What stands around the forms of the sign-in page: what the product is, the demo accounts, the way in for guests."""

from __future__ import annotations

import streamlit as st

from components import navigation, session
from components.i18n import _


def hero() -> None:
    with st.container(key="sign_in_hero"):
        st.title(_("Answers you can check"), anchor=False)
        st.markdown(_("Nichewise is your company's analytics workbench."))
        with st.container(key="sign_in_points"):
            for icon, text in (
                ("format_quote", _("Ask your documents and get answers with the page they come from.")),
                ("query_stats", _("Look up a business niche and read what is known about it.")),
                ("verified_user", _("What you may read is all that you see: nothing leaves this company.")),
            ):
                st.markdown(f":material/{icon}: {text}")


def demo_accounts() -> None:
    settings = session.services().settings
    if settings.production or not settings.with_demo:
        return
    with st.expander(_("Demo accounts"), icon=":material/science:"):
        st.markdown(
            _(
                "This installation has demo accounts for every role. Their passwords, and the administrator's, "
                "are in the file `first-run.txt` in the data folder."
            )
        )


def below() -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.button(
            _("Ask the FAQ as a guest"),
            icon=":material/forum:",
            type="tertiary",
            key="sign_in_guest",
            on_click=session.enter_as_guest,
        )
        navigation.language_switch()
