"""Writes figures for eyes: short, with a unit, in the reader's language; `niches.sentences.amount` writes them whole."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date
from babel.numbers import format_compact_decimal, format_decimal

from core.niche_entities import Metric

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
