"""Turns the rows of a table into niches and figures, by the places that a mapping gives its columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from core.errors import BadInput
from core.i18n import N_
from niches import mapping as mappings
from niches import reading, values
from niches.drafts import SHOWN, BadRow, Draft, Figure, NicheDraft, check, number
from niches.lexicon import MetricDraft, draft
from niches.mapping import Mapping, Role

_NOT_A_PERIOD = N_("Line %(line)s: “%(cell)s” is neither a month nor a year.")
_TOO_MANY = N_("Line %(line)s: %(cells)s cells where the header has %(width)s.")
_NO_NICHE = N_("Line %(line)s: the row names no niche.")
_NO_METRIC = N_("Line %(line)s: the row names no metric.")


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
        check("region", region)
        figures = [
            Figure(line, niche.code, metric, region, when, number(cells[place] if place < len(cells) else ""))
            for place, metric in self._figures
        ]
        if Role.VALUE in self._place:
            metric = self._metric_named(self._cell(cells, Role.METRIC_NAME), draft)
            figures.append(Figure(line, niche.code, metric, region, when, number(self._cell(cells, Role.VALUE))))
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
        check("code", code)
        check("title", title)

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


def _metric(name: str, column: mappings.ColumnRole) -> MetricDraft:
    found = draft(name)
    if column.metric and column.metric != found.name:
        found = MetricDraft(column.metric, column.title or name, format="decimal")
    said = {key: value for key, value in (("title", column.title), ("unit", column.unit)) if value}
    return replace(found, **said)  # type: ignore[arg-type]


def _period(cell: str) -> date | None:
    try:
        return values.period(cell)
    except ValueError:
        raise BadRow(_NOT_A_PERIOD, cell=cell[:SHOWN]) from None


def _list(cell: str) -> tuple[str, ...]:
    separator = ";" if ";" in cell else "," if "," in cell else "|"
    return tuple(part.strip() for part in cell.split(separator) if part.strip())
