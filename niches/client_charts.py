"""The charts of the client's page, drawn with a PDF's own lines: months, regions, and a niche among all niches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from core.entities.niches import Metric
from niches import amounts, spread

_GRAY, _ACCENT, _PALE, _GRID = map(HexColor, ("#5c6b69", "#0f766e", "#b7d6d2", "#e3eae8"))
_BELOW = HexColor("#b7791f")
_FONT, _SIZE = "Roboto", 7.5
_LABEL, _FIGURE = 96, 62  # points beside the bars
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
    wide = stringWidth(said, _FONT, _SIZE)
    canvas.setFillColor(HexColor("#ffffff"))
    canvas.rect(left + width - wide - 1, points[-1][1] + 4, wide + 2, _SIZE + 1, stroke=0, fill=1)  # over the line
    _text(box, left + width, points[-1][1] + 6, said, right=True, color=_ACCENT)


def bars(box: Box, rows: Sequence[tuple[str, float]], metric: Metric, language: str) -> None:
    """A bar per region with its figure; what is below zero goes to the left of it."""
    low, high = min([0.0, *(value for _name, value in rows)]), max([0.0, *(value for _name, value in rows)])
    step = box.height / max(len(rows), 5)
    room = (box.width - _LABEL - _FIGURE) / ((high - low) or 1.0)
    zero = box.left + _LABEL - low * room
    for at, (name, value) in enumerate(rows):
        bottom = box.bottom + box.height - (at + 1) * step
        _text(box, box.left, bottom + step / 2 - 3, fit(name, _FONT, _SIZE, _LABEL - 6))
        length, high_ = max(1.0, abs(value) * room), min(step * 0.6, 14.0)
        left = zero if value >= 0 else zero - length
        box.canvas.setFillColor(_ACCENT if value >= 0 else _BELOW)
        box.canvas.roundRect(left, bottom + (step - high_) / 2, length, high_, 1.5, stroke=0, fill=1)
        _text(box, left + length + 4, bottom + step / 2 - 3, amounts.short(value, metric, language))


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


def fit(text: str, font: str, size: float, width: float) -> str:
    """The text, cut with an ellipsis where it is wider than `width` points."""
    if stringWidth(text, font, size) <= width:
        return text
    while text and stringWidth(text + "…", font, size) > width:
        text = text[:-1]
    return text.rstrip(" ,.;:-–") + "…"


def wrapped(text: str, font: str, size: float, width: float) -> list[str]:
    """Lines of `width` points; a word that is longer than a line is broken."""
    lines: list[str] = []
    for part in simpleSplit(text, font, size, width):
        while stringWidth(part, font, size) > width:
            end = next(at for at in range(len(part), 0, -1) if at == 1 or stringWidth(part[:at], font, size) <= width)
            lines.append(part[:end])
            part = part[end:]
        lines.append(part)
    return lines


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
