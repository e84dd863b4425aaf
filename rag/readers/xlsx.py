"""Excel workbooks: each table of a sheet stands under its name; formulas show their saved results.

Headers of several rows, as merged cells make them, become one row: `2024 > Q1`. Merged cells are known of workbooks of
a common size only, since openpyxl holds the whole workbook in memory to tell them.
"""

from __future__ import annotations

import datetime
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.entities.reading import Block, Parsed
from rag.readers import sheets
from rag.readers.content import require_office
from rag.readers.limits import Limits
from rag.readers.merged import Span, with_one_header
from rag.readers.regions import Region

NO_RESULTS = (
    "Formulas without a saved result were left out (%(formulas)s). Open the workbook, save it and upload it again."
)

# Not where the result is an empty text (t="str").
_NO_RESULT = re.compile(
    rb"<c\b(?![^>]*\bt=\"str\")[^>]*>\s*<f\b(?:[^<>]*/>|[^<>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)
_LARGE_BYTES = 8_000_000  # of the sheets, unpacked


def read(path: Path, limits: Limits) -> Parsed:
    require_office(path, "xl", ".xlsx", limits)
    import openpyxl

    with path.open("rb") as file, warnings.catch_warnings():  # openpyxl judges a path by its suffix; ours have none
        # openpyxl warns of features that it drops when it writes; nothing is written here.
        warnings.simplefilter("ignore")
        workbook = openpyxl.load_workbook(file, read_only=_is_large(path), data_only=True)
        try:
            blocks = tuple(block for sheet in workbook.worksheets for block in _sheet(sheet))
            return Parsed(blocks, title=workbook.properties.title or "", notes=_notes(path))
        finally:
            workbook.close()


def _is_large(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        sheets = [one for one in archive.infolist() if one.filename.startswith("xl/worksheets/")]
    return sum(one.file_size for one in sheets) > _LARGE_BYTES


def _notes(path: Path) -> tuple[str, ...]:
    """Whether formulas have no results, as in workbooks that a program wrote and nobody has opened since."""
    if _is_large(path):
        return ()
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        missing = sum(len(_NO_RESULT.findall(archive.read(name))) for name in sheets)
    return (NO_RESULTS % {"formulas": missing},) if missing else ()


def _sheet(sheet: Any) -> Iterator[Block]:
    merged = [Span(*one.bounds) for one in sheet.merged_cells.ranges] if hasattr(sheet, "merged_cells") else []
    if hasattr(sheet, "reset_dimensions"):
        # The size that a file states may be wrong or a million rows; without it the rows that exist are read.
        sheet.reset_dimensions()
    rows = [[_shown(cell).strip() for cell in row] for row in sheet.iter_rows()]

    def headed(region: Region) -> list[list[str]]:
        spans = [_within(one, region) for one in merged if _begins_in(one, region)]
        return with_one_header(region.of(rows), spans) if spans else region.of(rows)

    yield from sheets.blocks(rows, sheet.title, headed)


def _begins_in(span: Span, region: Region) -> bool:
    return region.left < span.left <= region.right and region.top < span.top <= region.bottom


def _within(span: Span, region: Region) -> Span:
    """In the rows and columns of the region."""
    right, bottom = min(span.right, region.right), min(span.bottom, region.bottom)
    return Span(span.left - region.left, span.top - region.top, right - region.left, bottom - region.top)


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
