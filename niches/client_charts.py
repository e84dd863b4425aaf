"""The charts of the client's page, drawn with a PDF's own lines: months, regions, and a niche among all niches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from core.entities.niches import Metric
from niches import amounts, spread

_GRAY, _ACCENT, _PALE, _GRID = map(HexColor, ("#5c6b69", "#0f766e", "#b7d6d2", "#e3eae8"))
_FONT, _SIZE = "Roboto", 7.5
_LABEL = 84  # points beside the bars
_BINS = 24


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the page, in points."""

    canvas: Canvas
    left: float
    bottom: float
    width: float
    height: float


def line(box: Box, series: Sequence[tuple[date, float]], metric: Metric, language: str) -> None:
    """Values over months, from zero."""
    canvas, base, height = box.canvas, box.bottom + 14, box.height - 22
    low, high = min(0.0, *(value for _day, value in series)), max(value for _day, value in series) or 1.0
    left, width = box.left + 2, box.width - 4
    step = width / max(1, len(series) - 1)
    points = [
        (left + at * step, base + (value - low) / (high - low) * height) for at, (_day, value) in enumerate(series)
    ]
    peak = "" if series[-1][1] == high else amounts.short(high, metric, language)  # the last one says its own
    _grid(box, base, height, peak)
    canvas.setStrokeColor(_ACCENT)
    canvas.setLineWidth(1.6)
    path = canvas.beginPath()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    canvas.drawPath(path)
    canvas.setFillColor(_ACCENT)
    canvas.circle(*points[-1], 2.4, stroke=0, fill=1)
    _text(box, left, box.bottom + 2, amounts.month(series[0][0], language))
    _text(box, left + width, box.bottom + 2, amounts.month(series[-1][0], language), right=True)
    said = amounts.short(series[-1][1], metric, language)
    _text(box, left + width, points[-1][1] + 6, said, right=True, color=_ACCENT)


def bars(box: Box, rows: Sequence[tuple[str, float]], metric: Metric, language: str) -> None:
    """A bar per region with its figure."""
    high = max((abs(value) for _name, value in rows), default=0.0) or 1.0
    step = box.height / max(len(rows), 5)
    room = box.width - _LABEL - 62
    for at, (name, value) in enumerate(rows):
        bottom = box.bottom + box.height - (at + 1) * step
        _text(box, box.left, bottom + step / 2 - 3, name if len(name) <= 20 else name[:19].rstrip() + "…")
        length = max(1.0, abs(value) / high * room)
        box.canvas.setFillColor(_ACCENT)
        box.canvas.roundRect(box.left + _LABEL, bottom + step * 0.2, length, step * 0.6, 1.5, stroke=0, fill=1)
        _text(box, box.left + _LABEL + length + 4, bottom + step / 2 - 3, amounts.short(value, metric, language))


def columns(box: Box, values: Sequence[float], mine: float, metric: Metric, language: str) -> None:
    """How many niches have how much, the column with `mine` in the accent."""
    found = spread.of(values, _BINS)
    counts, here, bins = found.counts, found.bin(mine), len(found.counts)
    base, height, step = box.bottom + 14, box.height - 30, box.width / bins
    _grid(box, base, height, "")
    for at, count in enumerate(counts):
        box.canvas.setFillColor(_ACCENT if at == here else _PALE)
        box.canvas.rect(box.left + at * step + 0.6, base, step - 1.2, count / max(counts) * height, stroke=0, fill=1)
    low, *_inner, high = found.limits()
    _text(box, box.left, box.bottom + 2, amounts.short(low, metric, language))
    _text(box, box.left + box.width, box.bottom + 2, amounts.short(high, metric, language), right=True)
    top = base + height + 4
    _text(
        box,
        box.left + (here + 0.5) * step,
        top,
        amounts.short(mine, metric, language),
        right=here > bins / 2,
        color=_ACCENT,
    )


def _grid(box: Box, base: float, height: float, top: str) -> None:
    box.canvas.setStrokeColor(_GRID)
    box.canvas.setLineWidth(0.6)
    for share in (0.0, 0.5, 1.0):
        box.canvas.line(box.left, base + share * height, box.left + box.width, base + share * height)
    if top:
        _text(box, box.left, base + height + 3, top)


def _text(box: Box, left: float, bottom: float, text: str, *, right: bool = False, color: HexColor = _GRAY) -> None:
    box.canvas.setFont(_FONT, _SIZE)
    box.canvas.setFillColor(color)
    (box.canvas.drawRightString if right else box.canvas.drawString)(left, bottom, text)
