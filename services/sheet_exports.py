"""Takes a table of a spreadsheet home: the rows of a query as CSV and XLSX, with what they are and where from."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.entities.sheets import Cell, Kind

MOST_ROWS = 200_000  # of one file
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER_FORMATS = {"integer": "#,##0", "percent": "0.0%", "date": "yyyy-mm-dd"}


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows as they are on the screen, under `heads` with their units; `about` says what they are, a line each."""

    heads: Sequence[str]
    kinds: Sequence[Kind]
    rows: Sequence[Sequence[Cell]]
    about: Sequence[str]


def as_csv(taken: Taken) -> bytes:
    """UTF-8 with a byte order mark, figures whole; a text that a spreadsheet would take for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(_harmless, taken.heads))
    writer.writerows(map(_harmless, row) for row in taken.rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(taken: Taken) -> bytes:
    """A sheet with typed cells, and one that says what they are."""
    from openpyxl import Workbook  # at first use
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet, about = book.create_sheet("Table"), book.create_sheet("About")
    sheet.freeze_panes = "A2"

    def cells(row: Iterable[Cell], kinds: Iterable[Kind]) -> Iterable[object]:
        for value, kind in zip(row, kinds, strict=True):
            cell = WriteOnlyCell(sheet, value=_typed(value, kind))
            if isinstance(value, str) and kind != "date":
                cell.data_type = "s"  # a formula stays a text
            elif kind in _NUMBER_FORMATS:
                cell.number_format = _NUMBER_FORMATS[kind]
            yield cell

    sheet.append(list(cells(taken.heads, ["text"] * len(taken.heads))))
    for row in taken.rows:
        sheet.append(list(cells(row, taken.kinds)))
    for line in taken.about:
        about.append(list(cells([line], ["text"])))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _typed(value: Cell, kind: Kind) -> Cell | datetime:
    if kind != "date" or not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:  # a year, a quarter or a month that was grouped by
        return value


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
