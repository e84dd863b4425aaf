"""What the parts of niche analytics are called in the reader's language: titles, stamps, standings."""

from __future__ import annotations

from components import session
from components.i18n import N_, _, number
from components.markup import plain
from core.entities.niches import Dataset, Metric, Standing
from niches import amounts, sentences
from niches.results import Column, Stamp

_GENERATED = N_("Generated for demonstration")  # the source of the demo set
WHOLE = N_("All regions")


def title(named: object) -> str:
    return sentences.title(named, session.locale())


def place(named: object) -> str:
    """A region's title; the whole of a dataset often has none."""
    return title(named) or _(WHOLE)


def short(value: float | None, metric: Metric) -> str:
    return amounts.short(value, metric, session.locale())


def full(value: float | None, metric: Metric) -> str:
    return sentences.amount(value, metric, session.locale())


def unit(metric: Metric) -> str:
    return amounts.natural(metric, session.locale())[1]


def column(one: Column) -> str:
    """The head of a column, with its unit."""
    russian = session.locale() == "ru"
    name, measure = (one.title_ru or one.title, one.unit_ru or one.unit) if russian else (one.title, one.unit)
    return f"{name}, {measure}" if measure else name


def rank(standing: Standing) -> str:
    return _("rank %(rank)s of %(niches)s", rank=number(standing.rank), niches=number(standing.niches))


def percentile(standing: Standing) -> str:
    return _("above %(share)s%% of niches", share=number(standing.percentile))


def metric_about(metric: Metric) -> str:
    """What a metric means, or how it is computed."""
    russian = session.locale() == "ru"
    return (metric.description_ru if russian else "") or metric.description


def stamp(made: Stamp) -> str:
    """Markdown: where figures come from, as of when, and that they are made up where they are."""
    parts = [_("Source: %(source)s", source=plain(_(made.source)))] if made.source else []
    if made.as_of:
        parts.append(_("Data as of %(date)s", date=plain(amounts.as_of(made.as_of, session.locale()))))
    return " · ".join([*([demo()] if made.demo else []), *parts])


def demo() -> str:
    return f":orange-badge[:material/science: {_('demo data')}]"


def dataset(one: Dataset) -> str:
    return title(one) or one.name
