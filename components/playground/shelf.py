"""Saved experiments: open, ask again, delete; and the presets that came of them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import buttons, errors, parameters, session
from components.i18n import _, date_time
from components.markup import plain, short
from components.playground import form as playground_form
from core.entities.people import Principal
from core.entities.playground import Experiment, Preset
from core.roles import Permission

_TITLE = 60


def draw(who: Principal, presets: Sequence[Preset]) -> None:
    with st.popover(_("Experiments"), icon=":material/folder_open:", key="playground_shelf"), errors.shown():
        saved = session.services().playground.list(who)
        if not saved:
            st.caption(_("Nothing is saved yet. Run a comparison, then save it with the button under the columns."))
        for experiment in saved:
            _row(who, experiment)
        if presets:
            st.markdown(f"**{_('Presets')}**")
        for preset in presets:
            _preset(who, preset)


def _row(who: Principal, experiment: Experiment) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"playground_saved_{experiment.id}"):
        mine = experiment.owner_id == who.user_id
        whose = date_time(experiment.updated_at) if mine else plain(experiment.owner)
        with st.container(width="stretch", gap=None):
            st.button(
                f"**{plain(short(experiment.title, _TITLE))}**  \n:gray[{whose}]", type="tertiary",
                key=f"playground_open_{experiment.id}", on_click=errors.kept(_open), args=(experiment,),
            )  # fmt: skip
        buttons.icon(_("Ask again"), "refresh", f"again_{experiment.id}", _again, experiment)
        if mine:
            buttons.delete(f"experiment_{experiment.id}", _delete, experiment)


def _preset(who: Principal, preset: Preset) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"playground_preset_{preset.id}"):
        chosen = preset.configuration
        model = " ".join((playground_form.label(chosen.provider or "auto"), chosen.model or ""))
        about = " · ".join(filter(None, (model, parameters.said(chosen.params), preset.created_by)))
        st.markdown(f"**{plain(short(preset.name, _TITLE))}**  \n:gray[{plain(about)}]", width="stretch")
        if preset.owner_id == who.user_id or who.may(Permission.SYSTEM):
            buttons.delete(f"preset_{preset.id}", _drop, preset)


def _drop(preset: Preset) -> None:
    session.services().presets.drop(session.principal(), preset.id)


def _open(experiment: Experiment) -> None:
    st.query_params["run"] = str(experiment.id)
    playground_form.fill(experiment)


def _again(experiment: Experiment) -> None:
    copy = session.services().playground.duplicate(session.principal(), experiment.id)
    st.query_params["run"] = str(copy)
    playground_form.fill(experiment)


def _delete(experiment: Experiment) -> None:
    session.services().playground.delete(session.principal(), experiment.id)
    if st.query_params.get("run") == str(experiment.id):
        del st.query_params["run"]
