"""What people take home from a table is what they saw, and nothing in it runs."""

from __future__ import annotations

import io

from openpyxl import load_workbook

from components.tables import Column, Row, as_csv, as_xlsx

COLUMNS = (Column("name", "Name"), Column("count", "Count", "number"))
ROWS: tuple[Row, ...] = ({"name": "=HYPERLINK(1)", "count": 3}, {"name": "Ёлка, «ель»", "count": -2})


def test_a_csv_opens_in_a_spreadsheet_and_runs_no_formula() -> None:
    assert as_csv(COLUMNS, ROWS) == (
        b"\xef\xbb\xbf" + 'Name,Count\r\n\'=HYPERLINK(1),3\r\n"Ёлка, «ель»",-2\r\n'.encode()
    )


def test_a_sheet_keeps_numbers_as_numbers_and_formulas_as_text() -> None:
    sheet = load_workbook(io.BytesIO(as_xlsx(COLUMNS, ROWS))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]] == ["=HYPERLINK(1)", 3]
    assert sheet["A2"].data_type == "s"
    assert sheet["B3"].value == -2
