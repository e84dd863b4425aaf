"""Takes niche analytics home: tables as CSV and XLSX with their source in them, and the one-page PDF for a client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.entities.people import Principal
from core.i18n import translate
from niches import amounts
from niches.results import Column, Stamp, Table
from services import spreadsheets
from services.niches.analytics import Niches
from services.spreadsheets import SHARE, Look, Page

_LOOKS: Mapping[str, Look] = {"integer": "integer", "percent": "percent"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it is on the screen, its stamp (None where its figures are not of a dataset), and what it shows of all
    there is (a line each)."""

    table: Table
    stamp: Stamp | None
    about: Sequence[str]
    language: str


def as_csv(sheet: Sheet) -> bytes:
    """Every row says where it comes from."""
    named, source = ([translate(sheet.language, "Source")], [origin(sheet)]) if sheet.stamp else ([], [])
    heads = [*(_plain_head(column, sheet.language) for column in sheet.table.columns), *named]
    return spreadsheets.as_csv(heads, ([*row, *source] for row in sheet.table.rows))


def as_xlsx(sheet: Sheet) -> bytes:
    """A sheet with typed cells, and one that says what they are and where they come from."""
    columns, language = sheet.table.columns, sheet.language
    heads = [head(column, language) for column in columns]
    looks = [_LOOKS.get(column.format, "decimal") if column.kind == "number" else "text" for column in columns]
    page = Page(translate(language, "Figures"), heads, looks, sheet.table.rows)
    about = [line for line in (*sheet.about, origin(sheet)) if line]
    return spreadsheets.as_xlsx(page, translate(language, "About"), about)


def client_pdf(niches: Niches, principal: Principal, niche_id: str, region: str, metric: str, language: str) -> bytes:
    """One A4 page about a niche for a client, its charts about `metric`. Raises Forbidden, NotFound."""
    from niches import client_pdf as page  # reportlab takes a third of a second

    dashboard = niches.dashboard(principal, niche_id, region, language)
    metrics = [figure.metric for figure in dashboard.figures]
    chosen = (
        metric
        if metric in [one.name for one in metrics]
        else amounts.leading(metrics, [column.key for column in dashboard.regions.columns])
    )
    spread = niches.distribution(principal, niche_id, chosen, region) if chosen else []
    return page.draw(dashboard, chosen, spread, language)


def head(column: Column, language: str) -> str:
    russian = language == "ru"
    name, unit = (
        (column.title_ru or column.title, column.unit_ru or column.unit) if russian else (column.title, column.unit)
    )
    return f"{name}, {unit}" if unit and column.format != "percent" else name


def _plain_head(column: Column, language: str) -> str:
    """In a file without formats 0.12 has to say what it is."""
    name = head(column, language)
    return f"{name}, {translate(language, SHARE)}" if column.format == "percent" else name


def origin(sheet: Sheet) -> str:
    """Source, date, and whether the figures are made up, in one line; "" without a stamp."""
    stamp, language = sheet.stamp, sheet.language
    if stamp is None:
        return ""
    parts = [translate(language, stamp.source) if stamp.source else stamp.dataset, stamp.as_of]
    return " · ".join([*filter(None, parts), *([translate(language, "demo data")] if stamp.demo else [])])
