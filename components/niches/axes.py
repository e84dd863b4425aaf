"""The axes of charts of figures: round places written as short as figures are, and words at a value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from components import session
from components.niches import words
from core.entities.niches import Metric
from niches import amounts, spread

_INTERVALS = 4  # on an axis


def of_spread(figure: Any, found: spread.Spread, metric: Metric) -> None:
    """Of the values that `found` has counted, in the unit that people read, also where they stand as logarithms."""
    factor, unit = amounts.natural(metric, session.locale())
    first, last = found.edges[0], found.edges[-1]
    if found.logarithmic:
        at, said = _powers(first, last, math.log10(factor))
    else:
        places = ticks([first * factor, last * factor])
        at, said = [one / factor for one in places["tickvals"]], places["ticktext"]
    figure.update_xaxes(title=title(metric, unit), showgrid=False, tickvals=at, ticktext=said, tickangle=0)


def ticks(values: Sequence[float], least: float = 0.0) -> dict[str, Any]:
    """A few round places between zero and the values, at least `least` apart, written as short as figures are."""
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    step = 10.0 ** math.floor(math.log10(span / 4))
    step = max(least, step * next(times for times in (1, 2, 5, 10) if span / (step * times) <= _INTERVALS))
    at = [place * step for place in range(math.floor(low / step), math.floor(high / step) + 1)]
    return {"tickvals": at, "ticktext": [amounts.compact(round(one, 10), session.locale()) for one in at]}


def mark(
    figure: Any, found: spread.Spread, value: float, text: str, color: str, height: float, dash: str = "solid"
) -> None:
    """A line at a value with its words above, which stay inside the chart."""
    at = found.place(value)
    across = (at - found.edges[0]) / ((found.edges[-1] - found.edges[0]) or 1)
    anchor = "left" if across < 0.35 else "right" if across > 0.65 else "center"
    figure.add_shape(
        type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line={"color": color, "width": 2, "dash": dash}
    )
    figure.add_annotation(
        x=at,
        y=height,
        yref="paper",
        text=text,
        showarrow=False,
        xanchor=anchor,
        yanchor="bottom",
        font={"color": color, "size": 12},
    )


def labels(names: Sequence[str], widest: int) -> list[str]:
    """Cut to fit beside the bars; alike ones are told apart by invisible signs, else their bars would be one."""
    cut = [name if len(name) <= widest else name[: widest - 1].rstrip() + "…" for name in names]
    return [label + "\u200b" * cut[:at].count(label) for at, label in enumerate(cut)]


def title(metric: Metric, unit: str) -> str:
    return f"{words.title(metric)}, {unit}" if unit else words.title(metric)


def month(day: date) -> str:
    return amounts.month(day, session.locale())


def _powers(first: float, last: float, shift: float) -> tuple[list[float], list[str]]:
    """Places and words of the ticks of a logarithmic scale, moved by `shift` to the unit that people read."""
    low, high = first + shift, last + shift
    powers = range(math.floor(low), math.ceil(high) + 1)
    inside: list[float] = []
    for times, every in (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3)):
        places = [math.log10(step) + power for power in powers if power % every == 0 for step in times]
        inside = [place for place in places if low <= place <= high]
        if len(inside) <= _INTERVALS + 1:  # more would run into each other on a narrow screen
            break
    said = [amounts.compact(round(10.0**place, 6), session.locale()) for place in inside]
    return [place - shift for place in inside], said
