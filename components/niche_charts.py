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
from components import niche_words as words
from components.i18n import _, ngettext
from components.tables import Column, Row, as_csv
from core.entities.niches import Metric
from niches import amounts, spread

Series = Sequence[tuple[date, float | None]]
_BINS = 28
_BAR, _MOST_BARS = 26, 25  # px, bars of a ranking
_ROOM = 1.16  # beside the longest bar, for its figure
_HEIGHT = 300
_MONTHS_NAMED, _INTERVALS = 3, 4  # on an axis
_WIDEST_LABEL = 24  # characters


def distribution(name: str, values: Sequence[float], mine: float, metric: Metric) -> None:
    """How many niches have how much; the bar with `mine` is the accent."""
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
    _axis(figure, found, metric)
    said = _("this niche: %(value)s", value=words.short(mine, metric))
    _mark(figure, found.place(mine), said, accent, 1.12)
    said = _("median: %(value)s", value=words.short(middle, metric))
    _mark(figure, found.place(middle), said, _option("grayTextColor"), 1.02, dash="dot")
    figure.update_layout(bargap=0.06, height=_HEIGHT, yaxis_title=_("niches"), showlegend=False, margin_t=48)
    columns = (Column("from", _("From")), Column("to", _("To")), Column("niches", _("Niches")))
    data: list[Row] = [{"from": low, "to": high, "niches": count} for low, high, count in rows]
    _draw(name, figure, as_csv(columns, data))


def _draw(name: str, figure: Any, data: bytes) -> None:
    figure.update_layout(modebar={"bgcolor": "rgba(0,0,0,0)", "color": _option("grayTextColor")})
    charts.draw(name, figure, data)


def _bin(low: float, high: float, count: int, metric: Metric) -> str:
    niches = ngettext("%(n)s niche", "%(n)s niches", count)
    return f"{words.short(low, metric)} – {words.short(high, metric)}<br>{niches}"


