"""Turns the rows of a table, or articles, into niches and figures that wait to be stored; bad rows become sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from core.errors import BadInput
from core.i18n import N_
from niches import mapping as mappings
from niches import reading, values
from niches.lexicon import MetricDraft, draft
from niches.mapping import Mapping, Role

MOST_ERRORS = 100  # are listed; all are counted
_NOT_A_NUMBER = N_("Line %(line)s: “%(cell)s” is not a number.")
_NOT_A_PERIOD = N_("Line %(line)s: “%(cell)s” is neither a month nor a year.")
_TOO_MANY = N_("Line %(line)s: %(cells)s cells where the header has %(width)s.")
_NO_NICHE = N_("Line %(line)s: the row names no niche.")
_NO_METRIC = N_("Line %(line)s: the row names no metric.")
_NO_TITLE = N_("Line %(line)s: an article needs article_id and title.")
_NO_TEXT = N_("Line %(line)s: a name holds a character that is not text.")
_TOO_LONG = {
    "code": N_("Line %(line)s: the code is longer than %(most)s characters."),
    "title": N_("Line %(line)s: the title is longer than %(most)s characters."),
    "region": N_("Line %(line)s: the region is longer than %(most)s characters."),
}
ANOTHER_VALUE = N_("Line %(line)s: another value than in line %(first)s for the same niche, metric, region and period.")
NO_PERIOD = N_("Line %(line)s: no month is named, and this metric has figures by month here.")
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_LONGEST = {"code": 60, "title": 300, "region": 300}
_SHOWN = 40  # characters of a cell in a sentence about it


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


def of_table(table: reading.Table, mapping: Mapping, draft: Draft) -> Iterator[Figure]:
    """Figures row by row; fills `draft` on the way. Raises BadInput for a mapping that cannot be used."""
    mappings.check(mapping)
    row_of = _Row(table.header, mapping)
    draft.metrics.update(row_of.metrics)
    for line, cells in table.rows:
        draft.rows += 1
        try:
            figures = row_of.read(line, cells, draft)
        except BadRow as error:
            draft.refuse(line, error.sentence, **error.values)
        else:
            yield from figures


class _Row:
    """Reads one row after the other by the places that the mapping gives the columns."""

    def __init__(self, header: Sequence[str], mapping: Mapping) -> None:
        self._width = len(header)
        place = {name: position for position, name in enumerate(header)}
        self._place: dict[Role, int] = {
            role: place[names[0]] for role in Role if (names := mapping.of(role)) and role is not Role.IGNORE
        }
        drafts = {name: _metric(name, mapping.columns[name]) for name in mapping.of(Role.METRIC)}
        self._figures = [(place[name], one.name) for name, one in drafts.items()]
        self.metrics = {one.name: one for one in drafts.values()}
        if len(self.metrics) < len(drafts):
            raise BadInput("Two columns are the same metric. Give one of them another name.")
        self._named: dict[str, MetricDraft] = {}

    def read(self, line: int, cells: Sequence[str], draft: Draft) -> list[Figure]:
        if len(cells) > self._width and any(cells[self._width :]):
            raise BadRow(_TOO_MANY, cells=len(cells), width=self._width)
        niche = self._niche(cells)
        region, when = self._cell(cells, Role.REGION), _period(self._cell(cells, Role.PERIOD))
        _fits("region", region)
        figures = [
            Figure(line, niche.code, metric, region, when, _number(cells[place] if place < len(cells) else ""))
            for place, metric in self._figures
        ]
        if Role.VALUE in self._place:
            metric = self._metric_named(self._cell(cells, Role.METRIC_NAME), draft)
            figures.append(Figure(line, niche.code, metric, region, when, _number(self._cell(cells, Role.VALUE))))
        draft.empty += sum(figure.value is None for figure in figures)
        if niche.code not in draft.niches:
            draft.niches[niche.code] = niche
        return figures

    def _cell(self, cells: Sequence[str], role: Role) -> str:
        place = self._place.get(role)
        return cells[place].strip() if place is not None and place < len(cells) else ""

    def _niche(self, cells: Sequence[str]) -> NicheDraft:
        title, code = self._cell(cells, Role.TITLE), self._cell(cells, Role.CODE)
        code = code or mappings.slug(title or " ")
        if not (title or self._cell(cells, Role.CODE)):
            raise BadRow(_NO_NICHE)
        _fits("code", code)
        _fits("title", title)

        def said(role: Role) -> str | None:
            return self._cell(cells, role) if role in self._place else None

        tags, tags_ru = said(Role.TAGS), said(Role.TAGS_RU)
        return NicheDraft(
            code=code,
            title=title,
            title_ru=said(Role.TITLE_RU),
            sector=said(Role.SECTOR),
            sector_ru=said(Role.SECTOR_RU),
            tags=None if tags is None else _list(tags),
            tags_ru=None if tags_ru is None else _list(tags_ru),
            text=said(Role.TEXT),
            text_ru=said(Role.TEXT_RU),
        )

    def _metric_named(self, label: str, into: Draft) -> str:
        if not label:
            raise BadRow(_NO_METRIC)
        if label not in self._named:
            self._named[label] = draft(label)
            into.metrics.setdefault(self._named[label].name, self._named[label])
        return self._named[label].name


def of_articles(path: Path, draft: Draft) -> Iterator[Figure]:
    """The figures of every article, those of its tables by region too."""
    for article in reading.articles(path):
        draft.rows += 1
        try:
            figures = list(_article_figures(article, draft))
            _fits("code", article.code)
            if not (article.code and article.title):
                raise BadRow(_NO_TITLE)
        except BadRow as error:
            draft.refuse(article.line, error.sentence, **error.values)
            continue
        draft.niches[article.code] = _article_niche(article)
        yield from figures


def _article_niche(article: reading.Article) -> NicheDraft:
    if _CYRILLIC.search(article.title):
        return NicheDraft(
            article.code, article.title, article.title, article.sector, article.sector, tags_ru=article.tags,
            text_ru=article.text, article_id=article.code,
        )  # fmt: skip
    return NicheDraft(
        article.code,
        article.title,
        None,
        article.sector,
        None,
        article.tags,
        text=article.text,
        article_id=article.code,
    )


def _article_figures(article: reading.Article, into: Draft) -> Iterator[Figure]:
    for header, *rows in article.tables:
        if len(header) == 2 and not _holds_regions(header):
            cells = [(label, "", value) for label, value in rows]
        else:
            cells = [(label, row[0], value) for row in rows for label, value in zip(header[1:], row[1:], strict=False)]
        for label, region, value in cells:
            metric = draft(label)
            into.metrics.setdefault(metric.name, metric)
            figure = _number(value)
            into.empty += figure is None
            yield Figure(article.line, article.code, metric.name, region, None, figure)


def _holds_regions(header: Sequence[str]) -> bool:
    guessed = mappings.guess(header, [], "")
    return bool(guessed.of(Role.REGION))


def _metric(name: str, column: mappings.ColumnRole) -> MetricDraft:
    found = draft(name)
    if column.metric and column.metric != found.name:
        found = MetricDraft(column.metric, column.title or name, format="decimal")
    said = {key: value for key, value in (("title", column.title), ("unit", column.unit)) if value}
    return replace(found, **said)  # type: ignore[arg-type]


def _number(cell: str) -> float | None:
    try:
        return values.number(cell)
    except ValueError:
        raise BadRow(_NOT_A_NUMBER, cell=cell[:_SHOWN]) from None


def _period(cell: str) -> date | None:
    try:
        return values.period(cell)
    except ValueError:
        raise BadRow(_NOT_A_PERIOD, cell=cell[:_SHOWN]) from None


def _fits(what: str, text: str) -> None:
    if len(text) > _LONGEST[what]:
        raise BadRow(_TOO_LONG[what], most=_LONGEST[what])
    if "\x00" in text:
        raise BadRow(_NO_TEXT)


def _list(cell: str) -> tuple[str, ...]:
    separator = ";" if ";" in cell else "," if "," in cell else "|"
    return tuple(part.strip() for part in cell.split(separator) if part.strip())
