"""The assistant before the first question: the greeting of who comes back, and questions to begin with."""

from __future__ import annotations

import streamlit as st

from components import errors, session
from components.chat import greeting
from components.i18n import N_, _
from core.entities.people import Principal
from core.roles import Permission

_EXAMPLES = (
    N_("What is Nichewise for?"),
    N_("How do I upload a document?"),
    N_("Top 5 niches by average revenue"),
    N_("Which files can be read?"),
)
_FOR_GUESTS = (N_("How do I get access?"), N_("I want to register"))
_CHOSEN = "assistant_example"


def draw(who: Principal) -> None:
    with errors.shown():
        greeting.render(who)
    with st.container(key="assistant_empty"):
        st.title(_("What would you like to know?"), anchor=False)
        if who.may(Permission.CHAT_DOCUMENTS):
            st.caption(
                _("Answers quote the documents of the collection you choose. Without evidence there is no answer.")
            )
        else:
            st.caption(_("As a guest you can ask about the service. Sign in to ask your company's documents."))
        with st.container(horizontal=True, horizontal_alignment="center", gap="small"):
            for number, example in enumerate(_EXAMPLES if who.user_id else (*_EXAMPLES[:2], *_FOR_GUESTS)):
                st.button(_(example), key=f"assistant_example_{number}", on_click=_use, args=(_(example),))
            if who.user_id is None:
                st.button(_("Sign in"), icon=":material/login:", key="assistant_sign_in", on_click=session.leave_guest)


def _use(example: str) -> None:
    session.put(_CHOSEN, example)


def chosen() -> str | None:
    """The question that was pressed, once."""
    question: str | None = session.take(_CHOSEN)
    return question
