"""Writes the one sentence of an answer, with unit and count, in English and Russian."""

from __future__ import annotations

from collections.abc import Container, Iterable

from core.entities.niches import FigureRows, Metric
from core.i18n import N_, translate
from niches.plan import Bound

_FUNCTION = {
    "en": {"sum": "Total", "mean": "Mean", "median": "Median", "share": "Share"},
    "ru": {"sum": "Сумма", "mean": "Среднее", "median": "Медиана", "share": "Доля"},
}
_SIGN = {">": ("more than", "больше"), ">=": ("at least", "не менее"), "<": ("less than", "меньше"), "<=": ("at most", "не более")}  # fmt: skip  # noqa: E501


def amount(value: float | None, metric: Metric, language: str, *, share: bool = False) -> str:
    """A figure with its unit as the language writes it: 1,234.5 thousand USD; 1 234,5 тыс. долл.; 12.3%."""
    if value is None:
        return "—"
    if share or metric.format == "percent":
        return _grouped(value * 100, 1, language) + "%"
    unit = metric.unit_ru if language == "ru" and metric.unit_ru else metric.unit
    whole = float(value).is_integer()
    return " ".join(filter(None, (_grouped(value, 0 if whole else 2, language), unit)))


def _grouped(value: float, digits: int, language: str) -> str:
    text = f"{value:,.{digits}f}"
    return text.replace(",", "\u00a0").replace(".", ",") if language == "ru" else text


def title(named: object, language: str) -> str:
    """The title of anything that has two, in the language or else in the other."""
    russian = str(getattr(named, "title_ru", ""))
    return russian if language == "ru" and russian else str(getattr(named, "title", ""))


def about_whole(metrics: Iterable[Metric], regional: Container[str], known: Container[str], language: str) -> list[str]:
    """What is to be said of figures for the whole: which are sums of the regions, and which there are none of although
    there are some by region. `regional` and `known` are names of metrics with figures by region, and for the whole."""
    everything = list(metrics)
    summed = ", ".join(title(one, language) for one in everything if one.summed and one.name in known)
    lacking = ", ".join(title(one, language) for one in everything if one.name in regional and one.name not in known)
    said = (
        (summed, N_("The source has no figure for the whole of these, so it is the sum of the regions: %(metrics)s.")),
        (lacking, N_("By region alone, as these cannot be added up: %(metrics)s.")),
    )
    return [translate(language, sentence, metrics=names) for names, sentence in said if names]


def write(bound: Bound, found: FigureRows, language: str) -> str:
    """One sentence; says so when there is no figure."""
    return _sentence(bound, found, language).replace("..", ".")


def _sentence(bound: Bound, found: FigureRows, language: str) -> str:
    russian = language == "ru"
    metric = title(bound.metric, language)
    where = _where(bound, language)
    if not found.rows or all(row[1] is None for row in found.rows):
        return f"{metric}{where}: нет данных." if russian else f"{metric}{where}: no figure."
    plan, first = bound.plan, found.rows[0]
    if plan.kind == "count":
        return _count(bound, first, metric, where, language)
    if plan.kind == "group":
        return _group(bound, found, metric, where, language)
    names = {niche.id: title(niche, language) for niche in bound.niches}
    if plan.kind == "value":
        return f"{names[first[0]]} — {metric}{where}: {amount(first[1], bound.metric, language)}."
    if plan.kind == "compare":
        listed = "; ".join(f"{names[row[0]]}: {amount(row[1], bound.metric, language)}" for row in found.rows)
        return f"{metric}{where}. {listed}."
    if plan.kind == "growth":
        return _growth(bound, found, metric, where, language)
    shown = f"показано {len(found.rows)} из {found.total}" if russian else f"{len(found.rows)} of {found.total} shown"
    return f"{metric}{where}: {_extent(bound, language)}{shown}."


def _extent(bound: Bound, language: str) -> str:
    plan = bound.plan
    if not plan.comparison:
        return ""
    said = _SIGN[plan.comparison][language == "ru"]
    return f"{said} {amount(plan.threshold, bound.metric, language)}, "


def _count(bound: Bound, row: tuple[int, ...], metric: str, where: str, language: str) -> str:
    said = _SIGN[bound.plan.comparison][language == "ru"]
    beyond = amount(bound.plan.threshold, bound.metric, language)
    if language == "ru":
        return f"Ниш, где {metric.lower()} {said} {beyond}{where}: {row[0]} из {row[1]}."
    return f"{row[0]} of {row[1]} niches have {metric.lower()} of {said} {beyond}{where}."


def _group(bound: Bound, found: FigureRows, metric: str, where: str, language: str) -> str:
    function = _FUNCTION[language][bound.plan.function]
    niches = sum(row[2] for row in found.rows)
    if not bound.plan.by:
        value = amount(found.rows[0][1], bound.metric, language, share=bound.plan.function == "share")
        counted = f"ниш: {niches}" if language == "ru" else f"{niches} niches"
        return f"{function} — {metric}{where}: {value} ({counted})."
    counted = (
        f"групп: {found.total}, значений: {niches}" if language == "ru" else f"{found.total} groups, {niches} figures"
    )
    return f"{function} — {metric}{where}: {counted}."


def _growth(bound: Bound, found: FigureRows, metric: str, where: str, language: str) -> str:
    before, period = f"{bound.plan.before:%Y-%m}", f"{bound.plan.period:%Y-%m}"
    if len(found.rows) > 1:
        return f"{metric}{where}: {before} → {period}, {len(found.rows)} / {found.total}."
    name = title(bound.niches[0], language) if bound.niches else found.rows[0][0]
    change = amount(found.rows[0][3], bound.metric, language, share=True)
    was, now = (amount(value, bound.metric, language) for value in found.rows[0][1:3])
    return f"{name} — {metric}{where}: {before} → {period}: {was} → {now} ({change})."


def _where(bound: Bound, language: str) -> str:
    parts = [
        title(bound.region, language) if not bound.region.whole else "",
        title(bound.sector, language) if bound.sector else "",
        f"{bound.plan.period:%Y-%m}" if bound.plan.period and bound.plan.kind != "growth" else "",
    ]
    named = ", ".join(filter(None, parts))
    return f" ({named})" if named else ""
