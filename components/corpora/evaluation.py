"""Evaluation of a collection: its golden set, runs of it, two runs side by side, and the gate before a publish."""

from __future__ import annotations

import streamlit as st

from components import errors, session
from components.corpora import evaluation_compare, evaluation_runs, golden_set
from components.corpora import words as corpus_words
from components.i18n import N_, _, ngettext, number
from core.entities.corpora import Collection
from core.entities.evaluation import GateRule, GoldenCount
from core.entities.people import Principal
from core.roles import Permission

_VIEWS = {
    "runs": N_("Runs"),
    "compare": N_("Compare"),
    "golden": N_("Golden set"),
    "gate": N_("Gate"),
}


def render(who: Principal, collection: Collection) -> None:
    count = session.services().golden.count(who, collection.name)
    _facts(count)
    start = "runs" if count.total else "golden"
    if session.get("evaluation_view") is None:
        session.put("evaluation_view", start)
    view = st.segmented_control(
        _("View"), list(_VIEWS), format_func=lambda one: _(_VIEWS[one]), key="evaluation_view",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    with errors.shown():
        match view:
            case "compare":
                evaluation_compare.draw(who, collection)
            case "golden":
                golden_set.draw(who, collection)
            case "gate":
                _gate(who, collection)
            case _:
                evaluation_runs.draw(who, collection, count)


def _facts(count: GoldenCount) -> None:
    if not count.total and not count.open:
        st.info(
            _("A golden set is a list of questions with what should be found for each. With one you see whether a "
              "re-index or other weights made search better or worse. Import one, or add questions by hand."),
            icon=":material/fact_check:",
        )  # fmt: skip
        return
    languages = ", ".join(
        f"{corpus_words.language(language) if language else '–'} {number(n)}"
        for language, n in sorted(count.ready.items())
    )
    parts = [ngettext("%(n)s golden question", "%(n)s golden questions", count.total)]
    if len(count.ready) > 1:
        parts.append(languages)
    if count.open:
        parts.append(ngettext("%(n)s waits to be completed", "%(n)s wait to be completed", count.open))
    st.caption(" · ".join(parts))


def _gate(who: Principal, collection: Collection) -> None:
    st.caption(
        _("Before a new version of the collection is published it can be asked to reach something on the golden set. "
          "What is left empty is not asked for.")
    )  # fmt: skip
    rule = session.services().gate.rule(who, collection.name)
    manages = who.may(Permission.CORPORA_MANAGE)
    with st.form("evaluation_gate", border=False):
        left, right = st.columns(2, vertical_alignment="bottom")
        least = left.number_input(
            _("Recall@5 of at least, %"), 0.0, 100.0, _percent(rule.least_recall), step=0.5, disabled=not manages,
            placeholder=_("not asked for"),
        )  # fmt: skip
        loss = right.number_input(
            _("At most so much below the active version, percentage points"), 0.0, 100.0, _percent(rule.most_loss),
            step=0.5, disabled=not manages, placeholder=_("not asked for"),
        )  # fmt: skip
        sent = st.form_submit_button(_("Save"), type="primary", disabled=not manages)
    if sent:
        wanted = GateRule(_share(least), _share(loss))
        session.services().gate.set_rule(session.principal(), collection.name, wanted)
        st.success(_("Saved."), icon=":material/check:")


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 2)


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100
