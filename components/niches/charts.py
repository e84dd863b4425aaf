"""The Plotly figures of niche analytics: distribution, ranking, months, comparison, each with its data as CSV."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

import streamlit as st

from components import charts, session
from components.i18n import _, ngettext
from components.niches import axes, words
from core.entities.niches import Metric
from niches import amounts, spread
from niches.results import Column, Stamp, Table
from services.niches.exports import Sheet, as_csv

Series = Sequence[tuple[date, float | None]]
_BINS = 28
_BAR, _MOST_BARS = 26, 25  # px, bars of a ranking
_ROOM, _TIGHT_ROOM = 1.16, 1.45  # beside the longest bar, for its figure
HEIGHT, LEGEND = 300, 40  # px of a chart, and of the legend below one
_MONTHS_NAMED = 3  # on an axis
_WIDEST_LABEL, _TIGHT_LABEL = 24, 18  # characters


def distribution(name: str, values: Sequence[float], mine: float, metric: Metric, stamp: Stamp | None = None) -> None:
    """How many niches have how much; the bar with `mine` is the accent. The CSV of every chart names its `stamp`."""
    import plotly.graph_objects as go  # at first use: a third of a second

    found = spread.of(values, _BINS)
    accent, pale = _colors()
    here, middle = found.bin(mine), median(values)
    rows = [(low, high, count) for (low, high), count in zip(pairwise(found.limits()), found.counts, strict=True)]
    figure = go.Figure(
        go.Bar(
            x=[(low + high) / 2 for low, high in pairwise(found.edges)],
            y=found.counts,
            marker_color=[accent if at == here else pale for at in range(len(rows))],
            customdata=[_bin(low, high, count, metric) for low, high, count in rows],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    axes.of_spread(figure, found, metric)
    said = _("this niche: %(value)s", value=words.short(mine, metric))
    axes.mark(figure, found, mine, said, accent, 1.12)
    said = _("median: %(value)s", value=words.short(middle, metric))
    axes.mark(figure, found, middle, said, charts.color("grayTextColor"), 1.02, dash="dot")
    figure.update_yaxes(title=_("niches"), **axes.ticks(found.counts, least=1.0))
    figure.update_layout(bargap=0.06, height=HEIGHT, showlegend=False, margin_t=48)
    columns = (_figures(metric, "from", _("From")), _figures(metric, "to", _("To")), _text("niches", _("Niches")))
    _draw(name, figure, Table(columns, tuple(rows), len(rows)), stamp)


def _draw(name: str, figure: Any, data: Table, stamp: Stamp | None) -> None:
    figure.update_layout(modebar={"bgcolor": "rgba(0,0,0,0)", "color": charts.color("grayTextColor")})
    file = f"{name}-demo-data" if stamp and stamp.demo else name
    charts.draw(name, figure, as_csv(Sheet(data, stamp, (), session.locale())), file)


def _bin(low: float, high: float, count: int, metric: Metric) -> str:
    niches = ngettext("%(n)s niche", "%(n)s niches", count)
    return f"{words.short(low, metric)} – {words.short(high, metric)}<br>{niches}"


def ranking(
    name: str,
    rows: Sequence[tuple[str, float]],
    metric: Metric,
    chosen: str = "",
    *,
    what: str = "",
    stamp: Stamp | None = None,
    least: int = 180,
    tight: bool = False,
) -> None:
    """Horizontal bars, in the order given; the bar called `chosen` is the accent (all are where none is chosen). The
    chart is `least` pixels high or more; `tight`: there is half a page for it."""
    import plotly.graph_objects as go

    factor, unit = amounts.natural(metric, session.locale())
    accent, pale = _colors()
    shown = list(rows)[:_MOST_BARS]
    labels = axes.labels([label for label, _value in shown], _TIGHT_LABEL if tight else _WIDEST_LABEL)
    figure = go.Figure(
        go.Bar(
            x=[value * factor for _label, value in shown],
            y=labels,
            orientation="h",
            marker_color=[accent if not chosen or label == chosen else pale for label, _value in shown],
            text=[amounts.compact(value * factor, session.locale()) for _label, value in shown],
            insidetextfont={"color": charts.color("backgroundColor")},
            textposition="auto",
            textangle=0,
            insidetextanchor="end",
            cliponaxis=False,
            customdata=[f"{label}<br>{words.full(value, metric)}" for label, value in shown],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    low, high = (edge([0.0, *(value * factor for _label, value in shown)]) for edge in (min, max))
    room = _TIGHT_ROOM if tight else _ROOM
    figure.update_xaxes(range=[low * room, high * room or 1], showticklabels=False, showgrid=False)
    said = {"text": axes.title(metric, unit), "x": 0, "xref": "container", "font": {"size": 13, "weight": "normal"}}
    figure.update_layout(
        title=said, height=max(least, _BAR * len(shown) + 56), bargap=0.25, showlegend=False, margin_r=28
    )
    _draw(name, figure, Table((_text("name", what or _("Name")), _figures(metric)), tuple(rows), len(rows)), stamp)
    if len(rows) > len(shown):
        st.caption(_("The chart shows the first %(shown)s of %(rows)s.", shown=len(shown), rows=len(rows)))


def months(name: str, lines: Mapping[str, Series], metric: Metric, stamp: Stamp | None = None) -> None:
    """A line per title over the periods."""
    import plotly.graph_objects as go

    factor, unit = amounts.natural(metric, session.locale())
    figure = go.Figure()
    alone = len(lines) == 1
    for title, series in lines.items():
        figure.add_scatter(
            x=[day for day, _value in series],
            y=[None if value is None else value * factor for _day, value in series],
            name=title,
            mode="lines+markers",
            line={"width": 2.5, "shape": "spline", "smoothing": 0.4},
            marker={"size": 5},
            fill="tozeroy" if alone else None,
            fillcolor=_clear(_colors()[0]) if alone else None,
            customdata=[f"<b>{title}</b><br>{axes.month(day)}: {words.full(value, metric)}" for day, value in series],
            hovertemplate="%{customdata}<extra></extra>",
        )
    days = [day for day, _value in next(iter(lines.values()))]
    step = max(1, math.ceil(len(days) / _MONTHS_NAMED))
    figure.update_xaxes(
        tickvals=days[::-1][::step][::-1],
        ticktext=[axes.month(day) for day in days[::-1][::step][::-1]],
        showgrid=False,
        tickangle=0,
    )
    every = [value * factor for series in lines.values() for _day, value in series if value is not None]
    low = min(0.0, *every) if every else 0.0
    top = max(every, default=1.0) * 1.08 or 1.0
    figure.update_yaxes(title=axes.title(metric, unit), range=[low * 1.08, top], **axes.ticks([low, *every]))
    figure.update_layout(height=HEIGHT + (0 if alone else LEGEND), showlegend=not alone, hovermode="closest")
    data = tuple((title, f"{day:%Y-%m}", value) for title, series in lines.items() for day, value in series)
    columns = (_text("name", _("Niche")), _text("month", _("Month")), _figures(metric))
    _draw(name, figure, Table(columns, data, len(data)), stamp)


def _text(key: str, title: str) -> Column:
    return Column(key, title, title)


def _figures(metric: Metric, key: str = "value", title: str = "") -> Column:
    name = title or words.title(metric)
    return Column(key, name, name, "number", metric.unit, metric.unit_ru, metric.format)


def _colors() -> tuple[str, str]:
    """(what is looked at, what is around it)"""
    accent = charts.color("primaryColor")
    return accent, _clear(accent, 0.32)


def _clear(color: str, opacity: float = 0.14) -> str:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def as_share(metric: Metric) -> Metric:
    """The metric as a chart of its shares writes it."""
    return replace(metric, format="percent", unit="%", unit_ru="%")
