"""Tokens by day and model as a chart, and sums by any dimension as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import streamlit as st

from components import charts, navigation, session, tables
from components.chat import turn_options
from components.i18n import N_, _
from components.playground import form as playground_form
from core.entities.people import Principal
from core.entities.usage import Activity, Dimension, UsageSum
from core.roles import Role
from rag.providers import REGISTRY
from services import spreadsheets

Crossed = Sequence[tuple[tuple[str, ...], UsageSum]]

_DIMENSIONS = {
    Dimension.DAY: N_("Day"),
    Dimension.PERSON: N_("Person"),
    Dimension.ROLE: N_("Role"),
    Dimension.ACTIVITY: N_("Kind of use"),
    Dimension.SCENARIO: N_("Scenario"),
    Dimension.PROVIDER: N_("Provider"),
    Dimension.MODEL: N_("Model"),
}
_OF_EVERYBODY = (Dimension.PERSON, Dimension.ROLE)
_ACTIVITIES = {
    Activity.ASSISTANT: N_("Assistant"),
    Activity.PLAYGROUND: N_("Playground"),
    Activity.SWEEP: N_("Sweep"),
}
_DATES = {"en": "%b %-d", "ru": "%d.%m"}
_DAY_MS, _BAR_MS, _FEW_DAYS, _WEEK = 86_400_000, 60_000_000, 10, timedelta(days=7)
_MOST_MODELS = 7  # of a colour each; the rest are drawn together


def by_day(crossed: Crossed) -> None:
    """Stacked bars: a day is a bar, a model a colour."""
    import plotly.graph_objects as go  # at first use: it takes a third of a second

    totals: dict[str, int] = {}
    for (_day, model), part in crossed:
        totals[model] = totals.get(model, 0) + part.tokens
    shown = sorted(totals, key=lambda model: -totals[model])[:_MOST_MODELS]
    days = sorted({day for (day, _model), _part in crossed})
    figure = go.Figure(layout={"barmode": "stack", "height": 320, "showlegend": True})
    for model in [*shown, ""] if len(totals) > _MOST_MODELS else shown:
        heights = [_height(crossed, day, model, shown) for day in days]
        hover = f"%{{x}}<br>%{{y:,}} {_('tokens')}"
        name = _named(Dimension.MODEL, model) if model else _("others")
        figure.add_bar(x=days, y=heights, name=name, hovertemplate=hover, width=_BAR_MS)
    figure.update_yaxes(title=_("tokens"), separatethousands=True)
    figure.update_xaxes(type="date", tickformat=_DATES[session.locale()])
    if len(days) < _FEW_DAYS:
        figure.update_xaxes(dtick=_DAY_MS)
    if date.fromisoformat(days[-1]) - date.fromisoformat(days[0]) < _WEEK:  # or a lone day would fill the chart
        last = datetime.combine(date.fromisoformat(days[-1]), time(12))
        figure.update_xaxes(range=[last - _WEEK, last])
    charts.draw("usage", figure, _csv(crossed))


def _height(crossed: Crossed, day: str, model: str, shown: Sequence[str]) -> int:
    return sum(
        part.tokens for (at, name), part in crossed if at == day and (name == model if model else name not in shown)
    )


def sums(who: Principal, days: int | None) -> None:
    """A table by the dimension that is chosen."""
    everything = session.services().usage.report(who, Dimension.DAY, days).everybody
    offered = [one for one in _DIMENSIONS if everything or one not in _OF_EVERYBODY]
    chosen = st.segmented_control(
        _("By"),
        offered,
        default=Dimension.PERSON if everything else Dimension.MODEL,
        format_func=lambda one: _(_DIMENSIONS[one]),
        key="usage_by",
        required=True,
    )
    by = chosen or Dimension.MODEL
    columns = [
        tables.Column("name", _(_DIMENSIONS[by]), width="medium"),
        tables.Column("answers", _("Answers"), "number", "small"),
        tables.Column("tokens", _("Tokens"), "number", "small"),
        tables.Column("prompt", _("Tokens in"), "number", "small"),
        tables.Column("completion", _("Tokens out"), "number", "small"),
        tables.Column("estimated", _("Estimated"), "number", "small"),
        tables.Column("cost", _("Cost"), "number", "small"),
    ]
    report = session.services().usage.report(who, by, days)
    tables.draw(f"usage_{by}", columns, [_row(by, part) for part in report.parts])
    if report.total.unpriced:
        st.caption(
            _("Cost is at today's prices for a million tokens (page Providers); models without a price have none.")
        )


def _row(by: Dimension, part: UsageSum) -> dict[str, Any]:
    return {
        "name": _named(by, part.name),
        "answers": part.answers,
        "prompt": part.prompt_tokens,
        "completion": part.completion_tokens,
        "tokens": part.tokens,
        "estimated": part.estimated,
        "cost": round(part.cost, 4) if part.unpriced < part.tokens else None,
    }


def _named(by: Dimension, name: str) -> str:
    if by is Dimension.ROLE:
        return _(navigation.ROLES[Role(name)])
    if by is Dimension.ACTIVITY:
        return _(_ACTIVITIES[Activity(name)])
    if by is Dimension.PERSON:
        return name or _("guest")
    if by is Dimension.SCENARIO and name:
        return turn_options.scenario_title(name)
    if by is Dimension.PROVIDER and name:
        return _provider(name)
    if by is Dimension.MODEL and name:
        provider, _between, model = name.partition(" · ")
        return _provider(provider) if model in ("", provider) else f"{_provider(provider)} · {model}"
    return name or _("none")


def _provider(name: str) -> str:
    """A provider that is no more keeps the name it had."""
    return playground_form.label(name) if name in REGISTRY else name


def _csv(crossed: Crossed) -> bytes:
    heads = ["day", "model", "answers", "prompt_tokens", "completion_tokens", "estimated", "cost", "unpriced"]
    rows: list[list[tables.Cell]] = [
        [day, model, part.answers, part.prompt_tokens, part.completion_tokens, part.estimated, part.cost, part.unpriced]
        for (day, model), part in crossed
    ]
    return spreadsheets.as_csv(heads, rows)
