"""Quarantine on screen: what waits for an administrator, what was found in it, and letting it in or not."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import collection_titles, dialogs, errors, session
from components.i18n import N_, _, ago, ngettext
from components.markup import plain
from core.entities.ledger import Held
from core.entities.people import Principal
from core.entities.reading import FindingKind
from core.errors import NotFound
from core.roles import Permission

_KINDS = {
    FindingKind.WHITE: N_("Letters in the colour of the page"),
    FindingKind.TINY: N_("Letters too small to read"),
    FindingKind.OFF_PAGE: N_("Text outside the page"),
    FindingKind.HIDDEN: N_("Text that the file itself hides"),
    FindingKind.INSTRUCTION: N_("Orders to a language model"),
}
_LISTED = 5


def draw(who: Principal) -> None:
    """What waits for `who` to decide; nothing for those who do not decide."""
    if not who.may(Permission.CORPORA_MANAGE):
        return
    waiting = session.services().quarantine.waiting(who)
    if not waiting:
        return
    with st.container(border=True, key="documents_quarantine"):
        said = ngettext(
            "%(n)s document waits in quarantine for your decision.",
            "%(n)s documents wait in quarantine for your decision.",
            len(waiting),
        )
        st.markdown(f":material/shield: **{said}**")
        for held in waiting[:_LISTED]:
            _row(held)


def _row(held: Held) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"quarantine_{held.document_id}"):
        kinds = ", ".join(dict.fromkeys(_(_KINDS[one.kind]) for one in held.findings))
        facts = (collection_titles.by_name(held.collection), held.owner, ago(held.held_at), kinds)
        with st.container(width="stretch", gap="xxsmall"):
            st.markdown(f"**{plain(held.filename)}**")
            st.caption(plain(" · ".join(filter(None, facts))))
        key = f"documents_quarantine_{held.document_id}"
        if st.button(_("Review"), icon=":material/policy:", key=key):
            dialogs.ask("review", held.document_id)
            st.rerun()


def review(document_id: UUID) -> None:
    """The content of the dialog: the findings, and the two ways on."""
    with errors.shown():
        who = session.principal()
        held = next((one for one in session.services().quarantine.waiting(who) if one.document_id == document_id), None)
        if held is None:
            raise NotFound
        st.markdown(f"**{plain(held.filename)}** · {plain(collection_titles.by_name(held.collection))}")
        st.caption(
            _(
                "Nobody finds anything of this document until you decide. Let in, it is indexed without the text that "
                "it hides; orders to a model that everybody can see stay in it."
            )
        )
        for finding in held.findings:
            page = f" · {_('Page %(page)s', page=finding.page)}" if finding.page else ""
            st.markdown(f"**{_(_KINDS[finding.kind])}**{page}")
            st.code(finding.text, language=None, wrap_lines=True)
        _decide(document_id)


def _decide(document_id: UUID) -> None:
    quarantine = session.services().quarantine
    with st.container(horizontal=True):
        if st.button(_("Let it in"), icon=":material/check:", key="quarantine_release"):
            quarantine.release(session.principal(), document_id)
            st.rerun()
        if st.button(_("Delete it"), type="primary", icon=":material/delete:", key="quarantine_reject"):
            quarantine.reject(session.principal(), document_id)
            st.rerun()
