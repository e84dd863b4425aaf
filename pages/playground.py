"""The playground: one question to up to four configurations side by side."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import errors, navigation, session
from components.i18n import _
from components.playground import columns as playground_columns
from components.playground import form as playground_form
from components.playground import judge as playground_judge
from components.playground import shelf, sweep
from core.entities.people import Principal
from core.errors import NotFound
from core.roles import Permission


def render() -> None:
    who = session.require(Permission.PLAYGROUND)
    st.html(navigation.ASSETS / "playground.css")
    presets = session.services().presets.list(who)
    with st.container(horizontal=True, vertical_alignment="bottom", key="playground_head"):
        with st.container(width="stretch"):
            navigation.title(_("Playground"), _("The same question, answered side by side; each column for itself."))
        shelf.draw(who, presets)
    experiment_id = _shown()
    _fill(who, experiment_id)
    playground_form.draw(who, presets, _run)
    if experiment_id is not None:
        with errors.shown():
            _result(who, experiment_id)


def _result(who: Principal, experiment_id: UUID) -> None:
    try:
        experiment = session.services().playground.state(who, experiment_id)
    except NotFound:
        del st.query_params["run"]
        raise
    blind = playground_judge.blind(who, experiment)
    playground_columns.draw(who, experiment, blind=blind)
    playground_judge.draw(who, experiment, blind=blind)
    if not blind:
        sweep.draw(who, experiment)


def _fill(who: Principal, experiment_id: UUID | None) -> None:
    """After a reload, or at an address that somebody sent, the form shows what was asked there."""
    if experiment_id is None or session.get("playground_question") or session.get("playground_filled") == experiment_id:
        return
    session.put("playground_filled", experiment_id)
    try:
        playground_form.fill(session.services().playground.state(who, experiment_id))
    except NotFound:
        return  # the result says so


def _run(who: Principal) -> None:
    started = session.services().playground.start(who, playground_form.comparison())
    st.query_params["run"] = str(started)


def _shown() -> UUID | None:
    """The experiment that the address names, so that it survives a reload and can be sent to somebody."""
    try:
        return UUID(st.query_params.get("run", ""))
    except ValueError:
        return None
