"""Sweeps over temperature and top_p: starting one, its progress, and the heat map of what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import streamlit as st

from components import charts, errors, job_progress, session
from components.i18n import N_, _, ngettext
from components.playground import columns as playground_columns
from components.playground import judge as playground_judge
from core.entities.people import Principal
from core.entities.playground import Cell, Experiment
from core.errors import Forbidden, NotFound
from services import spreadsheets
from services.playground.sweeps import MOST_REPEATS
from services.retrieval.exams import MOST_ASKED

_TEMPERATURES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
_TOP_PS = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0)
_MEASURES = {
    "length": (N_("Length"), N_("characters"), ",.0f"),
    "latency": (N_("Whole answer"), N_("seconds"), ".2f"),
    "agreement": (N_("Agreement between repeats"), N_("share of words, 0 to 1"), ".2f"),
    "golden": (N_("Golden questions answered right"), N_("share of questions, 0 to 1"), ".2f"),
}
_SHARES = ("agreement", "golden")
_ROW_PX = 70


def draw(who: Principal, experiment: Experiment) -> None:
    if experiment.running or not any(lane.attempts for lane in experiment.lanes):
        return
    if playground_columns.refused_by_all(experiment) and not experiment.grid:
        return  # no model was asked, and none would be at any point
    with st.expander(_("Sweep over temperature and top p"), icon=":material/grid_on:", expanded=bool(experiment.grid)):
        if experiment.owner_id == who.user_id:
            columns = _swept(who, experiment)
            if columns:
                _form(who, experiment, columns)
            else:
                st.caption(_("None of these columns has a model that takes temperature or top p: every answer of a "
                    "sweep would be the same. Run the question with a language model first."))  # fmt: skip
        if experiment.sweep_id is not None:
            _progress(who, experiment)
        if any(cell.attempts for cell in experiment.grid):
            _map(experiment)


def _swept(who: Principal, experiment: Experiment) -> list[int]:
    """The columns whose provider applies what is varied; quotes of passages have no temperature."""
    takes = {one.name for one in session.services().providers.look(who) if {"temperature", "top_p"} & {*one.accepts}}
    asked = [lane.attempts[-1].provider if lane.attempts else "" for lane in experiment.lanes]
    return [n for n, lane in enumerate(experiment.lanes) if (asked[n] or lane.configuration.provider) in takes]


def _form(who: Principal, experiment: Experiment, columns: Sequence[int]) -> None:
    """`columns` are those that can be asked."""
    available = _golden_questions(who, experiment)
    st.caption(_("Asks the question of one column's model at every point of temperature and top p. It goes on in the "
        "background, also when you leave this page; an earlier sweep of this comparison is replaced."))  # fmt: skip
    before = {cell.temperature for cell in experiment.grid}, {cell.top_p for cell in experiment.grid}
    temperatures, top_ps = (sorted(one) for one in before)
    with st.form("playground_sweep", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            lane = st.selectbox(
                _("Model of"), columns, format_func=lambda n: playground_judge.column_name(experiment, n), width=380
            )
            repeats = st.number_input(_("Repeats"), 1, MOST_REPEATS, 2, width=130)
            golden = 0
            if available:
                golden = st.number_input(
                    _("Golden questions at each point"), 0, min(available, MOST_ASKED), 0, width=240,
                    key="playground_sweep_golden",
                    help=_(
                        "Questions of the collection's golden set that the model answers too. An answer is right when "
                        "it contains the expected short answer; where none is written down, when it cites the "
                        "expected passage."
                    ),
                )  # fmt: skip
        left, right = st.columns(2)
        with left:
            temperatures = st.multiselect(
                _("Temperature"), _offered(_TEMPERATURES, temperatures), temperatures or [0.0, 0.5, 1.0],
                select_all=False,
            )  # fmt: skip
        with right:
            top_ps = st.multiselect(
                _("Top p"), _offered(_TOP_PS, top_ps), top_ps or [0.5, 0.9], select_all=False
            )  # fmt: skip
        if st.form_submit_button(_("Start the sweep"), icon=":material/play_arrow:", type="primary"):
            with errors.shown():
                chosen = columns[0] if lane is None else lane
                session.services().sweeps.start(
                    session.principal(), experiment.id, chosen, temperatures, top_ps, int(repeats), int(golden)
                )
                st.rerun()


def _offered(usual: Sequence[float], chosen: Sequence[float]) -> list[float]:
    return sorted({*usual, *chosen})


def _golden_questions(who: Principal, experiment: Experiment) -> int:
    """How many the golden set of the experiment's collection has; 0 where there is none to be read."""
    try:
        return session.services().golden.count(who, experiment.collection).total if experiment.collection else 0
    except (NotFound, Forbidden):
        return 0


