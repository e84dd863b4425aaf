"""Takes niche analytics home: tables as CSV and XLSX with their source in them, and the one-page PDF for a client."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from core.entities.people import Principal
from core.i18n import translate
from niches import amounts
from niches.results import Cell, Column, Stamp, Table
from services.niches import Niches

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER_FORMATS = {"integer": "#,##0", "percent": "0.0%"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it is on the screen, its stamp (None where its figures are not of a dataset), and what it shows of all
    there is (a line each)."""

    table: Table
    stamp: Stamp | None
    about: Sequence[str]
    language: str


def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with a byte order mark, figures whole and unrounded; every row says where it comes from. A text that a
    spreadsheet would take for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    named, source = ([translate(sheet.language, "Source")], [origin(sheet)]) if sheet.stamp else ([], [])
    writer.writerow([*(head(column, sheet.language) for column in sheet.table.columns), *named])
    writer.writerows([*map(_harmless, row), *source] for row in sheet.table.rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(sheet: Sheet) -> bytes:
    """A sheet with typed cells, and one that says what they are and where they come from."""
    from openpyxl import Workbook  # at first use

    book = Workbook()
    cells = book.active or book.create_sheet()
    cells.title = translate(sheet.language, "Figures")
    cells.append([head(column, sheet.language) for column in sheet.table.columns])
    for at, row in enumerate(sheet.table.rows, start=2):
        for place, (column, value) in enumerate(zip(sheet.table.columns, row, strict=True), start=1):
            cell = cells.cell(at, place, value)
            if cell.data_type == "f":
                cell.data_type = "s"
            cell.number_format = _NUMBER_FORMATS.get(column.format, cell.number_format)
    for place, column in enumerate(sheet.table.columns):
        cells.column_dimensions[chr(ord("A") + place)].width = 36 if column.kind == "text" else 20
    cells.freeze_panes = "A2"
    about = book.create_sheet(translate(sheet.language, "About"))
    for line in (*sheet.about, origin(sheet)):
        about.append([_harmless(line)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


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


def origin(sheet: Sheet) -> str:
    """Source, date, and whether the figures are made up, in one line; "" without a stamp."""
    stamp, language = sheet.stamp, sheet.language
    if stamp is None:
        return ""
    parts = [translate(language, stamp.source) if stamp.source else stamp.dataset, stamp.as_of]
    return " · ".join([*filter(None, parts), *([translate(language, "demo data")] if stamp.demo else [])])


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)  # 312 rather than 312.0
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
