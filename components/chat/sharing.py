"""The dialog in which a conversation is shared: with whom, what they will not see, and taking it back."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import errors, session
from components.i18n import _, ngettext
from components.markup import plain
from core.entities.conversations import Colleague, Share
from core.entities.messages import Conversation


def draw(conversation: Conversation) -> None:
    st.caption(
        _("Colleagues can read it, and what is said in it later. Turns that cite what they may not read are withheld.")
    )
    _add(conversation)
    shares = session.services().sharing.readers(session.principal(), conversation.id)
    if not shares:
        st.caption(_("Nobody else can read it."))
    for share in shares:
        _reader(conversation, share)
    if shares:
        st.caption(_("They find it in their list under “Shared with me”."))


def _add(conversation: Conversation) -> None:
    text = st.text_input(
        _("Colleague"), key="sharing_text", placeholder=_("Name or e-mail"), icon=":material/person_search:"
    )
    found = session.services().sharing.colleagues(session.principal(), text or "")
    if text and not found:
        st.caption(_("Nobody was found. Write at least two letters of a name or an e-mail."))
    for colleague in found:
        _candidate(conversation, colleague)


def _candidate(conversation: Conversation, colleague: Colleague) -> None:
    share = session.services().sharing.preview(session.principal(), conversation.id, colleague.id)
    with st.container(horizontal=True, vertical_alignment="center", key=f"sharing_found_{colleague.id}"):
        _person(colleague, _seen(share))
        st.button(
            _("Let read"),
            type="primary",
            key=f"sharing_add_{colleague.id}",
            on_click=errors.kept(_share),
            args=(conversation.id, colleague.id),
        )


def _reader(conversation: Conversation, share: Share) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"sharing_{share.colleague.id}"):
        _person(share.colleague, _seen(share))
        st.button(
            _("Take back"),
            key=f"sharing_remove_{share.colleague.id}",
            on_click=errors.kept(_revoke),
            args=(conversation.id, share.colleague.id),
        )


def _person(colleague: Colleague, seen: str) -> None:
    with st.container(width="stretch", gap=None):
        st.markdown(f"**{plain(colleague.name or colleague.email)}** :gray[{plain(colleague.email)}]")
        st.caption(seen)


def _seen(share: Share) -> str:
    if not share.withheld:
        return _("Sees everything.")
    return ngettext(
        "Does not see %(n)s turn of %(turns)s: it cites documents closed to them.",
        "Does not see %(n)s turns of %(turns)s: they cite documents closed to them.",
        share.withheld,
        turns=share.turns,
    )


def _share(conversation_id: UUID, colleague_id: UUID) -> None:
    session.services().sharing.share(session.principal(), conversation_id, colleague_id)
    session.put("sharing_text", "")


def _revoke(conversation_id: UUID, colleague_id: UUID) -> None:
    session.services().sharing.revoke(session.principal(), conversation_id, colleague_id)
