"""Changing a golden set: completing what a chat brought, mending what names a document that is gone, removing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from uuid import UUID

import streamlit as st

from components import errors, session
from components.i18n import N_, _, ngettext, number
from components.markup import plain, short
from core.entities.corpora import Collection
from core.entities.evaluation import GoldenQuestion, NewGolden
from core.entities.people import Principal
from core.entities.retrieval import Passage
from core.roles import Permission

_CANDIDATES = 6
_LISTED, _LISTED_GONE = 10, 3
_MOST_CHOICES = 50
_ORIGINS = {"by hand": N_("by hand"), "chat": N_("thumbs-down in a chat")}


def origin(stored: str) -> str:
    """Where a question came from: a file, or one of the product's own ways."""
    return _(_ORIGINS.get(stored, stored)) if stored else ""


def draw(who: Principal, collection: Collection, questions: Sequence[GoldenQuestion], lost: Container[UUID]) -> None:
    manages = who.may(Permission.CORPORA_MANAGE)
    waiting = [one for one in questions if one.open]
    if waiting and manages:
        st.markdown(f"**{_('Waiting to be completed')}**")
        _list(collection, waiting, _("Complete"), _LISTED)
    gone = [one for one in questions if one.id in lost]
    if gone:
        told = ngettext(
            "%(n)s question names a document that is not in the collection: no run can find it.",
            "%(n)s questions name documents that are not in the collection: no run can find them.",
            len(gone),
        )
        st.warning(told, icon=":material/unknown_document:")
    if manages and questions:
        if gone:
            _list(collection, gone, _("Change"), _LISTED_GONE)
        with st.container(horizontal=True):
            _change(collection, [one for one in questions if not one.open])
            if st.button(_("Remove questions"), icon=":material/delete:", key="golden_remove"):
                st.dialog(_("Remove questions"))(_remove_many)(collection, questions, lost)


def _list(collection: Collection, questions: Sequence[GoldenQuestion], action: str, most: int) -> None:
    for one in questions[:most]:
        with st.container(horizontal=True, vertical_alignment="center", key=f"golden_open_{one.id}"):
            st.markdown(plain(short(one.question, 160)), width="stretch")
            if st.button(action, key=f"golden_complete_{one.id}", icon=":material/edit:"):
                _open(collection, one)
            _remove_button(collection, one, f"golden_remove_{one.id}")
    if len(questions) > most:
        st.caption(_("and %(n)s more", n=number(len(questions) - most)))


def _change(collection: Collection, questions: Sequence[GoldenQuestion]) -> None:
    if not questions:
        return
    with st.popover(_("Change a question"), icon=":material/edit:"):
        words = st.text_input(_("Words of the question"), key="golden_find").casefold().split()
        found = [one for one in questions if all(word in one.question.casefold() for word in words)][:_MOST_CHOICES]
        if not found:
            st.caption(_("Nothing found."))
            return
        place = st.selectbox(
            _("Question"), range(len(found)), key=f"golden_chosen_{' '.join(words)}",
            format_func=lambda n: short(found[n].question, 120),
        )  # fmt: skip
        chosen = found[place or 0]
        with st.container(horizontal=True):
            if st.button(_("Change"), key="golden_change", icon=":material/edit:"):
                _open(collection, chosen)
            _remove_button(collection, chosen, "golden_remove_chosen")


def _remove_many(collection: Collection, questions: Sequence[GoldenQuestion], lost: Container[UUID]) -> None:
    """A whole file that was brought in, what a document took along, or all there is."""
    groups: dict[str, list[UUID]] = {}
    if gone := [one.id for one in questions if one.id in lost]:
        groups[_("Those that name a document which is gone")] = gone
    for name in Counter(one.origin for one in questions):
        title = _("From: %(origin)s", origin=origin(name) or "–")
        groups[title] = [one.id for one in questions if one.origin == name]
    groups[_("All of them")] = [one.id for one in questions]
    chosen = st.radio(_("Which ones?"), list(groups), format_func=lambda one: f"{one} · {number(len(groups[one]))}")
    st.caption(_("They go for good, with what runs said of them. Take the set home as a file first."))
    n = len(groups[chosen])
    if st.button(
        ngettext("Remove %(n)s question", "Remove %(n)s questions", n), type="primary", icon=":material/delete:",
        key="golden_remove_many",
    ):  # fmt: skip
        with errors.shown():
            removed = session.services().golden.remove(session.principal(), collection.name, groups[chosen])
            told = ngettext("%(n)s question was removed.", "%(n)s questions were removed.", removed)
            session.put("golden_done", told)
            st.rerun()


def _open(collection: Collection, one: GoldenQuestion) -> None:
    st.dialog(_("What should be found?"), width="large")(_complete)(collection, one)


def _complete(collection: Collection, one: GoldenQuestion) -> None:
    st.markdown(f"**{plain(one.question)}**")
    found = session.services().search.search(session.principal(), collection.name, one.question, _CANDIDATES).passages
    name = f"golden_{one.id}"
    if found:
        st.radio(
            _("Is it one of these?"), range(len(found)), index=None, key=f"{name}_candidate",
            format_func=lambda n: f"{found[n].title}: {short(found[n].text, 140)}",
            on_change=_take_candidate, args=(name, found),
        )  # fmt: skip
    document, passage, answer = expected(name, one)
    if st.button(_("Save"), type="primary", key=f"{name}_save"):
        with errors.shown():
            session.services().golden.complete(
                session.principal(), collection.name, one.id, document=document, passage=passage, answer=answer
            )
            st.rerun()


def _take_candidate(name: str, found: Sequence[Passage]) -> None:
    place = session.get(f"{name}_candidate")
    if place is not None:
        session.put(f"{name}_passage", found[place].text)
        session.put(f"{name}_document", found[place].title)


def _remove_button(collection: Collection, one: GoldenQuestion, key: str) -> None:
    st.button(
        _("Remove"), key=key, icon=":material/delete:", type="tertiary",
        on_click=errors.kept(_remove), args=(collection.name, one.id),
    )  # fmt: skip


def _remove(name: str, question_id: UUID) -> None:
    session.services().golden.remove(session.principal(), name, [question_id])


def expected(name: str, start: NewGolden) -> tuple[str, str, str]:
    """(document, passage, answer) as typed."""
    document = st.text_input(
        _("Document that should be found, title or file name"), start.document, max_chars=500, key=f"{name}_document"
    )
    passage = st.text_area(
        _("Passage that should be found"), start.passage, max_chars=20_000, key=f"{name}_passage",
        help=_("A passage counts as found when it shares at least half of its word sequences with this text."),
    )  # fmt: skip
    answer = st.text_input(
        _("Short answer, if there is one"), start.answer, max_chars=2_000, key=f"{name}_answer",
        help=_("Sweeps of the playground look for it in what models write."),
    )  # fmt: skip
    return document, passage, answer
