"""Saving what the retrieval lab found, and finding weights on the golden set."""

from __future__ import annotations

import streamlit as st

from components import charts, errors, session, tables
from components.corpora import retrieval_form
from components.i18n import _, number
from core.entities.corpora import Collection
from core.entities.evaluation import RetrievalSettings, Tuned
from core.entities.people import Principal
from core.roles import Permission


def draw(
    who: Principal, collection: Collection, name: str, chosen: RetrievalSettings, in_use: RetrievalSettings
) -> None:
    """What can be done with the `chosen` settings of the widgets called `name`."""
    if chosen != in_use:
        st.caption(_("In use: %(settings)s", settings=retrieval_form.summary(in_use)))
    with st.container(horizontal=True):
        wanted = False
        if who.may(Permission.CORPORA_MANAGE):
            _save(collection, chosen, in_use)
            wanted = _tune_button()
        if chosen != in_use:
            st.button(
                _("Back to what is in use"), icon=":material/undo:", type="tertiary", key=f"{name}_reset",
                on_click=retrieval_form.set_to, args=(name, in_use),
            )  # fmt: skip
    if session.take("lab_saved") is True:
        st.success(_("Saved. There is no golden set that could have judged it."), icon=":material/check:")
    if wanted:
        with errors.shown(), st.spinner(_("Asking the golden questions…")):
            session.put(f"{name}_tuned", session.services().tuning.tune(session.principal(), collection.name))
    found: Tuned | None = session.get(f"{name}_tuned")
    if found is not None:
        _tuned(found, name)


def take_found(name: str) -> None:
    """Before the widgets are drawn: afterwards their values can no longer be set."""
    found = session.take(f"{name}_found")
    if found is not None:
        retrieval_form.set_to(name, found)


def _save(collection: Collection, chosen: RetrievalSettings, in_use: RetrievalSettings) -> None:
    st.button(
        _("Save for the collection"), type="primary", icon=":material/save:", key="lab_save", disabled=chosen == in_use,
        on_click=errors.kept(_keep), args=(collection.name, chosen),
        help=_("The golden set is measured with what is in use and with this; it is saved only if it is no worse."),
    )  # fmt: skip


def _keep(name: str, chosen: RetrievalSettings) -> None:
    started = session.services().lab.save(session.principal(), name, chosen)
    if started is None:
        session.put("lab_saved", True)
    else:
        session.put("evaluation_view", "runs")
        st.query_params["tab"] = "evaluation"


def _tune_button() -> bool:
    return st.button(
        _("Find weights on the golden set"), icon=":material/tune:", key="lab_tune",
        help=_("Tries a small grid of weights and proposes the best; nothing is saved."),
    )  # fmt: skip


def _tuned(found: Tuned, name: str) -> None:
    st.markdown(f"**{_('The best of the grid')}** · {retrieval_form.summary(found.settings)}")
    columns = [tables.Column("who", _("Who decides")), tables.Column("mrr", "MRR@10", "number", "small")]
    rows: list[tables.Row] = [
        {"who": _("words alone"), "mrr": round(found.lexical, 4)},
        {"who": _("meaning alone"), "mrr": None if found.vector is None else round(found.vector, 4)},
        {"who": _("what is in use"), "mrr": round(found.now, 4)},
        {"who": _("the best of the grid"), "mrr": round(found.mrr, 4)},
        {"who": _("the same, chosen on one half and measured on the other"), "mrr": round(found.held_out, 4)},
    ]
    tables.draw("lab_tuned", columns, rows, search=False)
    _grid(found)
    st.button(
        _("Try these"), icon=":material/arrow_upward:", key="lab_try", on_click=session.put,
        args=(f"{name}_found", found.settings),
    )  # fmt: skip


def _grid(found: Tuned) -> None:
    import plotly.graph_objects as go  # at first use: it takes a third of a second

    shares = sorted({share for share, _constant in found.grid})
    constants = sorted({constant for _share, constant in found.grid})
    hover = f"{_('Weight of meaning')} %{{x}}<br>{_('Rank constant')} %{{y}}<br>MRR@10 %{{z:.3f}}<extra></extra>"
    figure = go.Figure(
        go.Heatmap(
            x=[number(share, 2) for share in shares], y=[str(one) for one in constants],
            z=[[found.grid[share, constant] for share in shares] for constant in constants],
            hovertemplate=hover, colorbar={"title": "MRR@10"}, xgap=2, ygap=2, autocolorscale=True,
        )
    )  # fmt: skip
    figure.update_layout(xaxis_title=_("Weight of meaning"), yaxis_title=_("Rank constant"), height=260)
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="category")
    lines = [
        "vector_weight,rank_constant,mrr_10",
        *(f"{a},{b},{mrr:.4f}" for (a, b), mrr in sorted(found.grid.items())),
    ]
    charts.draw("lab_grid", figure, "\n".join(lines).encode())
