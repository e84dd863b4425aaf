"""Writes figures for eyes: short, with a unit, in the reader's language; `sentences.amount` writes them whole."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date

from babel.dates import format_date
from babel.numbers import format_compact_decimal, format_decimal

from core.entities.niches import Metric
from niches import values

_THOUSANDS = ("thousand ", "тыс. ")
_ALL_DIGITS = 10_000  # below this a number is as short as it gets


def natural(metric: Metric, language: str) -> tuple[float, str]:
    """(factor, unit) in which a metric reads best: "thousand USD" becomes USD, a share becomes per cent."""
    if metric.format == "percent":
        return 100.0, "%"
    unit = metric.unit_ru if language == "ru" and metric.unit_ru else metric.unit
    for word in _THOUSANDS:
        if unit.startswith(word):
            return 1_000.0, unit.removeprefix(word)
    return 1.0, unit


def short(value: float | None, metric: Metric, language: str) -> str:
    """1.2B USD, 34.5%; a dash where there is no figure."""
    if value is None:
        return "–"
    factor, unit = natural(metric, language)
    written = compact(value * factor, language)
    space = "" if unit == "%" and language == "en" else "\u00a0"
    return f"{written}{space}{unit}" if unit else written


def compact(value: float, language: str) -> str:
    """1.2M, 34K, 9,120, 3.7: three digits or so."""
    if abs(value) >= _ALL_DIGITS:
        return str(format_compact_decimal(value, fraction_digits=1, locale=language))
    digits = 0 if abs(value) >= 100 or float(value).is_integer() else 1 if abs(value) >= 1 else 2
    return str(format_decimal(round(value, digits), locale=language))


def month(day: date, language: str) -> str:
    """Dec 2025, дек. 2025."""
    return str(format_date(day, "LLL y", locale=language))


def day(at: date, language: str) -> str:
    return str(format_date(at, "d MMM y", locale=language))


def as_of(said: str, language: str) -> str:
    """2018 as it is, 2025-12 as a month."""
    try:
        at = values.period(said)
    except ValueError:
        return said
    return month(at, language) if at and len(said) > len("2025") else said


def leading(metrics: Iterable[Metric], regional: Container[str] = ()) -> str:
    """The name of the metric to show first: one that is known by region, and of those one that is counted up over a
    year, which tells more than a state; "" for none."""
    everything = list(metrics)
    known = [one for one in everything if one.name in regional] or everything
    return next(
        (one.name for one in known if one.over_time == "sum" and not one.derived), known[0].name if known else ""
    )
