"""How tables are written as CSV and XLSX: a cell that somebody typed runs nothing, numbers stay numbers.

CSV is for programs and the same in every language: commas, decimal points, UTF-8 with a byte order mark, by which Excel
knows it. Who wants to look at a table takes XLSX, which every Excel opens as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from core.i18n import N_

Cell = str | int | float | bool | datetime | None
Look = Literal["text", "integer", "decimal", "percent", "date"]

SHARE = N_("share of 1")  # in the head of percentages, in a file without formats
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what XML cannot hold
_FORMATS: dict[Look, str] = {"integer": "#,##0", "decimal": "#,##0.00##", "percent": "0.0##%", "date": "yyyy-mm-dd"}
_MINUTES, _YEAR = "yyyy-mm-dd hh:mm", "0"
_FIRST_YEAR = 1900  # of the dates that Excel knows
_NARROW, _WIDE, _MEASURED = 9, 60, 300  # characters of a column, and the rows that its width is taken from
_LONGEST_NAME, _NO_NAME = 31, re.compile(r"[\[\]:*?/\\]")


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet of a workbook. Cells of look "date" are times or ISO texts; a percentage is a share."""

    name: str
    heads: Sequence[str]
    looks: Sequence[Look]
    rows: Sequence[Sequence[Cell]]


def as_csv(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Figures whole and unrounded; a text that a spreadsheet would take for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(harmless, heads))
    writer.writerows(map(harmless, row) for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(page: Page, about_name: str = "", about: Sequence[str] = ()) -> bytes:
    """The page with typed cells under a header that stays in sight; with `about` a second one that says what it is."""
    from openpyxl import Workbook  # at first use

    book = Workbook(write_only=True)
    _write(book, page)
    if about:
        lines = book.create_sheet(_named(about_name))
        lines.column_dimensions["A"].width = 2 * _WIDE
        for line in about:
            lines.append([_text(lines, line)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def harmless(cell: Cell) -> Cell:
    """A cell as CSV may have it: a whole float without its point, a text that runs nothing."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _write(book: Any, page: Page) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(_named(page.name))
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    columns = [[row[at] for row in page.rows[:_MEASURED]] for at in range(len(page.heads))]
    formats = [_format(look, column) for look, column in zip(page.looks, columns, strict=True)]
    for at, (head, column) in enumerate(zip(page.heads, columns, strict=True), start=1):
        widest = max((len(_seen(cell)) for cell in column), default=0)
        width = max(widest, *map(len, head.split()), min(len(head), 24)) + 2 if head.split() else widest + 2
        sheet.column_dimensions[get_column_letter(at)].width = min(max(width, _NARROW), _WIDE)
    heads = [_text(sheet, head) for head in page.heads]
    for cell in heads:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    sheet.append(heads)
    for row in page.rows:
        sheet.append(list(_cells(sheet, row, page.looks, formats)))
    if page.rows:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(page.heads))}{len(page.rows) + 1}"


def _cells(sheet: Any, row: Sequence[Cell], looks: Sequence[Look], formats: Sequence[str]) -> Iterator[Any]:
    from openpyxl.cell import WriteOnlyCell

    for value, look, number_format in zip(row, looks, formats, strict=True):
        typed = _day(value) if look == "date" else value
        if isinstance(typed, str):
            yield _text(sheet, typed)
            continue
        cell = WriteOnlyCell(sheet, value=typed)
        if isinstance(typed, datetime):
            cell.number_format = _MINUTES if typed.hour or typed.minute or look != "date" else _FORMATS["date"]
        elif isinstance(typed, int | float) and not isinstance(typed, bool) and number_format:
            cell.number_format = number_format
        yield cell


def _text(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=_UNSPEAKABLE.sub("", text))
    cell.data_type = "s"  # a formula stays a text
    return cell


def _day(value: Cell) -> Cell:
    """The date of an ISO text; what is none (a quarter that was grouped by), or is before Excel's first one, stays."""
    if not isinstance(value, str):
        return value
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return value
    return found if found.year >= _FIRST_YEAR else value


def _format(look: Look, values: Sequence[Cell]) -> str:
    """Years are written without a mark between their digits."""
    numbers = [one for one in values if isinstance(one, int | float)]
    if look == "integer" and numbers and all(_FIRST_YEAR <= one <= _FIRST_YEAR + 200 for one in numbers):
        return _YEAR
    return _FORMATS.get(look, "")


def _seen(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:,.2f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell if cell is not None else "")


def _named(name: str) -> str:
    """As Excel allows the name of a sheet."""
    return _NO_NAME.sub(" ", name)[:_LONGEST_NAME].strip() or "1"
