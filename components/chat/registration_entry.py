"""The end of a registration in the chat: signs in who may enter at once, and leads to the figures of their niche."""

from __future__ import annotations

import streamlit as st

from components import session, ticket
from components.i18n import _
from components.niches.address import link
from core.entities.messages import Message
from core.entities.people import Principal
from core.errors import NotFound
from core.roles import Permission


def draw(who: Principal, message: Message) -> None:
    """To be called under the last answer of a conversation; draws nothing where no registration has ended in it."""
    fields = message.content.fields
    if fields.get("account") not in ("active", "pending"):
        return
    if who.user_id is None and fields["account"] == "active":
        _enter(who, message)
    elif fields.get("niche") and who.may(Permission.NICHES):
        st.link_button(
            _("Open the figures: %(niche)s", niche=str(fields["niche_title"])),
            f"/{link('niches', niche=str(fields['niche']))}",
            icon=":material/query_stats:",
            type="primary",
        )


def _enter(who: Principal, message: Message) -> None:
    """Once, in the browser that registered; later it takes the password."""
    try:
        user = session.services().registration.enter(who, message.conversation_id)
    except NotFound:
        st.button(_("Sign in"), type="primary", key="registration_sign_in", on_click=session.leave_guest)
    else:
        ticket.redirect(user)
