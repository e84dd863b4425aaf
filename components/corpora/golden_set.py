"""The golden set of a collection: import, by hand, completing what a chat brought, export."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import streamlit as st

from components import dropzone, errors, session, tables
from components.corpora import words as corpus_words
from components.i18n import N_, _, ngettext
from components.markup import plain, short
from core.entities.corpora import Collection
from core.entities.evaluation import GoldenQuestion, NewGolden
from core.entities.people import Principal
from core.entities.retrieval import Passage
from core.roles import Permission

_CANDIDATES = 6
_FORMATS = ("json", "jsonl", "csv", "tsv")
_ORIGINS = {"by hand": N_("by hand"), "chat": N_("thumbs-down in a chat")}


def draw(who: Principal, collection: Collection) -> None:
    questions = session.services().golden.list(who, collection.name)
    if who.may(Permission.CORPORA_MANAGE):
        _bring(collection)
        _edit(collection, questions)
    if questions:
        _table(questions)
        _export(who, collection)


# --- bringing questions in ------------------------------------------------------------------------------------------


def _bring(collection: Collection) -> None:
    with st.container(horizontal=True):
        if st.button(_("Add a question"), icon=":material/add:", key="golden_add"):
            st.dialog(_("Add a question"), width="large")(_add)(collection)
        if st.button(_("Import a file"), icon=":material/upload_file:", key="golden_import"):
            st.dialog(_("Import a file"))(_import)(collection)


def _add(collection: Collection) -> None:
    with st.form("golden_form", border=False):
        question = st.text_input(_("Question"), max_chars=4_000)
        document, passage, answer = _expected("golden_new", NewGolden(""))
        sent = st.form_submit_button(_("Add"), type="primary")
    if sent:
        with errors.shown():
            new = NewGolden(question.strip(), document.strip(), passage.strip(), answer.strip())
            session.services().golden.add(session.principal(), collection.name, new)
            st.rerun()


def _expected(name: str, start: NewGolden) -> tuple[str, str, str]:
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


def _import(collection: Collection) -> None:
    st.caption(_("SQuAD, JSON lines or CSV with the columns question, document, passage, answer, language."))
    with st.container(key="golden_upload"):
        file = st.file_uploader(_("File"), type=list(_FORMATS), key="golden_file", label_visibility="collapsed")
        dropzone.speak("golden_upload", _FORMATS)
    if st.button(_("Import"), type="primary", disabled=file is None, key="golden_import_go") and file is not None:
        with errors.shown():
            done = session.services().golden.import_file(session.principal(), collection.name, file.name, file)
            parts = [ngettext("%(n)s question was added.", "%(n)s questions were added.", done.added)]
            if done.known:
                parts.append(ngettext("%(n)s was there already.", "%(n)s were there already.", done.known))
            session.put("golden_done", " ".join(parts))
            st.rerun()


# --- changing one ---------------------------------------------------------------------------------------------------


def _edit(collection: Collection, questions: Sequence[GoldenQuestion]) -> None:
    done = session.take("golden_done")
    if done:
        st.success(done, icon=":material/check:")
    waiting = [one for one in questions if one.open]
    if waiting:
        st.markdown(f"**{_('Waiting to be completed')}**")
    for one in waiting[:10]:
        with st.container(horizontal=True, vertical_alignment="center", key=f"golden_open_{one.id}"):
            st.markdown(plain(short(one.question, 160)), width="stretch")
            if st.button(_("Complete"), key=f"golden_complete_{one.id}", icon=":material/edit:"):
                _open(collection, one)
            _remove_button(collection, one)
    ready = [one for one in questions if not one.open]
    if ready:
        with st.popover(_("Change a question"), icon=":material/edit:"):
            place = st.selectbox(
                _("Question"), range(len(ready)), key="golden_chosen",
                format_func=lambda n: short(ready[n].question, 120),
            )  # fmt: skip
            chosen = ready[place or 0]
            with st.container(horizontal=True):
                if st.button(_("Change"), key="golden_change", icon=":material/edit:"):
                    _open(collection, chosen)
                _remove_button(collection, chosen)


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
    document, passage, answer = _expected(name, one)
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


def _remove_button(collection: Collection, one: GoldenQuestion) -> None:
    st.button(
        _("Remove"), key=f"golden_remove_{one.id}", icon=":material/delete:", type="tertiary",
        on_click=errors.kept(_remove), args=(collection.name, one.id),
    )  # fmt: skip


def _remove(name: str, question_id: UUID) -> None:
    session.services().golden.remove(session.principal(), name, [question_id])


# --- looking and taking out -----------------------------------------------------------------------------------------


def _table(questions: Sequence[GoldenQuestion]) -> None:
    columns = [
        tables.Column("question", _("Question"), width="large"),
        tables.Column("language", _("Language"), width="small"),
        tables.Column("document", _("Document")),
        tables.Column("passage", _("Passage")),
        tables.Column("answer", _("Answer")),
        tables.Column("origin", _("From")),
        tables.Column("at", _("Added"), "time"),
    ]
    rows: list[tables.Row] = [
        {
            "question": one.question,
            "language": corpus_words.language(one.language) if one.language else "",
            "document": one.document,
            "passage": short(one.passage, 300),
            "answer": one.answer,
            "origin": _(_ORIGINS.get(one.origin, one.origin)) if one.origin else "",
            "at": one.created_at,
        }
        for one in questions
    ]
    tables.draw("golden_questions", columns, rows)


def _export(who: Principal, collection: Collection) -> None:
    golden = session.services().golden
    forms: dict[Any, str] = {"jsonl": "application/jsonl", "csv": "text/csv"}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("The whole set, to import elsewhere"))
        for form, mime in forms.items():
            st.download_button(
                form.upper(), partial(golden.export, who, collection.name, form),
                file_name=f"golden-{collection.name}.{form}", mime=mime, key=f"golden_export_{form}",
                icon=":material/download:", type="tertiary", on_click="ignore",
            )  # fmt: skip
