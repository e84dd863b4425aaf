"""The retrieval lab: one question, both legs, what became of them, and the knobs that change it at once."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import errors, session, tables
from components.corpora import retrieval_form, retrieval_tuning
from components.corpora import words as corpus_words
from components.i18n import N_, _, ngettext, number
from components.markup import plain, short
from core.entities.corpora import Collection
from core.entities.evaluation import LegHit, Trace
from core.entities.people import Principal
from core.entities.retrieval import Passage

_NAME = "lab"
_STEPS = {
    "embedding": N_("question embedded"),
    "permission": N_("what may be read"),
    "words": N_("words"),
    "vectors": N_("meaning"),
    "ranking": N_("fusion and texts"),
    "evidence": N_("evidence"),
    "context": N_("context for the answer"),
}


def render(who: Principal, collection: Collection) -> None:
    lab = session.services().lab
    in_use = lab.settings(who, collection.name)
    name = f"{_NAME}_{collection.name}"
    retrieval_tuning.take_found(name)
    question = st.text_input(
        _("Question"), key=f"{name}_question", icon=":material/search:",
        placeholder=_("Type a question and press Enter"),
    )  # fmt: skip
    # What was found stands next to the question; whoever turns the knobs opens them above it.
    with st.expander(_("Settings"), icon=":material/tune:", key="lab_settings"):
        chosen = retrieval_form.draw(name, in_use)
        k = st.slider(_("Passages"), 1, 30, 10, key=f"{name}_k")
        retrieval_tuning.draw(who, collection, name, chosen, in_use)
    if chosen != in_use:
        told = _("Tried here, not in use: %(settings)s", settings=retrieval_form.summary(chosen))
        st.caption(f":material/science: {told}")
    if not question.strip():
        st.caption(_("You see what words and meaning find, how they are fused, and whether it is enough."))
        return
    with errors.shown():
        _results(lab.trace(who, collection.name, question, int(k), chosen))


# --- what was found -------------------------------------------------------------------------------------------------


def _results(trace: Trace) -> None:
    _verdict(trace)
    for note in _notes(trace):
        st.caption(note)
    st.markdown(f"**{_('Fused')}**")
    tables.draw(
        "lab_fused", _fused_columns(trace), [_fused_row(n, one) for n, one in enumerate(trace.retrieval.passages, 1)]
    )
    words, meaning = st.columns(2, gap="medium")
    with words:
        st.markdown(f"**{_('Words')}**")
        _leg("lab_words", trace.lexical, "BM25")
    with meaning:
        st.markdown(f"**{_('Meaning')}**")
        if trace.vector is None:
            st.caption(_("The embedding model has no say in this question: it does not speak its language."))
        else:
            _leg("lab_meaning", trace.vector, _("cosine"))
    _context(trace)
    _timings(trace)


def _verdict(trace: Trace) -> None:
    found = trace.retrieval
    with st.container(horizontal=True, gap="large"):
        st.metric(_("Evidence"), number(found.evidence, 2), width="content")
        st.metric(_("Threshold"), number(found.threshold, 2), width="content")
        st.metric(_("Search, ms"), number(sum(trace.timings.values()), 1), width="content")
        st.metric(_("Language"), corpus_words.language(found.language) if found.language else "–", width="content")
    if found.answerable:
        st.success(_("There is enough evidence: the assistant would answer."), icon=":material/check_circle:")
    else:
        st.warning(_("There is too little evidence: the assistant would refuse."), icon=":material/block:")


def _notes(trace: Trace) -> list[str]:
    found, answer = trace.retrieval, trace.for_answer
    notes = [
        _("Few enough chunks may be read here: every one was scored.")
        if trace.exhaustive
        else _("Both legs were looked through until enough permitted passages were found.")
    ]
    if found.degraded:
        notes.append(_("The embedding model could not be used: words alone decided."))
    if trace.settings.rerank and not found.reranked:
        notes.append(_("The cross-encoder could not be used: the fusion decided."))
    if found.collapsed:
        notes.append(
            ngettext("%(n)s near-duplicate was left out.", "%(n)s near-duplicates were left out.", found.collapsed)
        )
    if answer.merged:
        notes.append(
            ngettext(
                "%(n)s passage was joined to its neighbour.", "%(n)s passages were joined to neighbours.", answer.merged
            )
        )
    return notes


def _fused_columns(trace: Trace) -> list[tables.Column]:
    columns = [
        tables.Column("rank", "#", "number", "small"),
        tables.Column("score", _("Score"), "number", "small"),
        tables.Column("words", _("Words, rank"), "number"),
        tables.Column("meaning", _("Meaning, rank"), "number"),
        tables.Column("cosine", _("cosine"), "number", "small"),
    ]
    if trace.retrieval.reranked:
        columns.append(tables.Column("rerank", _("Cross-encoder"), "number", "small"))
    if trace.retrieval.collapsed:
        columns.append(tables.Column("copies", _("Near-duplicates"), "number", "small"))
    return [*columns, tables.Column("title", _("Document")), tables.Column("text", _("Passage"), width="large")]


def _fused_row(rank: int, passage: Passage) -> tables.Row:
    return {
        "rank": rank,
        "score": round(passage.score, 3),
        "words": passage.lexical,
        "meaning": passage.vector,
        "cosine": None if passage.similarity is None else round(passage.similarity, 3),
        "rerank": None if passage.rerank is None else round(passage.rerank, 3),
        "copies": passage.copies,
        "title": _place(passage),
        "text": short(passage.text, 400),
    }


def _leg(name: str, hits: Sequence[LegHit], unit: str) -> None:
    columns = [
        tables.Column("rank", "#", "number", "small"),
        tables.Column("score", unit, "number", "small"),
        tables.Column("text", _("Passage")),
    ]
    rows: list[tables.Row] = [
        {
            "rank": hit.rank,
            "score": round(hit.score, 3),
            "text": f"{_place(hit.passage)}: {short(hit.passage.text, 200)}",
        }
        for hit in hits
    ]
    tables.draw(name, columns, rows, empty=_("This leg finds nothing."), search=False)


def _place(passage: Passage) -> str:
    return (
        passage.title if passage.page is None else _("%(title)s, p. %(page)s", title=passage.title, page=passage.page)
    )


def _context(trace: Trace) -> None:
    answer = trace.for_answer
    title = _(
        "What the answer would be written from: %(tokens)s of %(budget)s tokens",
        tokens=number(answer.tokens),
        budget=number(answer.budget or 0),
    )
    with st.expander(title, icon=":material/segment:"):
        for n, passage in enumerate(answer.passages, start=1):
            st.markdown(f"**[{n}] {plain(_place(passage))}**")
            st.text(passage.text)
        for passage in answer.dropped:
            st.caption(_("Does not fit any more: %(title)s", title=plain(_place(passage))))
        for copy, original in trace.copies:
            st.caption(
                _(
                    "Left out: %(copy)s says the same as %(original)s",
                    copy=plain(_place(copy)),
                    original=plain(_place(original)),
                )
            )


def _timings(trace: Trace) -> None:
    rows: list[tables.Row] = [
        {"step": _(_STEPS[name]) if name in _STEPS else name, "ms": round(took, 2)}
        for name, took in trace.timings.items()
    ]
    with st.expander(_("Time by step"), icon=":material/timer:"):
        columns = [tables.Column("step", _("Step")), tables.Column("ms", _("Milliseconds"), "number")]
        tables.draw("lab_timings", columns, rows, search=False)