def _progress(who: Principal, experiment: Experiment) -> None:
    def load() -> list[job_progress.Progress]:
        job = session.services().sweeps.progress(session.principal(), run_id)
        return [
            job_progress.Progress(
                title=_("Sweep"),
                stage=_("asking") if job.status == "running" else _("waits"),
                done=job.done,
                total=job.total,
                started_at=job.created_at,
                ended=job.status in ("done", "failed", "cancelled"),
            )
        ]

    run_id: Any = experiment.sweep_id
    try:
        job = session.services().sweeps.progress(who, run_id)
    except NotFound:  # it is shared: the job is another person's
        return
    if job.status in ("waiting", "running"):
        job_progress.draw(load)
        st.button(
            _("Cancel"), icon=":material/stop_circle:", key="playground_sweep_cancel",
            on_click=errors.kept(_cancel), args=(run_id,),
        )  # fmt: skip
    elif job.status == "failed":
        st.error(job.error, icon=":material/error:")
    elif job.status == "cancelled":
        st.caption(_("Cancelled. What was measured is kept."))


def _cancel(run_id: Any) -> None:
    session.services().sweeps.cancel(session.principal(), run_id)


def _map(experiment: Experiment) -> None:
    measure = st.segmented_control(
        _("Measure"),
        [one for one in _MEASURES if one != "golden" or any(cell.golden_asked for cell in experiment.grid)],
        default="length",
        format_func=lambda one: _(_MEASURES[one][0]),
        key="playground_measure",
        required=True,
    )
    _heat(experiment, measure or "length")
    measured = [cell for cell in experiment.grid if cell.attempts]
    answers = sum(len(cell.attempts) + cell.golden_asked for cell in measured)
    failed = sum(one.status == "failed" for cell in measured for one in cell.attempts)
    said = ngettext("%(n)s answer was measured.", "%(n)s answers were measured.", answers)
    if failed:
        said = f"{said} {ngettext('%(n)s failed and does not count.', '%(n)s failed and do not count.', failed)}"
    st.caption(said)


def _heat(experiment: Experiment, chosen: str) -> None:
    import plotly.graph_objects as go  # at first use: it takes a third of a second

    temperatures = sorted({cell.temperature for cell in experiment.grid})
    top_ps = sorted({cell.top_p for cell in experiment.grid})
    values = {(cell.temperature, cell.top_p): value(cell, chosen) for cell in experiment.grid}
    rows = [[values.get((temperature, top_p)) for temperature in temperatures] for top_p in top_ps]
    _title, named, form = _MEASURES[chosen]
    unit = _(named)
    hover = f"{_('Temperature')} %{{x}}<br>{_('Top p')} %{{y}}<br>%{{z:{form}}} {unit}<extra></extra>"
    figure = go.Figure(
        go.Heatmap(
            x=[f"{one:g}" for one in temperatures], y=[f"{one:g}" for one in top_ps], z=rows,
            texttemplate=f"%{{z:{form}}}", textfont={"size": 15}, hovertemplate=hover, xgap=3, ygap=3,
            colorbar={"title": {"text": unit, "side": "right"}, "tickformat": form, "thickness": 14},
            autocolorscale=True,  # the theme's own
            **_range(rows, chosen),
        )
    )  # fmt: skip
    figure.update_layout(
        xaxis_title=_("Temperature"), yaxis_title=_("Top p"), height=120 + _ROW_PX * max(3, len(top_ps))
    )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", showgrid=False)
    charts.draw("playground_sweep", figure, _csv(experiment))


def _range(rows: Sequence[Sequence[float | None]], chosen: str) -> dict[str, float]:
    """Of the colours: shares have theirs, and equal values would make Plotly invent one."""
    known = [one for row in rows for one in row if one is not None]
    if chosen in _SHARES:
        return {"zmin": 0.0, "zmax": 1.0}
    return {"zmin": 0.0, "zmax": known[0] * 2 or 1.0} if len(set(known)) == 1 else {}


def value(cell: Cell, measure: str) -> float | None:
    """The mean over the attempts that succeeded; None where there is none."""
    done = [attempt for attempt in cell.attempts if attempt.status == "done"]
    if measure == "golden":
        return cell.golden
    if measure == "agreement" or not done:
        return cell.agreement if done else None
    if measure == "latency":
        return fmean(attempt.took_ms / 1000 for attempt in done)
    return fmean(len(attempt.text) for attempt in done)


def _csv(experiment: Experiment) -> bytes:
    rows = ([cell.temperature, cell.top_p, *(value(cell, one) for one in _MEASURES)] for cell in experiment.grid)
    return spreadsheets.as_csv(["temperature", "top_p", *_MEASURES], rows)
