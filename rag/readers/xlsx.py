"""Excel workbooks: each sheet is a heading with its name and one table; formulas show their saved results."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.entities import Block, Parsed
from rag.readers import tables
from rag.readers.content import require_office
from rag.readers.limits import Limits


def read(path: Path, limits: Limits) -> Parsed:
    require_office(path, "xl", ".xlsx", limits)
    import openpyxl

    with warnings.catch_warnings():
        # openpyxl warns of features that it drops when it writes; nothing is written here.
        warnings.simplefilter("ignore")
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            blocks = tuple(block for sheet in workbook.worksheets for block in _sheet(sheet))
            return Parsed(blocks, title=workbook.properties.title or "")
        finally:
            workbook.close()


def _sheet(sheet: Any) -> Iterator[Block]:
    # The size that a file states may be wrong or a million rows; without it the rows that exist are read.
    sheet.reset_dimensions()
    table = list(tables.blocks([[_shown(value) for value in row] for row in sheet.iter_rows(values_only=True)]))
    if table:
        yield Block(sheet.title, "heading", 1)
        yield from table


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.15g}"
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime():
            return value.isoformat(" ", "minutes")
        case _:
            return str(value)
