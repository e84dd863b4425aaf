"""Niches and figures as a file says them, before they are stored; what is bad about a row becomes a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from core.i18n import N_
from niches import values
from niches.lexicon import MetricDraft

MOST_ERRORS = 100  # are listed; all are counted
_NOT_A_NUMBER = N_("Line %(line)s: “%(cell)s” is not a number.")
_NO_TEXT = N_("Line %(line)s: a name holds a character that is not text.")
_TOO_LONG = {
    "code": N_("Line %(line)s: the code is longer than %(most)s characters."),
    "title": N_("Line %(line)s: the title is longer than %(most)s characters."),
    "region": N_("Line %(line)s: the region is longer than %(most)s characters."),
}
ANOTHER_VALUE = N_("Line %(line)s: another value than in line %(first)s for the same niche, metric, region and period.")
NO_PERIOD = N_("Line %(line)s: no month is named, and this metric has figures by month here.")
_LONGEST = {"code": 60, "title": 300, "region": 300}
SHOWN = 40  # characters of a cell in a sentence about it


@dataclass(slots=True)
class NicheDraft:
    """What a file says about a niche; None is what it does not speak of."""

    code: str
    title: str = ""
    title_ru: str | None = None
    sector: str | None = None
    sector_ru: str | None = None
    tags: tuple[str, ...] | None = None
    tags_ru: tuple[str, ...] | None = None
    text: str | None = None
    text_ru: str | None = None
    article_id: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell. `region` is empty for the whole; `value` is None for an empty cell: then there is no figure."""

    line: int
    code: str
    metric: str
    region: str
    period: date | None
    value: float | None


@dataclass(slots=True)
class Draft:
    """What has been read so far; complete once `figures` is used up."""

    niches: dict[str, NicheDraft] = field(default_factory=dict)
    metrics: dict[str, MetricDraft] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    rows: int = 0
    bad_rows: int = 0
    empty: int = 0

    def refuse(self, line: int, sentence: str, **values: object) -> None:
        """`sentence` is a message id with a place for the line; it is kept in English."""
        self.bad_rows += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(sentence % {"line": line, **values})


class BadRow(Exception):
    """Why a row is not imported: a message id and what fills its places but the line."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.sentence, self.values = sentence, values


def number(cell: str) -> float | None:
    """None for an empty cell; raises BadRow."""
    try:
        return values.number(cell)
    except ValueError:
        raise BadRow(_NOT_A_NUMBER, cell=cell[:SHOWN]) from None


def check(what: str, text: str) -> None:
    """Raises BadRow for a code, title or region that cannot be kept."""
    if len(text) > _LONGEST[what]:
        raise BadRow(_TOO_LONG[what], most=_LONGEST[what])
    if "\x00" in text:
        raise BadRow(_NO_TEXT)