def ranking(name: str, rows: Sequence[tuple[str, float]], metric: Metric, chosen: str = "", *, what: str = "") -> None:
    """Horizontal bars, in the order given; the bar called `chosen` is the accent (all are where none is chosen)."""
    import plotly.graph_objects as go

    factor, unit = amounts.natural(metric, session.locale())
    accent, pale = _colors()
    shown = list(rows)[:_MOST_BARS]
    labels = _labels([label for label, _value in shown])
    figure = go.Figure(
        go.Bar(
            x=[value * factor for _label, value in shown],
            y=labels,
            orientation="h",
            marker_color=[accent if not chosen or label == chosen else pale for label, _value in shown],
            text=[amounts.compact(value * factor, session.locale()) for _label, value in shown],
            insidetextfont={"color": _option("backgroundColor")},
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
    figure.update_xaxes(
        title=_axis_title(metric, unit), range=[low * _ROOM, high * _ROOM or 1], showticklabels=False, showgrid=False
    )
    figure.update_layout(height=max(180, _BAR * len(shown) + 74), bargap=0.25, showlegend=False)
    data: list[Row] = [{"name": label, "value": value} for label, value in rows]
    _draw(name, figure, as_csv((Column("name", what or _("Name")), _figures(metric)), data))
    if len(rows) > len(shown):
        st.caption(_("The chart shows the first %(shown)s of %(rows)s.", shown=len(shown), rows=len(rows)))


def months(name: str, lines: Mapping[str, Series], metric: Metric) -> None:
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
            customdata=[f"<b>{title}</b><br>{_month(day)}: {words.full(value, metric)}" for day, value in series],
            hovertemplate="%{customdata}<extra></extra>",
        )
    days = [day for day, _value in next(iter(lines.values()))]
    step = max(1, math.ceil(len(days) / _MONTHS_NAMED))
    figure.update_xaxes(
        tickvals=days[::-1][::step][::-1],
        ticktext=[_month(day) for day in days[::-1][::step][::-1]],
        showgrid=False,
        tickangle=0,
    )
    every = [value * factor for series in lines.values() for _day, value in series if value is not None]
    low = min(0.0, *every) if every else 0.0
    top = max(every, default=1.0) * 1.08 or 1.0
    figure.update_yaxes(title=_axis_title(metric, unit), range=[low * 1.08, top], **_ticks([low, *every]))
    figure.update_layout(height=_HEIGHT + (0 if alone else 40), showlegend=not alone, hovermode="closest")
    data: list[Row] = [
        {"name": title, "month": f"{day:%Y-%m}", "value": value}
        for title, series in lines.items()
        for day, value in series
    ]
    _draw(name, figure, as_csv((Column("name", _("Niche")), Column("month", _("Month")), _figures(metric)), data))


def _figures(metric: Metric) -> Column:
    unit = metric.unit_ru if session.locale() == "ru" and metric.unit_ru else metric.unit
    return Column("value", f"{words.title(metric)}, {unit}" if unit else words.title(metric))


def _axis(figure: Any, found: spread.Spread, metric: Metric) -> None:
    factor, unit = amounts.natural(metric, session.locale())
    first, last = found.edges[0], found.edges[-1]
    if found.logarithmic:
        at, said = _powers(first, last, math.log10(factor))
    else:
        ticks = _ticks([first * factor, last * factor])
        at, said = [one / factor for one in ticks["tickvals"]], ticks["ticktext"]
    figure.update_xaxes(title=_axis_title(metric, unit), showgrid=False, tickvals=at, ticktext=said, tickangle=0)


def _powers(first: float, last: float, shift: float) -> tuple[list[float], list[str]]:
    """Places and words of the ticks of a logarithmic scale, moved by `shift` to the unit that people read."""
    low, high = first + shift, last + shift
    times = (1,) if high - low > 3 else (1, 3) if high - low > 1.5 else (1, 2, 5)
    places = [math.log10(step) + power for power in range(math.floor(low), math.ceil(high) + 1) for step in times]
    inside = [place for place in places if low <= place <= high]
    said = [amounts.compact(round(10.0**place, 6), session.locale()) for place in inside]
    return [place - shift for place in inside], said


def _ticks(values: Sequence[float]) -> dict[str, Any]:
    """A few round places between zero and the values, written as short as figures are."""
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    step = 10.0 ** math.floor(math.log10(span / 4))
    step *= next(times for times in (1, 2, 5, 10) if span / (step * times) <= _INTERVALS)
    at = [place * step for place in range(math.floor(low / step), math.floor(high / step) + 1)]
    return {"tickvals": at, "ticktext": [amounts.compact(round(one, 10), session.locale()) for one in at]}


def _mark(figure: Any, at: float, text: str, color: str, height: float, dash: str = "solid") -> None:
    figure.add_shape(
        type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line={"color": color, "width": 2, "dash": dash}
    )
    figure.add_annotation(
        x=at, y=height, yref="paper", text=text, showarrow=False, yanchor="bottom", font={"color": color, "size": 12}
    )


def _labels(names: Sequence[str]) -> list[str]:
    """Cut to fit beside the bars; alike ones are told apart by invisible signs, else their bars would be one."""
    cut = [name if len(name) <= _WIDEST_LABEL else name[: _WIDEST_LABEL - 1].rstrip() + "…" for name in names]
    return [label + "\u200b" * cut[:at].count(label) for at, label in enumerate(cut)]


def _axis_title(metric: Metric, unit: str) -> str:
    return f"{words.title(metric)}, {unit}" if unit else words.title(metric)


def _month(day: date) -> str:
    return amounts.month(day, session.locale())


def _colors() -> tuple[str, str]:
    """(what is looked at, what is around it)"""
    accent = _option("primaryColor")
    return accent, _clear(accent, 0.32)


def _clear(color: str, opacity: float = 0.14) -> str:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _option(name: str) -> str:
    theme = "dark" if st.context.theme.type == "dark" else "light"
    return str(st.get_option(f"theme.{theme}.{name}"))


def as_share(metric: Metric) -> Metric:
    """The metric as a chart of its shares writes it."""
    return replace(metric, format="percent", unit="%", unit_ru="%")
