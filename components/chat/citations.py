"""Citations as numbered chips; a click opens the passage on its page."""

from __future__ import annotations

import re
from contextlib import suppress
from uuid import UUID

import streamlit as st

from components import errors, session
from components.documents import document_file
from components.i18n import _, percent
from components.markup import harmless, plain, short
from core.entities.messages import Message
from core.entities.retrieval import Citation
from core.errors import NichewiseError

_MARK = re.compile(r"\s?\[(\d{1,3})\](?!\()")
_CHIP = 42  # characters of a title


def marked(text: str) -> str:
    """An answer's Markdown with its `[n]` as small badges."""
    return _MARK.sub(r" :primary-badge[\1]", harmless(text))


def chips(message: Message) -> None:
    """One chip for each citation of `message`."""
    if not message.citations:
        return
    with st.container(horizontal=True, gap="small", key=f"chips_{message.id}"):
        for citation in message.citations:
            if st.button(
                _label(citation),
                key=f"citation_{message.id}_{citation.n}",
                icon=":material/format_quote:" if citation.text else ":material/lock:",
                help=_("Show the passage") if citation.text else _("This document is deleted or closed to you."),
                disabled=not citation.text,
            ):
                _open(citation)


def _label(citation: Citation) -> str:
    where = f" · {_('p. %(page)s', page=citation.page)}" if citation.page else ""
    return f"**{citation.n}** {plain(short(citation.title, _CHIP))}{where}"


def _open(citation: Citation) -> None:
    title = f"{citation.n} · {plain(short(citation.title, 80))}"
    st.dialog(title, width="large", icon=":material/format_quote:")(_passage)(citation)


def _passage(citation: Citation) -> None:
    with errors.shown():
        page = _page(citation)
        if page is None:
            _words(citation)
            return
        image, words = st.columns([1.7, 1], gap="medium")
        with image, st.container(border=True, key="passage_page"):
            st.image(page, width="stretch", alt=_("Page %(page)s with the passage marked", page=citation.page))
        with words:
            _words(citation)


def _words(citation: Citation) -> None:
    st.caption(" · ".join(_facts(citation)))
    st.markdown(harmless(citation.text))
    if citation.document_id is not None:
        _whole(citation.document_id)


def _whole(document_id: UUID) -> None:
    """The document itself, for who wants to read on."""
    with suppress(NichewiseError):  # gone or closed meanwhile: the passage is what is left of it
        who = session.principal()
        document = session.services().documents.get(who, document_id)
        document_file.button(who, document, "passage_document", _("Download the document"))


def _facts(citation: Citation) -> list[str]:
    facts = [_("Version %(version)s", version=citation.document_version)]
    if citation.page:
        facts.insert(0, _("Page %(page)s", page=citation.page))
    if citation.score:
        facts.append(_("Score %(score)s", score=percent(citation.score)))
    return facts


def _page(citation: Citation) -> bytes | None:
    """The page as a PNG with the passage marked; None where the format has no pages or the file is gone."""
    if citation.document_id is None or not citation.page:
        return None
    try:
        return session.services().documents.page_image(
            session.principal(), citation.document_id, citation.page, citation.text
        )
    except NichewiseError:
        return None  # the passage itself is there, and is shown instead
