"""What a table of a file is recognised as: names, units, kinds, numbers and dates as people write them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.entities.reading import Block
from core.entities.sheets import Cell, Correction, TypedTable
from rag.readers import tables as written
from rag.tables import Limits, typed

Rows = list[tuple[Cell, ...]]


def recognised(
    *rows: str, name: str = "a.csv", corrections: Sequence[Correction] = (), limits: Limits | None = None
) -> list[tuple[TypedTable, Rows]]:
    """Rows with cells between semicolons."""
    blocks = list(written.blocks([row.split(";") for row in rows]))
    return [(table, list(found)) for table, found in typed(blocks, name, corrections, limits or Limits())]


def column(*cells: str, name: str = "a.csv") -> tuple[str, list[Cell]]:
    """The kind and the values of a column beside one of English words."""
    [(table, rows)] = recognised("Name;X", *(f"row;{cell}" for cell in cells), name=name)
    return table.columns[1].kind, [row[1] for row in rows]


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (("1", "2", ""), "integer", [1, 2, None]),
        (("1,234.5", "7"), "number", [1234.5, 7]),
        (("1 234,5", "7"), "number", [1234.5, 7]),
        (("1.234,56", "2.000,10"), "number", [1234.56, 2000.1]),
        (("1,234", "5.5"), "number", [1234, 5.5]),
        (("1,234", "5,5"), "number", [1.234, 5.5]),
        (("1,234", "12"), "integer", [1234, 12]),
        (("1'234'567", "8"), "integer", [1234567, 8]),
        (("(5.50)", "−3"), "number", [-5.5, -3]),
        (("$5.20", "$1,000.00"), "number", [5.2, 1000.0]),
        (("12%", "7.5 %"), "percent", [0.12, 0.075]),
        (("2024-01-31", "2024-02-01"), "date", ["2024-01-31", "2024-02-01"]),
        (("31.01.2024", "01.02.2024 10:30"), "date", ["2024-01-31", "2024-02-01 10:30"]),
        (("01/31/2024", "02/01/2024"), "date", ["2024-01-31", "2024-02-01"]),
        (("31/01/2024", "01/02/2024"), "date", ["2024-01-31", "2024-02-01"]),
        (("5 January 2024", "6 марта 2024 г."), "date", ["2024-01-05", "2024-03-06"]),
        (("Jan 2024", "2024-02"), "date", ["2024-01-01", "2024-02-01"]),
        (("yes", "no"), "yes_no", [True, False]),
        (("да", "нет"), "yes_no", [True, False]),
        (("007", "012"), "text", ["007", "012"]),
        (("4111111111111111", "4222222222222222"), "text", ["4111111111111111", "4222222222222222"]),
        (("1.2.3", "2.0.0"), "text", ["1.2.3", "2.0.0"]),
        (("2024-13-01", "2024-02-30"), "text", ["2024-13-01", "2024-02-30"]),
        (("12", "n/a", "н/д", "-"), "integer", [12, None, None, None]),
        (("1", "two", "3"), "text", ["1", "two", "3"]),
    ],
)
def test_a_column_is_read_as_it_is_written(cells: tuple[str, ...], kind: str, values: list[Cell]) -> None:
    assert column(*cells) == (kind, values)


def test_a_point_of_a_workbook_is_a_decimal_sign() -> None:
    assert column("1.234", "2.345", name="a.xlsx") == ("number", [1.234, 2.345])


def test_a_comma_in_a_russian_file_is_a_decimal_sign() -> None:
    [(_, rows)] = recognised("Город;Цена", "Казань;1,234", "Тула;2,345")
    assert [row[1] for row in rows] == [1.234, 2.345]


def test_cells_that_do_not_fit_are_empty_and_told() -> None:
    [(table, rows)] = recognised("Name;X", *(f"row;{n}" for n in range(40)), "row;see note")
    assert (table.columns[1].kind, table.columns[1].misfits, rows[-1][1]) == ("integer", 1, None)
    assert table.notes[0].values == {"column": "X", "n": 1}


def test_an_order_of_days_and_months_that_nothing_tells_is_noted() -> None:
    [(table, rows)] = recognised("Name;Day", "row;01/02/2024")
    assert rows[0][1] == "2024-01-02"
    assert "month/day/year" in table.notes[0].sentence


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("Revenue, thousand USD", "Revenue", "thousand USD"),
        ("Weight (kg)", "Weight", "kg"),
        ("Выручка, тыс. руб.", "Выручка", "тыс. руб."),
        ("Price [€]", "Price", "€"),
        ("Speed (km/h)", "Speed", "km/h"),
        ("Sales (North)", "Sales (North)", ""),
        ("City, country", "City, country", ""),
    ],
)
def test_a_unit_is_taken_from_the_header(header: str, name: str, unit: str) -> None:
    [(table, _)] = recognised(f"Place;{header}", "here;1", "there;2")
    assert (table.columns[1].name, table.columns[1].unit) == (name, unit)


def test_two_header_rows_are_joined_and_names_differ() -> None:
    [(table, rows)] = recognised("Region;2024;;Note", ";Revenue;Cost;", "North;1;2;x", "South;3;4;y")
    assert [one.name for one in table.columns] == ["Region", "2024 > Revenue", "2024 > Cost", "Note"]
    assert len(rows) == 2
    [(table, _)] = recognised("Name;Name;", "a;b;c")
    assert [one.name for one in table.columns] == ["Name", "Name (2)", "Column 3"]


def test_a_table_without_a_header_keeps_its_first_row() -> None:
    [(table, rows)] = recognised("1;2;3", "4;5;6")
    assert [one.name for one in table.columns] == ["Column 1", "Column 2", "Column 3"]
    assert len(rows) == 2


def test_rows_with_totals_are_left_out_and_told() -> None:
    [(table, rows)] = recognised("Region;X", "North;1", "Итого;1", "South;2", "Grand total:;3", "Total Recall;4")
    assert [row[0] for row in rows] == ["North", "South", "Total Recall"]
    assert table.notes[0].values == {"n": 2}


def test_each_limit_is_told_by_a_sentence() -> None:
    limits = Limits(tables=1, columns=2, rows=3, cells=100)
    blocks = [Block("One", "heading", 1), *written.blocks([["a", "b", "c"], *(["x", str(n), "y"] for n in range(5))])]
    blocks += [Block("Two", "heading", 1), *written.blocks([["a", "b"], ["x", "1"]])]
    [(table, rows)] = [(one, list(found)) for one, found in typed(blocks, "a.xlsx", (), limits)]
    assert (len(table.columns), len(list(rows))) == (2, 3)
    assert len(table.notes) == 3


def test_a_cell_with_a_bar_stays_whole() -> None:
    [(_, rows)] = recognised("Name;X", "a|b;c", "d;e | f")
    assert rows == [("a|b", "c"), ("d", "e | f")]


def test_long_tables_are_put_together_again() -> None:
    [(table, rows)] = recognised("Name;X", *(f"n{n};{n}" for n in range(175)))
    assert table.rows == len(rows) == 175
    assert rows[174] == ("n174", 174)


def test_a_list_of_one_column_is_no_table() -> None:
    assert recognised("Just words", "more words") == []
