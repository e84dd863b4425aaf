"""Spreadsheets become typed tables as they go in: kept, replaced, corrected, read and deleted with their document."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import text

from core.entities.corpora import Document
from core.entities.sheets import Sheet, SheetRows
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Role
from niches.sheets.plan import SheetPlan
from services.container import Services
from tests.desk import Desk

pytestmark = pytest.mark.usefixtures("model")

SALES = (
    'Region,Revenue (USD),Share,Day,Paid\nNorth,"1,200.50",12%,2024-01-05,yes\nSouth,800,8%,2024-02-01,no\n'
    "north,n/a,,2024-02-09,yes\nTotal,2000.50,,,\n"
)


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


def workbook(**sheets: Sequence[Sequence[Any]]) -> bytes:
    book = Workbook()
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(list(row))
    del book["Sheet"]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def tables(desk: Desk, document: Document) -> list[Sheet]:
    return desk.services.sheets.list(desk.admin, document.id)[0]


def run(desk: Desk, document: Document, **plan: Any) -> SheetRows:
    return desk.services.sheets.run(desk.admin, document.id, SheetPlan.model_validate(plan))[1]


def rows_kept(desk: Desk) -> int:
    with desk.services.db.begin() as tx:
        return int(tx.connection.execute(text("SELECT count(*) FROM sheet_rows")).scalar_one())


def test_a_csv_becomes_a_table_with_names_kinds_and_units(desk: Desk) -> None:
    [sheet] = tables(desk, desk.index(desk.admin, SALES, "sales.csv"))
    assert [(one.name, one.kind, one.unit) for one in sheet.columns] == [
        ("Region", "text", ""), ("Revenue", "number", "USD"), ("Share", "percent", "%"), ("Day", "date", ""),
        ("Paid", "yes_no", ""),
    ]  # fmt: skip
    assert sheet.rows == 3
    assert [note.values for note in sheet.notes] == [{"n": 1}]  # the row with the totals


def test_empty_cells_stay_empty_and_count_for_nothing(desk: Desk) -> None:
    document = desk.index(desk.admin, SALES, "sales.csv")
    assert run(desk, document, kind="figure", column="Revenue", function="mean").rows == ((None, 1000.25, 2),)
    assert run(desk, document).rows[2] == ("north", None, None, "2024-02-09", True)


def test_filters_groups_and_order_are_those_of_the_query(desk: Desk) -> None:
    document = desk.index(desk.admin, SALES, "sales.csv")
    february = {"column": "Day", "op": "between", "value": "2024-02-01", "value2": "29.02.2024"}
    found = run(desk, document, kind="groups", by="Region", function="count", where=[february])
    assert sorted(row[:2] for row in found.rows) == [("South", 1), ("north", 1)]
    assert (found.matching, found.of) == (2, 3)
    by_month = run(
        desk, document, kind="groups", by="Day", part="month", column="Revenue", by_value=False, descending=False
    )
    assert by_month.rows == (("2024-01", 1200.5, 1), ("2024-02", 800, 1))
    north = run(
        desk, document, where=[{"column": "region", "value": "NORTH"}], sort="Revenue", show=["Region", "Revenue"]
    )
    assert north.rows == (("North", 1200.5), ("north", None))
    share = run(
        desk,
        document,
        kind="figure",
        column="Revenue",
        function="share",
        where=[{"column": "Region", "value": "South"}],
    )
    assert share.rows[0][1] == pytest.approx(800 / 2000.5)
    paid = run(
        desk, document, where=[{"column": "Paid", "value": "yes"}, {"column": "Share", "op": ">", "value": "10%"}]
    )
    assert [row[0] for row in paid.rows] == ["North"]


def test_every_sheet_of_a_workbook_is_a_table(desk: Desk) -> None:
    made = workbook(Sales=[("Region", "Units"), ("North", 3)], Staff=[("Name", "Since"), ("Ann", "2020-05-01")])
    found = tables(desk, desk.index(desk.admin, made, "book.xlsx"))
    assert [(one.n, one.title, [column.kind for column in one.columns]) for one in found] == [
        (1, "Sales", ["text", "integer"]),
        (2, "Staff", ["text", "date"]),
    ]


def test_headers_of_merged_cells_are_joined(desk: Desk) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in (
        ("Region", "2024", None, "2025", None),
        (None, "Revenue", "Cost", "Revenue", "Cost"),
        ("North", 1, 2, 3, 4),
    ):
        page.append(row)
    for cells in ("A1:A2", "B1:C1", "D1:E1"):
        page.merge_cells(cells)
    out = io.BytesIO()
    book.save(out)
    [sheet] = tables(desk, desk.index(desk.admin, out.getvalue(), "merged.xlsx"))
    assert [one.name for one in sheet.columns] == [
        "Region", "2024 > Revenue", "2024 > Cost", "2025 > Revenue", "2025 > Cost",
    ]  # fmt: skip


def test_a_percentage_of_a_workbook_is_one(desk: Desk) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(("Region", "Growth"))
    for name, value in (("North", 0.25), ("South", -0.031)):
        page.append((name, value))
        page.cell(page.max_row, 2).number_format = "0.0%"
    out = io.BytesIO()
    book.save(out)
    document = desk.index(desk.admin, out.getvalue(), "growth.xlsx")
    [sheet] = tables(desk, document)
    assert sheet.columns[1].kind == "percent"
    assert run(desk, document).rows == (
        ("North", 0.25),
        ("South", -0.031),
    )


def test_a_text_file_has_no_tables(desk: Desk) -> None:
    assert desk.services.sheets.list(desk.admin, desk.index(desk.admin, "Plain words.", "a.txt").id) == ([], "")


def test_a_new_version_brings_its_own_rows_and_takes_the_old_ones_away(desk: Desk) -> None:
    old = desk.index(desk.admin, SALES, "sales.csv")
    new = desk.index(desk.admin, "Region,Revenue\nNorth,7\nSouth,8\n", "sales.csv")
    assert [one.rows for one in tables(desk, new)] == [2]
    assert rows_kept(desk) == 2
    with pytest.raises(NotFound):
        desk.services.sheets.get(desk.admin, old.id, 1)
    again = desk.index(desk.admin, SALES, "sales.csv")  # the old bytes are the newest version now
    assert [one.rows for one in tables(desk, again)] == [3]


def test_a_deletion_proves_that_the_rows_are_gone(desk: Desk) -> None:
    document = desk.index(desk.admin, SALES, "sales.csv")
    assert desk.services.documents.delete(desk.admin, document.id).rows == 3
    assert rows_kept(desk) == 0


def test_a_table_is_readable_exactly_by_whom_the_document_is(desk: Desk) -> None:
    document = desk.index(desk.admin, SALES, "sales.csv")
    assert desk.services.sheets.get(desk.sales, document.id, 1).rows == 3
    desk.services.access.set_document(desk.admin, document.id, (Role.ANALYST,))
    with pytest.raises(NotFound):
        desk.services.sheets.run(desk.sales, document.id, SheetPlan())
    with pytest.raises(NotFound):
        desk.services.sheets.list(desk.sales, document.id)
    assert desk.services.sheets.get(desk.analyst, document.id, 1).rows == 3
    own = desk.index(desk.sales, SALES + "West,1,1%,2024-01-01,no\n", "own.csv", "my-documents")
    with pytest.raises(NotFound):
        desk.services.sheets.get(desk.admin, own.id, 1)


def test_a_type_can_be_corrected_and_stays_so(desk: Desk) -> None:
    document = desk.index(desk.admin, "Code,Units\n12,3\n13,4 or 5\n14,6\n", "codes.csv")
    [sheet] = tables(desk, document)
    assert [one.kind for one in sheet.columns] == ["integer", "text"]
    with pytest.raises(Forbidden):
        desk.services.sheets.correct(desk.sales, document.id, 1, 1, "number")
    desk.services.sheets.correct(desk.admin, document.id, 1, 0, "text")
    corrected = desk.services.sheets.correct(desk.admin, document.id, 1, 1, "number")
    assert [(one.kind, one.corrected, one.misfits) for one in corrected.columns] == [
        ("text", True, 0),
        ("number", True, 1),
    ]
    found = run(desk, document)
    assert found.rows == (("12", 3), ("13", None), ("14", 6))


def test_every_table_of_a_sheet_is_one_and_each_answers_for_itself(desk: Desk) -> None:
    made = workbook(
        Sales=[
            ("Plan 2025",),
            ("Region", "Revenue (USD)", None, None, "Manager", "Since"),
            ("North", 100, None, None, "Ann", "2020-05-01"),
            ("South", 200, None, None, "Bob", "2021-06-01"),
            ("West", 300, None, None, None, None),
            (),
            ("Product", "Units", "Price"),
            ("Tea", 3, 1.5),
            ("Milk", 4, 0.5),
            (),
            ("Source: the shops' own books.",),
        ]
    )
    document = desk.index(desk.admin, made, "book.xlsx")
    found = tables(desk, document)
    assert [(one.title, [column.name for column in one.columns], one.rows) for one in found] == [
        ("Sales · Plan 2025", ["Region", "Revenue"], 3),
        ("Sales · 2", ["Product", "Units", "Price"], 2),
        ("Sales · 3", ["Manager", "Since"], 2),
    ]
    assert run(desk, document, table=2, kind="figure", column="Units", function="sum").rows[0][1] == 7
    assert run(desk, document, kind="figure", column="Revenue", function="sum").rows[0][1] == 600


def test_a_correction_is_carried_to_the_next_versions_where_sheet_and_name_match(desk: Desk) -> None:
    first = desk.index(desk.admin, workbook(Stock=[("Code", "Units"), (12, 3), (13, 4)]), "stock.xlsx")
    desk.services.sheets.correct(desk.admin, first.id, 1, 0, "text")
    wider = workbook(Other=[("Code", "Units"), (1, 2)], Stock=[("Depot", "Units", "Code"), ("A", 3, 12), ("B", 4, 13)])
    second = desk.index(desk.admin, wider, "stock.xlsx")
    assert [[(one.kind, one.corrected) for one in sheet.columns] for sheet in tables(desk, second)] == [
        [("integer", False), ("integer", False)],
        [("text", False), ("integer", False), ("text", True)],
    ]
    assert run(desk, second, table=2, show=["Code"]).rows == (("12",), ("13",))
    third = desk.index(desk.admin, workbook(Stock=[("Code", "Units"), (14, 5)]), "stock.xlsx")
    assert [(one.kind, one.corrected) for one in tables(desk, third)[0].columns] == [
        ("text", True),
        ("integer", False),
    ]


def test_a_correction_outlives_the_recogniser_that_it_was_made_with(desk: Desk) -> None:
    document = desk.index(desk.admin, "Code,Weight (kg)\n12,3\n13,4\n", "codes.csv")
    desk.services.sheets.correct(desk.admin, document.id, 1, 1, "text")
    with desk.services.db.begin() as tx:  # as kept before columns had a header of the file
        tx.connection.execute(text("UPDATE sheets SET columns = columns #- '{0,header}' #- '{1,header}'"))
        tx.connection.execute(text("UPDATE spreadsheets SET layout = 1"))
    assert [(one.kind, one.corrected) for one in tables(desk, document)[0].columns] == [
        ("integer", False),
        ("text", True),
    ]


def test_columns_that_differ_in_their_unit_alone_keep_it_in_their_names(desk: Desk) -> None:
    document = desk.index(desk.admin, "Item,Price (USD),Price (EUR)\nTea,1,2\nMilk,3,4\n", "prices.csv")
    assert [one.name for one in tables(desk, document)[0].columns] == ["Item", "Price (USD)", "Price (EUR)"]
    assert run(desk, document, kind="figure", column="Price (EUR)", function="sum").rows[0][1] == 6


def test_a_spreadsheet_from_before_gets_its_tables_when_somebody_looks(desk: Desk) -> None:
    document = desk.index(desk.admin, SALES, "sales.csv")
    with desk.services.db.begin() as tx:
        tx.sheets.remove([document.id])
    assert [one.rows for one in tables(desk, document)] == [3]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"where": [{"column": "Turnover", "value": "x"}]}, "Revenue"),
        ({"where": [{"column": "Revenue", "value": "many"}]}, "many"),
        ({"where": [{"column": "Day", "op": ">", "value": "soon"}]}, "soon"),
        ({"kind": "figure", "column": "Region"}, "no number"),
        ({"kind": "groups", "column": "Revenue"}, "grouped"),
        ({"sort": "Colour"}, "no column"),
    ],
)
def test_a_plan_that_the_table_cannot_answer_is_refused_with_a_sentence(
    desk: Desk, asked: dict[str, Any], said: str
) -> None:
    document = desk.index(desk.admin, SALES, "sales.csv")
    with pytest.raises(BadInput, match=said):
        run(desk, document, **asked)
