"""The golden set of a collection: import, by hand, export."""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import streamlit as st

from components import dropzone, errors, session, tables
from components.corpora import golden_edit
from components.corpora import words as corpus_words
from components.i18n import _, ngettext
from components.markup import short
from core.entities.corpora import Collection
from core.entities.evaluation import GoldenQuestion, NewGolden
from core.entities.people import Principal
from core.roles import Permission

_FORMATS = ("json", "jsonl", "csv", "tsv")


def draw(who: Principal, collection: Collection) -> None:
    questions = session.services().golden.list(who, collection.name)
    if who.may(Permission.CORPORA_MANAGE):
        _bring(collection)
        if done := session.take("golden_done"):
            st.success(done, icon=":material/check:")
    lost = session.services().golden.lost(who, collection.name, questions)
    golden_edit.draw(who, collection, questions, lost)
    if questions:
        _table(questions, lost)
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
        document, passage, answer = golden_edit.expected("golden_new", NewGolden(""))
        sent = st.form_submit_button(_("Add"), type="primary")
    if sent:
        with errors.shown():
            new = NewGolden(question.strip(), document.strip(), passage.strip(), answer.strip())
            session.services().golden.add(session.principal(), collection.name, new)
            st.rerun()


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


# --- looking and taking out -----------------------------------------------------------------------------------------


def _table(questions: Sequence[GoldenQuestion], lost: Container[UUID]) -> None:
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
            "document": f"{one.document} ({_('gone')})" if one.id in lost else one.document,
            "passage": short(one.passage, 300),
            "answer": one.answer,
            "origin": golden_edit.origin(one.origin),
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
