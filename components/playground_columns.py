"""The columns of a comparison: texts while they are written, what was measured, and the passages all were given."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Any

import streamlit as st

from components import errors, playground_form, session
from components.i18n import _, number
from components.markup import harmless, plain
from core.entities.messages import Action
from core.entities.people import Principal
from core.entities.playground import Attempt, Experiment, Lane
from services.trials import agreement

_FRAME_S = 0.02
_CURSOR = " ▍"
_LETTERS = "ABCD"


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
    for place, (number_, column) in zip(st.columns(len(shown)), enumerate(shown), strict=True):
        lane = experiment.lanes[column]
        with place, st.container(border=True, key=f"playground_result_{number_}"):
            _head(lane, number_, blind=blind)
            _answer(lane.attempts[-1])
            if not blind:
                _measures(lane)
    _sources(experiment)


def _live(who: Principal, experiment: Experiment, shown: Sequence[int], *, blind: bool) -> None:
    places = []
    for place, (number_, column) in zip(st.columns(len(shown)), enumerate(shown), strict=True):
        with place, st.container(border=True, key=f"playground_result_{number_}"):
            _head(experiment.lanes[column], number_, blind=blind)
            places.append(st.empty())
            if not experiment.lanes[column].attempts[-1].ended:
                _stop_button(experiment, column)
    playground, drawn = session.services().playground, [""] * len(shown)
    while experiment.running:
        for slot, column in enumerate(shown):
            text = _growing(experiment.lanes[column], experiment.repeats)
            if text != drawn[slot]:
                places[slot].markdown(text)
                drawn[slot] = text
        time.sleep(_FRAME_S)
        experiment = playground.state(who, experiment.id)
    playground.wait(experiment.id, 5)
    st.rerun()


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
        return f":gray[{_('Stopped. What was written is kept.')}]"
    if attempt.place:
        return f":gray[:material/hourglass_empty: {_('Waits for the server, place %(n)s', n=number(attempt.place))}]"
    seconds = number(attempt.took_ms / 1000)
    return f":gray[:material/hourglass_empty: {_('Reading and thinking… %(n)s s', n=seconds)}]"


def _head(lane: Lane, number_: int, *, blind: bool) -> None:
    if blind:
        st.markdown(f"**{_('Answer %(letter)s', letter=_LETTERS[number_])}**")
        return
    chosen = lane.configuration
    answered = lane.attempts[-1] if lane.attempts else Attempt()
    who = playground_form.label(answered.provider or chosen.provider or "auto")
    model = answered.model if answered.model != answered.provider else ""
    st.markdown(f"**{plain(who)}** {plain(model)}")
    params = " · ".join(f"{name} {value}" for name, value in chosen.params.items())
    st.caption(plain(params) if params else _("The provider's own parameters"))


def _answer(attempt: Attempt) -> None:
    if attempt.text and attempt.action is Action.REFUSE:
        st.info(harmless(attempt.text), icon=":material/search_off:")
    elif attempt.text:
        st.markdown(harmless(attempt.text))
    if attempt.status == "failed":
        st.error(plain(attempt.error), icon=":material/error:")
    if attempt.status == "stopped":
        st.caption(f":material/stop_circle: {_('Stopped. What was written is kept.')}")


def _measures(lane: Lane) -> None:
    """Time, tokens, cost and parameters; with repeats their mean and standard deviation."""
    attempts = lane.attempts
    last = attempts[-1]
    rows = [
        (_("First token"), _seconds([one.first_ms for one in attempts if one.first_ms is not None])),
        (_("Whole answer"), _seconds([one.took_ms for one in attempts])),
        (_("Tokens"), _tokens(last)),
        (_("Cost"), number(last.cost, 6) if last.cost is not None else ""),
        (_("Characters"), _spread([float(len(one.text)) for one in attempts], 0)),
        (_("Agreement"), _agreement([one.text for one in attempts if one.status == "done"])),
        (_("Applied"), ", ".join(last.applied)),
        (_("Ignored"), f"<b>{', '.join(last.ignored)}</b>" if last.ignored else ""),
        (_("Context window"), number(last.window) if last.window else ""),
        (_("Passages without room"), number(last.dropped) if last.dropped else ""),
    ]
    lines = [f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in rows if value]
    st.html(f"<table class='playground-measures'>{''.join(lines)}</table>")


def _seconds(values: Sequence[int]) -> str:
    return _("%(n)s s", n=_spread([value / 1000 for value in values], 2)) if values else ""


def _spread(values: Sequence[float], digits: int) -> str:
    if len(values) < 2:
        return number(values[0], digits) if values else ""
    return f"{number(fmean(values), digits)} ± {number(stdev(values), digits)}"


def _tokens(attempt: Attempt) -> str:
    total = attempt.usage.prompt_tokens + attempt.usage.completion_tokens
    if not total:
        return ""
    parts = f"{number(attempt.usage.prompt_tokens)} + {number(attempt.usage.completion_tokens)}"
    return f"{parts} ({_('estimated')})" if attempt.usage.estimated else parts


def _agreement(texts: list[str]) -> str:
    alike: Any = agreement(texts)
    return "" if alike is None else number(alike, 2)


def _sources(experiment: Experiment) -> None:
    if not experiment.sources:
        return
    title = _("Passages that all columns were given (%(n)s)", n=len(experiment.sources))
    with st.expander(title, icon=":material/format_quote:"):
        for source in experiment.sources:
            page = _("page %(n)s", n=source.page) if source.page else ""
            st.markdown(f"**[{source.n}]** {plain(source.title)} {page}")
            st.caption(plain(source.text) or _("You may not read this document, or it is gone."))
