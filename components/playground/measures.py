"""What was measured of a column: its head, times, tokens, cost, and what became of its parameters, as small HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from statistics import fmean, stdev
from typing import Any

import streamlit as st

from components import parameters
from components.i18n import N_, _, number
from components.playground import form as playground_form
from core.entities.playground import Attempt, Experiment, Lane
from services.playground.trials import agreement

_MARGIN = 0.1


def head(lane: Lane, place: int) -> None:
    """The column's number, who was asked and with what. Where somebody stood in, both are named."""
    wanted, answered = lane.configuration, lane.attempts[-1] if lane.attempts else Attempt()
    who = playground_form.label(wanted.provider or "auto")
    really = answered.provider
    if really and really != wanted.provider:
        who = f"{who} → {playground_form.label(really)}"
    model = answered.model if answered.model != really else ""
    settings = [parameters.said(wanted.params) or _("The provider's own parameters")]
    settings += [_("own system prompt")] if wanted.instructions else []
    settings += [] if wanted.retrieval else [_("without documents")]
    lines = (f"{place + 1} · {who}", model or wanted.model or "\u00a0", " · ".join(settings))
    kinds = ("who", "model", "params")
    drawn = "".join(
        f"<div class='playground-{kind}' title='{escape(line, quote=True)}'>{escape(line)}</div>"
        for kind, line in zip(kinds, lines, strict=True)
    )
    st.html(f"<div class='playground-head'>{drawn}</div>")


def tables(experiment: Experiment) -> list[str]:
    """For each column times, tokens, cost and parameters as HTML, with repeats their mean and standard deviation. All
    have the same rows, so that the eye finds a figure at one height; the best of a row stands out."""
    measured = [_measured(experiment, lane) for lane in experiment.lanes]
    names = [name for name in measured[0] if any(one[name] for one in measured)]
    leading = {name: best([lane.attempts for lane in experiment.lanes], name) for name in _SMALLER_IS_BETTER}
    title = escape(_("The best of the columns"), quote=True)
    drawn = []
    for column, values in enumerate(measured):
        last = experiment.lanes[column].attempts[-1:]
        if last and last[0].window is None and last[0].status == "done":
            drawn.append(f"<div class='playground-params'>{_('No model was asked.')}</div>")
            continue
        lines = []
        for name in names:
            mark = f" class='playground-best' title='{title}'" if leading.get(name) == column else ""
            lines.append(f"<tr{mark}><td>{_(name)}</td><td>{values[name] or '–'}</td></tr>")
        drawn.append(f"<table class='playground-measures'>{''.join(lines)}</table>")
    return drawn


def _measured(experiment: Experiment, lane: Lane) -> dict[str, str]:
    """By its name each value of a column as HTML, empty where there is none."""
    attempts = lane.attempts
    last = attempts[-1] if attempts else Attempt()
    texts = [one.text for one in attempts if one.status == "done"]
    return {
        N_("First token"): _seconds([one.first_ms for one in attempts if one.first_ms is not None]),
        N_("Whole answer"): _seconds([one.took_ms for one in attempts]),
        N_("Tokens in"): _tokens(last.usage.prompt_tokens, last),
        N_("Tokens out"): _tokens(last.usage.completion_tokens, last),
        N_("Cost"): _cost(attempts),
        N_("Characters"): _spread([float(len(text)) for text in texts], 0),
        N_("Agreement"): _agreement(texts),
        N_("Passages cited"): _cited(experiment, last),
        N_("Applied"): parameters.names(last.applied),
        N_("Ignored"): f"<b>{parameters.names(last.ignored)}</b>" if last.ignored else "",
        N_("Context window"): number(last.window) if last.window else "",
        N_("Left out for want of room"): _left_out(experiment, last),
    }


def best(columns: Sequence[Sequence[Attempt]], name: str) -> int | None:
    """The column whose value is the smallest by a margin: a tenth of the next one's, and with repeats more than both
    spread. None where fewer than two have a value, or they are too close to say."""
    of = _SMALLER_IS_BETTER[name]
    found = [(fmean(values), n, values) for n, attempts in enumerate(columns) if (values := of(attempts))]
    if len(found) < 2:
        return None
    (least, column, values), (following, _n, others) = sorted(found)[:2]
    spread = sum(stdev(one) for one in (values, others) if len(one) > 1)
    return column if following - least > max(_MARGIN * following, spread) else None


def _firsts(attempts: Sequence[Attempt]) -> list[float]:
    return [one.first_ms for one in attempts if one.status == "done" and one.first_ms is not None]


def _wholes(attempts: Sequence[Attempt]) -> list[float]:
    return [one.took_ms for one in attempts if one.status == "done" and one.window is not None]


def _costs(attempts: Sequence[Attempt]) -> list[float]:
    return [one.cost for one in attempts if one.status == "done" and one.cost is not None]


_SMALLER_IS_BETTER: Mapping[str, Callable[[Sequence[Attempt]], list[float]]] = {
    "First token": _firsts,
    "Whole answer": _wholes,
    "Cost": _costs,
}


def _seconds(values: Sequence[int]) -> str:
    return _("%(n)s s", n=_spread([value / 1000 for value in values], 2)) if values else ""


def _spread(values: Sequence[float], digits: int) -> str:
    if len(values) < 2:
        return number(values[0], digits) if values else ""
    return f"{number(fmean(values), digits)} ± {number(stdev(values), digits)}"


def _tokens(count: int, attempt: Attempt) -> str:
    if not attempt.text and attempt.usage.estimated:
        return ""  # nobody counted, and nothing came
    if not attempt.usage.prompt_tokens + attempt.usage.completion_tokens:
        return ""
    return f"{number(count)} ({_('estimated')})" if attempt.usage.estimated else number(count)


def _cost(attempts: Sequence[Attempt]) -> str:
    """Of all repeats together; why there is none where no price is set."""
    costs = [one.cost for one in attempts if one.cost is not None]
    if costs:
        return number(sum(costs), 6)
    if not any(one.usage.completion_tokens for one in attempts):
        return ""
    why = escape(_("An administrator sets prices on the page Providers."), quote=True)
    return f"<span title='{why}'>{_('no price')}</span>"


def _agreement(texts: list[str]) -> str:
    alike: Any = agreement(texts)
    return "" if alike is None else number(alike, 2)


def _cited(experiment: Experiment, attempt: Attempt) -> str:
    if not experiment.sources or attempt.status != "done":
        return ""
    numbers = "".join(f"[{n}]" for n in attempt.cited)
    return f"{len(attempt.cited)} {numbers}".strip()


def _left_out(experiment: Experiment, attempt: Attempt) -> str:
    """The passages that the model's window had no room for: the last ones, for the best come first."""
    if not attempt.dropped:
        return ""
    gone = experiment.sources[-attempt.dropped :]
    titles = escape("; ".join(f"[{one.n}] {one.title}" for one in gone), quote=True)
    return f"<b title='{titles}'>{''.join(f'[{one.n}]' for one in gone) or number(attempt.dropped)}</b>"
