"""Tables as files: numbers are numbers, dates are dates, and nothing that somebody typed runs."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from services.spreadsheets import Page, as_csv, as_xlsx

DANGEROUS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0")


def opened(page: Page, about: tuple[str, ...] = ()) -> Any:
    return load_workbook(io.BytesIO(as_xlsx(page, "About", about)))


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_text_that_would_run_does_not_whether_it_is_a_cell_a_head_or_a_line_about_it(text: str) -> None:
    heads, row = list(csv.reader(io.StringIO(as_csv([text], [[text]]).decode("utf-8-sig"))))
    assert heads == row == [f"'{text}"]
    book = opened(Page("T", [text], ["text"], [[text]]), (text,))
    cells = [book["T"]["A1"], book["T"]["A2"], book["About"]["A1"]]
    assert [cell.data_type for cell in cells] == ["s"] * 3
    assert [cell.value for cell in cells] == [text] * 3


def test_csv_is_known_as_utf8_and_keeps_every_digit() -> None:
    made = as_csv(["Город", "Выручка, ₽"], [["Казань; «Ёлка»", 312.0], ["Тула", 0.1234567890123], ["", None]])
    assert made.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))
    assert rows[1:] == [["Казань; «Ёлка»", "312"], ["Тула", "0.1234567890123"], ["", ""]]


def test_cells_have_the_type_and_the_format_of_their_column() -> None:
    looks: Any = ["text", "integer", "decimal", "percent", "date", "date", "integer"]
    row: list[Any] = ["Казань", 12_345, 1.5, 0.125, "2024-02-29", "2024-02-29 10:30", 2024]
    sheet = opened(Page("T", list("abcdefg"), looks, [row, [None] * 7]))["T"]
    assert [cell.value for cell in sheet[2]] == [
        "Казань", 12_345, 1.5, 0.125, datetime(2024, 2, 29), datetime(2024, 2, 29, 10, 30), 2024,
    ]  # fmt: skip
    assert [cell.number_format for cell in sheet[2]][1:] == [
        "#,##0", "#,##0.00##", "0.0##%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "0",
    ]  # fmt: skip
    assert [cell.value for cell in sheet[3]] == [None] * 7


def test_what_is_no_day_of_excel_stays_a_text() -> None:
    sheet = opened(Page("T", ["Day"], ["date"], [["2024-Q1"], ["1812-09-07"], ["2024-02"]]))["T"]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["2024-Q1", "1812-09-07", "2024-02"]


def test_the_header_stays_in_sight_and_columns_are_as_wide_as_their_texts() -> None:
    heads = [f"Column {at}" for at in range(30)]  # beyond the letter Z
    row: list[Any] = ["слово " * 5, *range(29)]
    sheet = opened(Page("Q1/Q2: [all]?", heads, ["text", *["integer"] * 29], [row]))["Q1 Q2   all"]  # type: ignore[list-item]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet["A1"].font.bold) == ("A2", "A1:AD2", True)
    assert sheet.column_dimensions["A"].width > 30 > sheet.column_dimensions["AD"].width > 8


def test_signs_that_a_workbook_cannot_hold_are_left_out() -> None:
    assert opened(Page("T", ["a\x00b"], ["text"], [["x\x01y\nz"]]))["T"]["A2"].value == "xy\nz"


def test_a_table_without_rows_is_a_header() -> None:
    sheet = opened(Page("T", ["a", ""], ["text", "integer"], []))["T"]
    assert sheet.max_row == 1
