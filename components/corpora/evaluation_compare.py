"""Two runs of a golden set side by side: measures with their intervals, and the questions that got worse first."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import charts, session, tables
from components.corpora import evaluation_runs
from components.corpora import words as corpus_words
from components.i18n import N_, _, number
from components.markup import plain, short
from core.entities.corpora import Collection
from core.entities.evaluation import Change, Comparison, Evaluation, Interval, Outcome, Shown
from core.entities.people import Principal

_MEASURES = evaluation_runs.MEASURES
_SHOWN = {"worse": N_("worse"), "better": N_("better"), "same": N_("the same")}


def draw(who: Principal, collection: Collection) -> None:
    runs = [run for run in session.services().evaluation.runs(who, collection.name) if run.done and run.measures]
    if len(runs) < 2:
        st.caption(_("There is nothing to compare yet. Measure another version, or other settings."))
        return
    before, after = _chosen(runs)
    if before.id == after.id:
        st.caption(_("Choose two different runs."))
        return
    found = session.services().evaluation.comparison(who, collection.name, before.id, after.id)
    _verdict(found)
    _chart(found)
    _measures(found)
    _questions(who, collection, found)


def _chosen(runs: Sequence[Evaluation]) -> tuple[Evaluation, Evaluation]:
    """The newest run and what it was measured against, until somebody chooses otherwise."""
    ids = [run.id for run in runs]
    baseline = runs[0].baseline_id
    places = range(len(runs))
    left, right = st.columns(2)
    name = evaluation_runs.label
    with left:
        one = st.selectbox(
            _("Before"), places, index=ids.index(baseline) if baseline in ids else 1,
            format_func=lambda place: name(runs[place]), key="evaluation_before",
        )  # fmt: skip
    with right:
        other = st.selectbox(_("After"), places, format_func=lambda place: name(runs[place]), key="evaluation_after")
    return runs[one or 0], runs[other or 0]


def _verdict(found: Comparison) -> None:
    with st.container(horizontal=True, gap="large"):
        st.metric("MRR@10", _signed(found.difference), width="content")
        st.metric(_("Worse"), number(found.worse), width="content")
        st.metric(_("Better"), number(found.better), width="content")
        st.metric(_("The same"), number(found.same), width="content")
    words = {"p": number(found.p_value, 3)}
    if not (found.worse or found.better):
        st.caption(_("Both runs find the same at the same places."))
    elif found.significant:
        st.markdown(_("The difference is **significant** (paired randomisation test, p = %(p)s).", **words))
    else:
        st.markdown(_("The difference may be chance (paired randomisation test, p = %(p)s).", **words))


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value, 3)}"


def _chart(found: Comparison) -> None:
    import plotly.graph_objects as go  # at first use: it takes a third of a second

    figure = go.Figure()
    for title, run in ((_("Before"), found.before), (_("After"), found.after)):
        intervals: list[Interval] = [getattr(run.measures[""], key) for key in _MEASURES]
        figure.add_scatter(
            name=title, mode="markers", marker={"size": 10},
            x=list(_MEASURES.values()), y=[one.mean for one in intervals],
            error_y={
                "type": "data", "symmetric": False, "thickness": 1.5,
                "array": [one.high - one.mean for one in intervals],
                "arrayminus": [one.mean - one.low for one in intervals],
            },
            hovertemplate=f"{title}<br>%{{x}} %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(scattermode="group", scattergap=0.6, height=320, yaxis_title=_("share, with 95 % interval"))
    figure.update_xaxes(type="category")
    figure.update_yaxes(range=[max(0.0, _lowest(found) - 0.05), 1.02])  # or what they differ in would be a hair
    rows = _rows(found)
    charts.draw("evaluation_compare", figure, tables.as_csv(_columns(), rows))


def _lowest(found: Comparison) -> float:
    return min(float(getattr(run.measures[""], key).low) for run in (found.before, found.after) for key in _MEASURES)


def _columns() -> list[tables.Column]:
    return [
        tables.Column("language", _("Language")),
        tables.Column("measure", _("Measure")),
        tables.Column("before", _("Before"), "number"),
        tables.Column("before_interval", _("95 % interval")),
        tables.Column("after", _("After"), "number"),
        tables.Column("after_interval", _("95 % interval, after")),
        tables.Column("difference", _("Difference"), "number"),
        tables.Column("questions", _("Questions"), "number"),
    ]


def _rows(found: Comparison) -> list[tables.Row]:
    languages = [one for one in found.before.measures if one in found.after.measures]
    rows: list[tables.Row] = []
    for language in languages:
        before, after = found.before.measures[language], found.after.measures[language]
        for key, title in _MEASURES.items():
            one, other = getattr(before, key), getattr(after, key)
            rows.append(
                {
                    "language": corpus_words.language(language) if language else _("all"),
                    "measure": title,
                    "before": round(one.mean, 3),
                    "before_interval": _range(one),
                    "after": round(other.mean, 3),
                    "after_interval": _range(other),
                    "difference": round(other.mean - one.mean, 3),
                    "questions": after.questions,
                }
            )
    return rows


def _range(interval: Interval) -> str:
    return f"{number(interval.low, 3)} – {number(interval.high, 3)}"


def _measures(found: Comparison) -> None:
    with st.expander(_("All measures by language"), icon=":material/table:"):
        tables.draw("evaluation_measures", _columns(), _rows(found))


# --- questions ------------------------------------------------------------------------------------------------------


def _questions(who: Principal, collection: Collection, found: Comparison) -> None:
    columns = [
        tables.Column("question", _("Question"), width="large"),
        tables.Column("language", _("Language"), width="small"),
        tables.Column("before", _("Rank before"), "number", "small"),
        tables.Column("after", _("Rank after"), "number", "small"),
        tables.Column("change", _("Change")),
    ]
    st.markdown(f"**{_('Questions, the worst losses first')}**")
    tables.draw("evaluation_questions", columns, [_row(one) for one in found.changes])
    moved = [one for one in found.changes if one.loss] or list(found.changes)
    place = st.selectbox(
        _("Look at one"), range(len(moved)), key="evaluation_question",
        format_func=lambda n: f"{short(moved[n].question.question, 100)} · {_move(moved[n])}",
    )  # fmt: skip
    _rankings(who, collection, moved[place or 0])


def _row(one: Change) -> tables.Row:
    return {
        "question": one.question.question,
        "language": corpus_words.language(one.question.language),
        "before": one.before.rank,
        "after": one.after.rank,
        "change": _(_SHOWN["worse" if one.loss > 0 else "better" if one.loss < 0 else "same"]),
    }


def _move(one: Change) -> str:
    return f"{one.before.rank or '–'} → {one.after.rank or '–'}"


def _rankings(who: Principal, collection: Collection, one: Change) -> None:
    expected = one.question.passage or one.question.document
    st.caption(_("Expected: %(text)s", text=plain(short(expected, 300))))
    both = session.services().evaluation.rankings(who, collection.name, [one.before, one.after])
    columns = st.columns(2, gap="medium")
    sides = zip(columns, ((_("Before"), one.before), (_("After"), one.after)), both, strict=True)
    for column, (title, outcome), hits in sides:
        with column:
            _ranking(title, outcome, hits)


def _ranking(title: str, outcome: Outcome, hits: Sequence[Shown]) -> None:
    evidence = _("evidence %(value)s", value=number(outcome.evidence, 2))
    st.markdown(f"**{title}** · {evidence}")
    if not hits:
        st.caption(_("Nothing was found."))
    for hit in hits:
        mark = f" :green-badge[:material/check: {_('expected')}]" if hit.expected else ""
        if hit.text:
            st.markdown(f"{hit.rank}. **{plain(hit.title)}**{mark} {plain(short(hit.text, 160))}")
        else:
            st.caption(f"{hit.rank}. {_('The passage is gone, or you may not read it.')}")
