"""Excel workbooks: each table of a sheet stands under its name; formulas show their saved results.

Headers of several rows, as merged cells make them, become one row: `2024 > Q1`. Merged cells are known of workbooks of
a common size only, since openpyxl holds the whole workbook in memory to tell them.
"""

from __future__ import annotations

import datetime
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core.entities.reading import Block, Parsed
from rag.readers import sheets
from rag.readers.content import require_office
from rag.readers.limits import Limits
from rag.readers.regions import Region

_LARGE_BYTES = 8_000_000  # of the sheets, unpacked
_MOST_HEADER_ROWS = 4


def read(path: Path, limits: Limits) -> Parsed:
    require_office(path, "xl", ".xlsx", limits)
    import openpyxl

    with path.open("rb") as file, warnings.catch_warnings():  # openpyxl judges a path by its suffix; ours have none
        # openpyxl warns of features that it drops when it writes; nothing is written here.
        warnings.simplefilter("ignore")
        workbook = openpyxl.load_workbook(file, read_only=_is_large(path), data_only=True)
        try:
            blocks = tuple(block for sheet in workbook.worksheets for block in _sheet(sheet))
            return Parsed(blocks, title=workbook.properties.title or "")
        finally:
            workbook.close()


def _is_large(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        sheets = [one for one in archive.infolist() if one.filename.startswith("xl/worksheets/")]
    return sum(one.file_size for one in sheets) > _LARGE_BYTES


def _sheet(sheet: Any) -> Iterator[Block]:
    merged = [_Span(*one.bounds) for one in sheet.merged_cells.ranges] if hasattr(sheet, "merged_cells") else []
    if hasattr(sheet, "reset_dimensions"):
        # The size that a file states may be wrong or a million rows; without it the rows that exist are read.
        sheet.reset_dimensions()
    rows = [[_shown(cell).strip() for cell in row] for row in sheet.iter_rows()]

    def headed(region: Region) -> list[list[str]]:
        spans = [one.within(region) for one in merged if one.begins_in(region)]
        return _with_one_header(region.of(rows), spans) if spans else region.of(rows)

    yield from sheets.blocks(rows, sheet.title, headed)


class _Span(NamedTuple):
    """Merged cells; columns and rows count from 1, as openpyxl's do."""

    left: int
    top: int
    right: int
    bottom: int

    def begins_in(self, region: Region) -> bool:
        return region.left < self.left <= region.right and region.top < self.top <= region.bottom

    def within(self, region: Region) -> _Span:
        """In the rows and columns of the region."""
        right, bottom = min(self.right, region.right), min(self.bottom, region.bottom)
        return _Span(self.left - region.left, self.top - region.top, right - region.left, bottom - region.top)


def _with_one_header(rows: list[list[str]], merged: Sequence[_Span]) -> list[list[str]]:
    """The rows with each merged cell's text in every cell that it covers, and the rows of a header made one."""
    width = max((sum(map(bool, row)) for row in rows), default=0)
    inner = [one for one in merged if one.right - one.left + 1 < max(width, 2) or one.bottom > one.top]
    for span in inner:
        _spread(rows, span)
    top = next((n for n, row in enumerate(rows) if sum(map(bool, row)) > 1), 0)
    bottom = _header_end(top, inner)
    if not top + 1 < bottom <= min(len(rows), top + _MOST_HEADER_ROWS):
        return rows
    header = [" > ".join(dict.fromkeys(filter(None, column))) for column in zip(*rows[top:bottom], strict=False)]
    return [*rows[:top], header, *rows[bottom:]]


def _header_end(top: int, merged: Sequence[_Span]) -> int:
    """The row after the header that begins in row `top`; below a cell that spans columns stand the names of those."""
    bottom = top + 1
    for _ in range(_MOST_HEADER_ROWS):
        starts = (one for one in merged if top < one.top <= bottom)
        bottom = max([bottom, *(one.bottom + (one.right > one.left) for one in starts)])
    return bottom


def _spread(rows: list[list[str]], span: _Span) -> None:
    text = rows[span.top - 1][span.left - 1] if span.top <= len(rows) else ""
    for row in rows[span.top - 1 : span.bottom]:
        for column in range(span.left - 1, min(span.right, len(row))):
            row[column] = text


def _shown(cell: Any) -> str:
    match value := cell.value:
        case None:
            return ""
        case int() | float() if not isinstance(value, bool) and "%" in cell.number_format:
            return f"{value * 100:.15g}%"
        case float():
            return f"{value:.15g}"
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime():
            return value.isoformat(" ", "minutes")
        case _:
            return str(value)
