"""Which parts of a sheet are tables of their own, and which gaps stand in the middle of one."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from rag.readers import Limits, csv, sheets, xlsx
from rag.readers.regions import split
from rag.tables import Limits as Kept
from rag.tables import typed


def found(*lines: str) -> list[list[list[str]]]:
    """The tables of rows with cells between bars."""
    rows = [line.split("|") if line else [] for line in lines]
    return [region.of(rows) for region in split(rows)]


def count(*lines: str) -> int:
    return len(found(*lines))


ONE_TABLE = {
    "no gap": ("Region|Units", "North|1", "South|2"),
    "an empty row between records": ("Region|Units", "North|1", "", "South|2", "West|3"),
    "an empty row below the header": ("Region|Units", "", "North|1", "South|2"),
    "groups under a name": ("Region|Units", "North|", "Oslo|1", "", "South|", "Rome|2"),
    "a total after a gap": ("Region|Units", "North|1", "South|2", "", "Total|3"),
    "records of texts": ("Name|City", "Ann|Oslo", "Bob|Rome", "", "Eve|Paris", "Dan|Lima"),
    "a record that lacks a figure": ("Name|Code|Units", "A|x|5", "", "B|y|n/a", "C|z|7"),
    "an empty column": ("Region|Units||Cost", "North|1||5", "South|2||6"),
    "an empty column before a state": ("Name|Units||State", "A|1||new", "B|2||new", "C|3||old"),
    "one column beside it": ("Region|Units||Note", "North|1||see below", "South|2||"),
    "a title": ("Sales of 2025", "", "Region|Units", "North|1"),
    "two columns of numbers": ("1|2", "3|4", "", "5|6"),
}


@pytest.mark.parametrize("lines", ONE_TABLE.values(), ids=ONE_TABLE.keys())
def test_a_gap_in_the_middle_of_a_table_does_not_divide_it(lines: tuple[str, ...]) -> None:
    assert count(*lines) == 1


SEVERAL = {
    "other names": (2, ("Region|Units", "North|1", "", "Product|Price", "Tea|2", "Milk|3")),
    "the same names again": (2, ("Month|Units", "Jan|1", "Feb|2", "", "Month|Units", "Mar|3", "Apr|4")),
    "texts under a title": (2, ("Name|City", "Ann|Oslo", "", "Partners", "Name|City", "Bob|Rome")),
    "texts two rows below": (2, ("Name|City", "Ann|Oslo", "Bob|Rome", "", "", "Tool|Colour", "Saw|red", "Axe|blue")),
    "a wider one": (2, ("Name|City", "Ann|Oslo", "Bob|Rome", "", "Tool|Colour|Size|Use", "Saw|red|big|wood")),
    "beside each other": (2, ("Region|Units||Person|Age", "North|1||Ann|30", "South|2||Bob|40")),
    "beside and longer": (2, ("Region|Units|||Rate|Day", "North|1|||x|2024-01-01", "|||| ", "|||y|2024-01-02")),
    "beside with titles": (2, ("2024|||2025|", "Month|Units||Month|Units", "Jan|1||Jan|2", "Feb|3||Feb|4")),
    "a square of four": (
        4,
        ("A|B||C|D", "x|1||y|2", "z|3||w|4", "", "E|F||G|H", "x|1||y|2", "z|3||w|4"),
    ),
    "a table and a note": (2, ("Region|Units", "North|1", "", "Source: own books")),
}  # fmt: skip


@pytest.mark.parametrize(("expected", "lines"), SEVERAL.values(), ids=SEVERAL.keys())
def test_what_begins_anew_is_a_table_of_its_own(expected: int, lines: tuple[str, ...]) -> None:
    assert count(*lines) == expected


def test_no_cell_is_lost_or_comes_twice() -> None:
    lines = [line for _expected, some in SEVERAL.values() for line in some]
    cells = sorted(cell for line in lines for cell in line.split("|") if cell)
    parts = [part for _expected, some in SEVERAL.values() for part in found(*some)]
    assert sorted(cell for part in parts for row in part for cell in row if cell) == cells


def test_an_empty_sheet_has_no_region() -> None:
    assert split([]) == split([[], ["", ""]]) == []


def test_each_of_several_tables_has_a_heading_with_its_title_or_its_number() -> None:
    rows = [["Plan"], ["Region", "Units"], ["North", "1"], [], ["Product", "Price"], ["Tea", "2"], [], ["A note."]]
    blocks = [(block.kind, block.text.split("\n")[0]) for block in sheets.blocks(rows, "Sales")]
    assert blocks == [
        ("heading", "Sales · Plan"),
        ("text", "Plan"),
        ("table", "| Region | Units |"),
        ("heading", "Sales · 2"),
        ("table", "| Product | Price |"),
        ("text", "A note."),
    ]
    assert [block.text for block in sheets.blocks(rows[:3], "Sales") if block.kind == "heading"] == ["Sales"]


def test_merged_cells_of_a_workbook_are_those_of_their_own_table(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = "Book"
    for row in (
        ["Two years"],
        ["Region", "Units", None, "Depot", "2024", None],
        ["North", 1, None, None, "Plan", "Fact"],
        ["South", 2, None, "A", 3, 4],
        [None, None, None, "B", 5, 6],
    ):
        page.append(row)
    for cells in ("A1:F1", "D2:D3", "E2:F2"):
        page.merge_cells(cells)
    path = tmp_path / "book"
    book.save(path)
    assert [(block.kind, block.text) for block in xlsx.read(path, Limits()).blocks] == [
        ("heading", "Book · Two years"),
        ("text", "Two years"),
        ("table", "| Region | Units |\n| --- | --- |\n| North | 1 |\n| South | 2 |"),
        ("heading", "Book · 2"),
        ("table", "| Depot | 2024 > Plan | 2024 > Fact |\n| --- | --- | --- |\n| A | 3 | 4 |\n| B | 5 | 6 |"),
    ]


def test_reports_below_each_other_in_a_csv_are_tables_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text(
        "Выручка\r\nГород;Руб.\r\nКазань;10\r\n;\r\nРасходы\r\nСтатья;Руб.\r\nАренда;3\r\n",
        encoding="cp1251",
        newline="",
    )
    found = [(table.title, list(rows)) for table, rows in typed(csv.read(path, Limits()).blocks, "a.csv", (), Kept())]
    assert found == [("Выручка", [("Казань", 10)]), ("Расходы", [("Аренда", 3)])]
