"""What was measured of a column: its head, times, tokens, cost, and what became of its parameters, as small HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from statistics import fmean, stdev
from typing import Any

import streamlit as st

from components import parameters, playground_form
from components.i18n import _, number
from core.entities.playground import Attempt, Experiment, Lane
from services.trials import agreement


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


def table(experiment: Experiment, lane: Lane) -> None:
    """Times, tokens, cost and parameters; with repeats their mean and standard deviation."""
    attempts, last = lane.attempts, lane.attempts[-1]
    if last.window is None and last.status == "done":
        st.caption(_("No model was asked."))
        return
    texts = [one.text for one in attempts if one.status == "done"]
    rows = [
        (_("First token"), _seconds([one.first_ms for one in attempts if one.first_ms is not None])),
        (_("Whole answer"), _seconds([one.took_ms for one in attempts])),
        (_("Tokens in"), _tokens(last.usage.prompt_tokens, last)),
        (_("Tokens out"), _tokens(last.usage.completion_tokens, last)),
        (_("Cost"), _cost(attempts)),
        (_("Characters"), _spread([float(len(text)) for text in texts], 0)),
        (_("Agreement"), _agreement(texts)),
        (_("Passages cited"), _cited(experiment, last)),
        (_("Applied"), parameters.names(last.applied)),
        (_("Ignored"), f"<b>{parameters.names(last.ignored)}</b>" if last.ignored else ""),
        (_("Context window"), number(last.window) if last.window else ""),
        (_("Left out for want of room"), _left_out(experiment, last)),
    ]
    lines = [f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in rows if value]
    st.html(f"<table class='playground-measures'>{''.join(lines)}</table>")


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
