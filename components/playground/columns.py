"""The columns of a comparison: texts while they are written, what was measured, and the passages all were given."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import streamlit as st

from components import errors, session
from components.i18n import _, number
from components.markup import harmless, plain
from components.playground import measures as playground_measures
from core.entities.messages import Action
from core.entities.people import Principal
from core.entities.playground import Attempt, Experiment, Lane

_FRAME_S = 0.02
_CURSOR = " ▍"
_LETTERS = "ABCD"
_SOURCES_PX = 380


def order(experiment: Experiment, *, blind: bool) -> list[int]:
    """In which order columns are shown: as configured, or shuffled where nobody may know which is which."""
    places = list(range(len(experiment.lanes)))
    if blind:
        random.Random(experiment.id.int).shuffle(places)  # noqa: S311 - the same order at every rerun, no secret
    return places


def draw(who: Principal, experiment: Experiment, *, blind: bool) -> None:
    """Draws all columns; while they are written it stays with them, and reruns the page when they have ended."""
    shown = order(experiment, blind=blind)
    if not any(lane.attempts for lane in experiment.lanes):
        st.caption(_("Not yet answered. Change what you like and run it."))
        return
    if experiment.running:
        _live(who, experiment, shown, blind=blind)
        return
    refusal = refused_by_all(experiment)
    if refusal:
        st.info(harmless(refusal), icon=":material/search_off:")
        st.caption(_("No model was asked: without passages there is nothing to answer from. Choose another "
            "collection, or switch “Answer from the collection” off in the columns."))  # fmt: skip
        return
    measured = playground_measures.tables(experiment)
    for place, (number_, column) in zip(st.columns(len(shown)), enumerate(shown), strict=True):
        lane = experiment.lanes[column]
        with place, st.container(border=True, height="stretch", key=f"playground_result_{number_}"):
            _head(lane, number_, blind=blind)
            _answer(lane.attempts[-1], blind=blind)
            if not blind:
                with st.container(key=f"playground_measures_{number_}"):
                    st.html(measured[column])
    _sources(experiment)


def refused_by_all(experiment: Experiment) -> str:
    """The refusal, where the collection had no answer for any column; said once, it needs no columns."""
    last = [lane.attempts[-1] for lane in experiment.lanes if lane.attempts]
    asked = any(one.window is not None or one.action is not Action.REFUSE or one.error for one in last)
    return "" if asked or len({one.text for one in last}) != 1 else last[0].text


def _live(who: Principal, experiment: Experiment, shown: Sequence[int], *, blind: bool) -> None:
    places, stops = [], []
    for place, (number_, column) in zip(st.columns(len(shown)), enumerate(shown), strict=True):
        with place, st.container(border=True, height="stretch", key=f"playground_result_{number_}"):
            _head(experiment.lanes[column], number_, blind=blind)
            places.append(st.empty())
            stops.append(st.empty())
            if not _over(experiment, column):
                with stops[-1]:
                    _stop_button(experiment, column)
    playground, drawn = session.services().playground, [""] * len(shown)
    while experiment.running:
        for slot, column in enumerate(shown):
            text = _growing(experiment.lanes[column], experiment.repeats)
            if text != drawn[slot]:
                places[slot].markdown(text)
                drawn[slot] = text
                if _over(experiment, column):
                    stops[slot].empty()
        time.sleep(_FRAME_S)
        experiment = playground.state(who, experiment.id)
    playground.wait(experiment.id, 5)
    st.rerun()


def _over(experiment: Experiment, column: int) -> bool:
    attempts = experiment.lanes[column].attempts
    return attempts[-1].ended and (len(attempts) == experiment.repeats or attempts[-1].status == "stopped")


def _stop_button(experiment: Experiment, column: int) -> None:
    st.button(
        _("Stop"),
        icon=":material/stop_circle:",
        key=f"playground_stop_{column}",
        on_click=errors.kept(_stop),
        args=(experiment, column),
    )


def _stop(experiment: Experiment, column: int) -> None:
    session.services().playground.stop(session.principal(), experiment.id, column)


def _growing(lane: Lane, repeats: int) -> str:
    attempt = lane.attempts[-1]
    if attempt.status == "failed":
        return f":red[:material/error: {plain(attempt.error)}]"
    turn = _("%(done)s of %(total)s", done=len(lane.attempts), total=repeats) if repeats > 1 else ""
    if attempt.text:
        return f"{turn}\n\n{harmless(attempt.text)}{'' if attempt.ended else _CURSOR}".strip()
    if attempt.ended:
        return f":gray[:material/stop_circle: {_stopped(attempt)}]"
    if attempt.place:
        return f":gray[:material/hourglass_empty: {_('Waits for the server, place %(n)s', n=number(attempt.place))}]"
    seconds = number(attempt.took_ms / 1000)
    return f":gray[:material/hourglass_empty: {_('Reading and thinking… %(n)s s', n=seconds)}]"


def _head(lane: Lane, number_: int, *, blind: bool) -> None:
    if blind:
        st.markdown(f"**{_('Answer %(letter)s', letter=_LETTERS[number_])}**")
    else:
        playground_measures.head(lane, number_)


def _answer(attempt: Attempt, *, blind: bool) -> None:
    if attempt.replaced and not blind:
        told = _("The model cited no passage. What it wrote was replaced by quotes or a refusal.")
        st.caption(f":material/published_with_changes: {told}")
    if attempt.text and attempt.action is Action.REFUSE:
        st.info(harmless(attempt.text), icon=":material/search_off:")
    elif attempt.text:
        st.markdown(harmless(attempt.text))
    if attempt.status == "failed":
        st.error(plain(attempt.error), icon=":material/error:")
    if attempt.status == "stopped":
        st.caption(f":material/stop_circle: {_stopped(attempt)}")


def _stopped(attempt: Attempt) -> str:
    return _("Stopped. What was written is kept.") if attempt.text else _("Stopped before the first word.")


def _sources(experiment: Experiment) -> None:
    if not experiment.sources:
        return
    title = _("Passages that all columns were given (%(n)s)", n=len(experiment.sources))
    with st.expander(title, icon=":material/format_quote:"), st.container(height=_SOURCES_PX, border=False):
        for source in experiment.sources:
            page = _("page %(n)s", n=source.page) if source.page else ""
            st.markdown(f"**[{source.n}] {plain(source.title)}** {page}")
            text = " ".join(source.text.split())  # as one piece: here it is only looked over
            st.caption(plain(text) or _("You may not read this document, or it is gone."))
