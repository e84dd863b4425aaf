"""Draws the page that a client gets: one A4 sheet about a niche, in the reader's language."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from core.entities.niches import Metric
from core.i18n import N_, translate
from niches import amounts
from niches.client_charts import Box, bars, columns, fit, line, wrapped
from niches.results import Dashboard, KeyFigure
from niches.sentences import title

REGULAR, BOLD = "Roboto", "Roboto-Bold"
_INK, _GRAY, _ACCENT, _PALE, _AMBER = map(HexColor, ("#1c2b2a", "#5c6b69", "#0f766e", "#f3f6f5", "#b7791f"))
_WIDTH, _HEIGHT = A4
_MARGIN = 42
_INSIDE = _WIDTH - 2 * _MARGIN
_FIGURES, _ACROSS = 12, 4
_CARD, _GAP = 58, 8
_CHART, _TALL_CHART = 165, 300  # the second where there are no written analytics
_REGIONS, _MORE_REGIONS = 8, 15
_TITLE_SIZES, _TITLE_LINES = (22, 18, 15), 3
_LABEL_SIZES = (8, 7.2, 6.5)
_LINE = 12.2
MORE_FIGURES = N_("Further figures on the dashboard: %(n)s.")


def draw(board: Dashboard, metric: str, spread: Sequence[float], language: str) -> bytes:
    """The PDF; its charts are about `metric`, whose values of all niches are `spread`."""
    _fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    canvas.setTitle(title(board.niche, language))
    canvas.setAuthor("Nichewise")
    page = _Page(canvas, board, language)
    page.head()
    page.figures()
    figure = next((one for one in board.figures if one.metric.name == metric), None)
    if figure is not None:
        page.charts(figure, spread)
    page.words()
    page.foot()
    canvas.showPage()
    canvas.save()
    return out.getvalue()


class _Page:
    """Writes from the top down; `top` is where the next part begins."""

    def __init__(self, canvas: Canvas, board: Dashboard, language: str) -> None:
        self._canvas = canvas
        self._board = board
        self._language = language
        self._top = _HEIGHT - _MARGIN

    def head(self) -> None:
        board, canvas = self._board, self._canvas
        _logo(canvas, _MARGIN, self._top - 22, 24)
        self._write(BOLD, 14, _INK, _MARGIN + 32, self._top - 16, "Nichewise")
        if board.stamp.demo:
            self._badge(translate(self._language, "demo data").upper())
        self._top -= 56
        size, lines = _title(title(board.niche, self._language))
        for text in lines:
            self._write(BOLD, size, _INK, _MARGIN, self._top, text)
            self._top -= size * 1.18
        self._top -= (_TITLE_SIZES[0] - size) * 1.18
        place = title(board.region, self._language) or translate(self._language, "All regions")
        under = " · ".join(filter(None, (title(board.sector, self._language), place)))
        self._write(REGULAR, 10.5, _GRAY, _MARGIN, self._top + 6, fit(under, REGULAR, 10.5, _INSIDE))
        self._top -= 10

    def figures(self) -> None:
        shown = self._board.figures[:_FIGURES]
        width = (_INSIDE - (_ACROSS - 1) * _GAP) / _ACROSS
        for at, figure in enumerate(shown):
            row, place = divmod(at, _ACROSS)
            self._card(figure, _MARGIN + place * (width + _GAP), self._top - row * (_CARD + _GAP), width)
        self._top -= -(-len(shown) // _ACROSS) * (_CARD + _GAP) + 6
        notes = [*self._board.notes]
        if more := len(self._board.figures) - len(shown):
            notes.append(translate(self._language, MORE_FIGURES, n=more))
        for said in wrapped(" ".join(notes), REGULAR, 7.5, _INSIDE):
            self._write(REGULAR, 7.5, _GRAY, _MARGIN, self._top, said)
            self._top -= 10

    def _card(self, figure: KeyFigure, left: float, top: float, width: float) -> None:
        standing, metric = figure.standing, figure.metric
        self._canvas.setFillColor(_PALE)
        self._canvas.roundRect(left, top - _CARD, width, _CARD, 5, stroke=0, fill=1)
        name, room = title(metric, self._language), width - 16
        size = next((one for one in _LABEL_SIZES if stringWidth(name, REGULAR, one) <= room), _LABEL_SIZES[-1])
        self._write(REGULAR, size, _GRAY, left + 8, top - 14, fit(name, REGULAR, size, room))
        value = amounts.short(standing.value, metric, self._language)
        self._write(BOLD, 12.5, _INK, left + 8, top - 32, fit(value, BOLD, 12.5, room))
        rank = translate(self._language, "rank %(rank)s of %(niches)s", rank=standing.rank, niches=standing.niches)
        self._write(REGULAR, 7.5, _GRAY, left + 8, top - 47, rank)

    def charts(self, figure: KeyFigure, spread: Sequence[float]) -> None:
        """Months where there are any, else the niche among all niches; beside it the regions, of another metric where
        this one has none. A chart that is alone has the whole width."""
        months = _known(self._board.series.get(figure.metric.name, ()))
        regional = self._regional(figure.metric)
        height = _CHART if self._text() else _TALL_CHART
        width = (_INSIDE - 20) / 2 if regional or months else _INSIDE
        left = Box(self._canvas, _MARGIN, self._top - height, width, height - 18)
        right = Box(self._canvas, _MARGIN + width + 20, self._top - height, width, height - 18)
        if months:
            self._title(left, N_("%(metric)s by month"), figure.metric)
            line(left, months, figure.metric, self._language)
        else:
            self._among(left, figure, spread)
        if regional:
            self._regions(right, regional)
        elif months:
            self._among(right, figure, spread)
        self._top -= height + 24

    def _regions(self, box: Box, metric: Metric) -> None:
        """The largest of them, and of how many."""
        rows = sorted(self._board.regions.pairs("region", metric.name), key=lambda row: -row[1])
        shown = rows[: _REGIONS if self._text() else _MORE_REGIONS]
        some = translate(self._language, "%(shown)s of %(total)s", shown=len(shown), total=len(rows))
        self._title(box, N_("%(metric)s by region"), metric, f" · {some}" if len(shown) < len(rows) else "")
        bars(box, shown, metric, self._language)

    def _among(self, box: Box, figure: KeyFigure, spread: Sequence[float]) -> None:
        self._title(box, N_("%(metric)s: all niches, this one marked"), figure.metric)
        columns(box, spread, figure.standing.value, figure.metric, self._language)

    def _regional(self, wanted: Metric) -> Metric | None:
        known = {column.key for column in self._board.regions.columns}
        return next(
            (one for one in (wanted, *(each.metric for each in self._board.figures)) if one.name in known), None
        )

    def _title(self, box: Box, message: str, metric: Metric, more: str = "") -> None:
        text = translate(self._language, message, metric=title(metric, self._language)) + more
        self._write(BOLD, 10, _INK, box.left, box.bottom + box.height + 8, fit(text, BOLD, 10, box.width))

    def words(self) -> None:
        """The written analytics, cut at a sentence where the page ends."""
        text = self._text()
        if not text:
            return
        self._write(BOLD, 12, _INK, _MARGIN, self._top, translate(self._language, "The written analytics"))
        self._top -= 18
        room = int((self._top - _MARGIN - 34) // _LINE)
        for written in _lines(text, room):
            self._write(REGULAR, 9.2, _INK, _MARGIN, self._top, written)
            self._top -= _LINE if written else _LINE / 2

    def _text(self) -> str:
        niche, russian = self._board.niche, self._language == "ru"
        return (niche.text_ru if russian else niche.text) or niche.text or niche.text_ru

    def foot(self) -> None:
        stamp, canvas = self._board.stamp, self._canvas
        canvas.setStrokeColor(HexColor("#d9e2e0"))
        canvas.line(_MARGIN, _MARGIN + 18, _WIDTH - _MARGIN, _MARGIN + 18)
        parts = [
            translate(self._language, "Source: %(source)s", source=translate(self._language, stamp.source))
            if stamp.source
            else "",
            translate(self._language, "Data as of %(date)s", date=amounts.as_of(stamp.as_of, self._language))
            if stamp.as_of
            else "",
            translate(self._language, "demo data") if stamp.demo else "",
        ]
        today = amounts.day(datetime.now(UTC).date(), self._language)
        self._write(
            REGULAR, 8, _GRAY, _MARGIN, _MARGIN + 4, fit(" · ".join(filter(None, parts)), REGULAR, 8, _INSIDE - 90)
        )
        canvas.drawRightString(_WIDTH - _MARGIN, _MARGIN + 4, today)

    def _badge(self, text: str) -> None:
        width = stringWidth(text, BOLD, 8) + 14
        self._canvas.setFillColor(HexColor("#fbf5e3"))
        self._canvas.roundRect(_WIDTH - _MARGIN - width, self._top - 20, width, 17, 4, stroke=0, fill=1)
        self._write(BOLD, 8, _AMBER, _WIDTH - _MARGIN - width + 7, self._top - 14.5, text)

    def _write(self, font: str, size: float, color: Any, left: float, bottom: float, text: str) -> None:
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(color)
        self._canvas.drawString(left, bottom, text)


def _lines(text: str, room: int) -> list[str]:
    """At most `room` lines of the text without its Markdown signs; a text that is longer ends with a whole sentence."""
    plain = [part.lstrip("# ").replace("**", "").replace("|", " ") for part in text.split("\n")]
    kept: list[str] = []
    for part in (one.strip() for one in plain):
        if part or (kept and kept[-1]):
            kept += wrapped(part, REGULAR, 9.2, _INSIDE) if part else [""]
    if len(kept) <= room:
        return kept
    kept = kept[:room]
    while kept and not kept[-1].rstrip().endswith((".", "!", "?")):
        ended = max(kept[-1].rfind(sign) for sign in (". ", "! ", "? "))
        if ended >= 0:
            kept[-1] = kept[-1][: ended + 1]
        else:
            kept.pop()
    return [*kept[:-1], f"{kept[-1].rstrip()} […]"] if kept else []


def _known(series: Sequence[tuple[date, float | None]]) -> list[tuple[date, float]]:
    return [(day, value) for day, value in series if value is not None]


def _title(text: str) -> tuple[float, list[str]]:
    """(size, lines) of the title: smaller where it is long, and said to go on where it is cut."""
    for size in _TITLE_SIZES:
        lines = wrapped(text, BOLD, size, _INSIDE)
        if len(lines) <= _TITLE_LINES - (size == _TITLE_SIZES[0]):
            return size, lines
    rest = " ".join(lines[_TITLE_LINES - 1 :])
    return size, [*lines[: _TITLE_LINES - 1], fit(rest, BOLD, size, _INSIDE)]


def _logo(canvas: Canvas, left: float, bottom: float, size: float) -> None:
    """The sign of `components/assets/icon.svg`, whose box is 32 wide and counts from the top."""
    canvas.saveState()
    canvas.translate(left, bottom)
    canvas.scale(size / 32, size / 32)
    canvas.setFillColor(_ACCENT)
    canvas.roundRect(0, 0, 32, 32, 8, stroke=0, fill=1)
    canvas.setStrokeColor(HexColor("#ffffff"))
    canvas.setLineWidth(3)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    path = canvas.beginPath()
    path.moveTo(8.5, 9)
    path.lineTo(8.5, 22.5)
    path.lineTo(23.5, 9.5)
    path.lineTo(23.5, 23)
    canvas.drawPath(path)
    canvas.setFillColor(HexColor("#f2c184"))
    canvas.circle(23.5, 23, 3, stroke=0, fill=1)
    canvas.restoreState()


def _fonts() -> None:
    """Roboto has Cyrillic, which the fonts built into PDF readers lack."""
    folder = files("font_roboto") / "files"
    for name in (REGULAR, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            file = folder / ("Roboto-Regular.ttf" if name == REGULAR else "Roboto-Bold.ttf")
            pdfmetrics.registerFont(TTFont(name, str(file)))
