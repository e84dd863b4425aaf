"""Importing niche figures: the three shared files as they are, corrections, dry runs, errors, re-imports, undoing."""

from __future__ import annotations

import io
from uuid import UUID

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from core.entities.corpora import JobRun
from core.entities.people import Principal
from core.errors import BadInput, Conflict, Forbidden, ParseFailed, UnsupportedFormat
from core.roles import Role
from services.container import Services
from tests.niches.world import ADMIN, SALES, import_file, load_demo
from tests.shared import needs_shared_data

SMALL = (
    b"code,niche,sector,employees,receipts_kusd\nA1,Bakery,Food,10,250\nA2,Car wash,Cars,4,\nA3,Cinema,Leisure,0,90\n"
)


def figures(services: Services, niche_id: str, region: str = "") -> dict[str, float]:
    board = services.niches.dashboard(SALES, niche_id, region)
    return {one.metric.name: one.standing.value for one in board.figures if not one.metric.derived}


def last_import(run: JobRun) -> UUID:
    return UUID(run.result["import_id"])


@needs_shared_data
def test_the_three_shared_files_come_in_as_they_are(services: Services) -> None:
    wide = import_file(services, "us_niches_2018.csv")
    assert (wide.status, wide.result["niches"], wide.result["empty"]) == ("done", 941, 48)
    long = import_file(services, "us_niches_2018_metros.csv")
    assert (long.status, long.result["rows"], long.result["bad_rows"]) == ("done", 27_454, 0)
    text = import_file(services, "us_niches_2018.md")
    assert (text.status, text.result["dataset"]) == ("done", wide.result["dataset"])
    catalogue = services.niches.catalogue(SALES)
    assert len(catalogue.niches) == 941
    assert len(catalogue.datasets) == 1
    logging = catalogue.niches["113310"]
    assert logging.text.startswith("This industry comprises establishments")
    assert "Log harvesting" in logging.aliases
    assert figures(services, "113310")["employees"] == 27_863
    assert "receipts_kusd" not in figures(services, "521110")  # an empty cell is no figure, and never zero


def test_an_empty_cell_is_no_figure_and_a_zero_is_one(services: Services) -> None:
    import_file(services, "small.csv", SMALL)
    assert "receipts_kusd" not in figures(services, "A2")
    assert figures(services, "A3")["employees"] == 0


def test_a_column_may_be_called_in_any_letters_and_at_any_length(services: Services) -> None:
    long = "средняя рентабельность " * 8
    run = import_file(services, "ниши.csv", f"Ниша,Число мест,2024 год,{long}\nПекарня,12,30,7\n".encode())
    assert (run.status, run.result["bad_rows"]) == ("done", 0)
    assert run.result["figures"] == 3
    assert {one.title for one in services.niches.catalogue(SALES).metrics.values()} >= {"Число мест", "2024 год"}


def test_importing_again_updates_and_undoing_brings_back_what_was_there(services: Services) -> None:
    import_file(services, "small.csv", SMALL)
    changed = SMALL.replace(b"Bakery,Food,10,250", b"Bakery,Food,12,") + b"A4,Florist,Flowers,2,30\n"
    second = import_file(services, "small.csv", changed)
    assert figures(services, "A1") == {"employees": 12}
    assert figures(services, "A4")["receipts_kusd"] == 30
    services.niche_import.undo(ADMIN, last_import(second))
    assert figures(services, "A1") == {"employees": 10, "receipts_kusd": 250}
    assert set(services.niches.catalogue(SALES).niches) == {"A1", "A2", "A3"}


def test_undoing_the_first_import_leaves_nothing(services: Services) -> None:
    first = import_file(services, "small.csv", SMALL)
    services.niche_import.undo(ADMIN, last_import(first))
    catalogue = services.niches.catalogue(SALES)
    assert not catalogue.niches
    assert not catalogue.datasets


def test_only_the_last_import_can_be_undone(services: Services) -> None:
    first = import_file(services, "small.csv", SMALL)
    second = import_file(services, "small.csv", SMALL.replace(b",10,", b",11,"))
    with pytest.raises(Conflict):
        services.niche_import.undo(ADMIN, last_import(first))
    services.niche_import.undo(ADMIN, last_import(second))
    services.niche_import.undo(ADMIN, last_import(first))


def test_the_same_file_again_changes_no_figure(services: Services) -> None:
    first, second = import_file(services, "small.csv", SMALL), import_file(services, "small.csv", SMALL)
    same = ("niches", "metrics", "figures", "dataset")
    assert [first.result[one] for one in same] == [second.result[one] for one in same]


def test_a_dry_run_counts_and_keeps_nothing(services: Services) -> None:
    run = import_file(services, "small.csv", SMALL + b"A5,Shop,Food,many,1\n", dry_run=True)
    assert run.status == "done"
    assert (run.result["niches"], run.result["bad_rows"]) == (3, 1)
    assert run.result["errors"] == ["Line 5: “many” is not a number."]
    assert not services.niches.catalogue(SALES).niches


def test_one_bad_row_stops_the_whole_import_unless_it_is_to_be_skipped(services: Services) -> None:
    bad = SMALL + b"A5,Shop,Food,many,1\n"
    run = import_file(services, "small.csv", bad)
    assert run.status == "failed"
    assert run.error.startswith("1 of 4 rows cannot be imported")
    assert run.result["errors"] == ["Line 5: “many” is not a number."]
    assert not services.niches.catalogue(SALES).niches
    assert import_file(services, "small.csv", bad, {"skip_bad_rows": True}).status == "done"
    assert len(services.niches.catalogue(SALES).niches) == 3


def test_two_values_for_one_cell_are_an_error(services: Services) -> None:
    run = import_file(services, "small.csv", SMALL + b"A1,Bakery,Food,11,250\n")
    assert run.status == "failed"
    assert "another value than in line 2" in run.result["errors"][0]
    import_file(services, "small.csv", SMALL + b"A1,Bakery,Food,11,250\n", {"skip_bad_rows": True})
    assert figures(services, "A1")["employees"] == 10  # the row that is skipped says nothing


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (b"A5,Shop,13th month,1\n", "“13th month” is neither a month nor a year."),
        (b"A5,Shop,2025-13,1\n", "“2025-13” is neither a month nor a year."),
        (b"A5,Shop,2025-01,1,2,3\n", "6 cells where the header has 4."),
        (b",,2025-01,1\n", "the row names no niche."),
        (b"A5," + b"x" * 301 + b",2025-01,1\n", "the title is longer than 300 characters."),
    ],
)
def test_a_bad_row_is_a_sentence_in_the_readers_language(services: Services, row: bytes, said: str) -> None:
    run = import_file(services, "months.csv", b"code,niche,month,orders\nA1,Bakery,2025-01,10\n" + row, dry_run=True)
    (error,) = run.result["errors"]
    assert error == f"Line 3: {said}"
    page = AppTest.from_string(
        "import streamlit as st\nfrom components import session\nfrom components.i18n import stored\n"
        f"session.put('locale', 'ru')\nst.text(stored({error!r}))",
        default_timeout=30,
    ).run()
    assert page.text[0].value.startswith("Строка 3: ")


def test_a_person_corrects_the_guessed_roles(services: Services) -> None:
    content = b"code,label,Food,extra\nA1,Bakery,10,7\n"
    preview = services.niche_import.preview(ADMIN, "odd.csv", io.BytesIO(content))
    assert preview.mapping.columns["extra"].role == "metric"
    correction = {
        "dataset": "mine", "source": "Own survey", "as_of": "2024", "columns": {
            "label": "title", "extra": "ignore", "Food": {"role": "metric", "metric": "staff", "unit": "people"},
        },
    }  # fmt: skip
    assert import_file(services, "odd.csv", content, correction).result["dataset"] == "mine"
    board = services.niches.dashboard(SALES, "A1")
    assert [(one.metric.name, one.metric.unit, one.metric.source) for one in board.figures] == [
        ("staff", "people", "Own survey")
    ]
    assert board.niche.title == "Bakery"


@pytest.mark.parametrize(
    "correction", [{"columns": {"nothing": "code"}}, {"columns": {"code": "king"}}, {"layout": 3}, {"dataset": "A B"}]
)
def test_a_mapping_that_does_not_fit_is_refused_at_once(services: Services, correction: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        services.niche_import.start(ADMIN, "small.csv", io.BytesIO(SMALL), correction)


def test_months_become_series_that_grow_with_later_files(services: Services) -> None:
    def rows(*months: str) -> bytes:
        lines = [f"A1,Bakery,{month},{10 * at}" for at, month in enumerate(months, start=1)]
        return "\n".join(["code,niche,month,revenue_krub", *lines, ""]).encode()

    import_file(services, "sales.csv", rows("2024-11", "2024-12"))
    later = import_file(services, "sales.csv", rows("2025-01"))
    series = services.niches.dashboard(SALES, "A1").series["revenue_krub"]
    assert [(f"{when:%Y-%m}", value) for when, value in series] == [("2024-11", 10), ("2024-12", 20), ("2025-01", 10)]
    assert figures(services, "A1")["revenue_krub"] == 40
    services.niche_import.undo(ADMIN, last_import(later))
    assert len(services.niches.dashboard(SALES, "A1").series["revenue_krub"]) == 2


_MONTHS = b"code,niche,month,revenue_krub,companies\nA1,Bakery,2025-01,10,\nA1,Bakery,2025-02,20,\n"


def test_a_figure_without_a_month_stands_beside_those_by_month_of_another_metric(services: Services) -> None:
    run = import_file(services, "sales.csv", _MONTHS + b"A1,Bakery,,,7\n")
    assert run.status == "done", run.error
    assert figures(services, "A1") == {"revenue_krub": 30, "companies": 7}
    assert len(services.niches.dashboard(SALES, "A1").series["revenue_krub"]) == 2


@pytest.mark.parametrize("together", [True, False])
def test_a_figure_without_a_month_never_overwrites_those_by_month(services: Services, together: bool) -> None:
    if together:
        run = import_file(services, "sales.csv", _MONTHS + b"A1,Bakery,,99,\n", {"skip_bad_rows": True})
    else:
        import_file(services, "sales.csv", _MONTHS)
        run = import_file(
            services, "sales.csv", b"code,niche,revenue_krub,companies\nA1,Bakery,99,5\n", {"skip_bad_rows": True}
        )
    line = 4 if together else 2
    expected = f"Line {line}: no month is named, and this metric has figures by month here."
    assert run.result["errors"] == [expected]
    assert figures(services, "A1") == {"revenue_krub": 30}
    assert len(services.niches.dashboard(SALES, "A1").series["revenue_krub"]) == 2


def test_an_empty_cell_without_a_month_takes_no_series_away(services: Services) -> None:
    import_file(services, "sales.csv", _MONTHS)
    assert import_file(services, "sales.csv", b"code,niche,revenue_krub,companies\nA1,Bakery,,5\n").status == "done"
    assert figures(services, "A1") == {"revenue_krub": 30, "companies": 5}


def test_months_take_the_place_of_a_single_figure_until_that_is_undone(services: Services) -> None:
    import_file(services, "sales.csv", b"code,niche,revenue_krub\nA1,Bakery,99\n")
    later = import_file(services, "sales.csv", _MONTHS)
    assert figures(services, "A1")["revenue_krub"] == 30
    services.niche_import.undo(ADMIN, last_import(later))
    assert figures(services, "A1") == {"revenue_krub": 99}


_REGIONS = (
    b"code,niche,region,month,employees,price\n"
    b"A1,Bakery,Kazan,2025-01,4,100\nA1,Bakery,Samara,2025-01,6,80\nA1,Bakery,Kazan,2025-02,5,90\n"
    b"A2,Cinema,Kazan,2025-01,9,70\n"
)


def _summed(services: Services) -> dict[str, bool]:
    return {one.name: one.summed for one in services.niches.catalogue(SALES).metrics.values() if not one.derived}


def test_regions_are_added_up_to_the_whole_where_they_may_be(services: Services) -> None:
    first = import_file(services, "regions.csv", _REGIONS)
    assert first.status == "done", first.error
    board = services.niches.dashboard(SALES, "A1")
    (figure,) = board.figures  # a price has no sum: nothing is invented
    assert (figure.metric.name, figure.standing.value, figure.standing.rank) == ("employees", 11, 1)
    assert figure.standing.value == board.regions.sum("employees")
    assert [value for _month, value in board.series["employees"]] == [10, None]  # Samara's February is not in yet
    assert _summed(services) == {"employees": True, "price": False}


def test_a_figure_of_the_source_takes_the_place_of_a_sum(services: Services) -> None:
    import_file(services, "regions.csv", _REGIONS)
    whole = import_file(services, "regions.csv", b"code,niche,month,employees\nA1,Bakery,2025-02,30\n")
    assert figures(services, "A1") == {"employees": 30}
    assert figures(services, "A2") == {}
    assert not _summed(services)["employees"]
    services.niche_import.undo(ADMIN, last_import(whole))
    assert figures(services, "A1") == {"employees": 11}
    assert _summed(services)["employees"]


def test_a_workbook_and_a_semicolon_table_of_russian_windows_come_in(services: Services) -> None:
    book = openpyxl.Workbook()
    for row in (("код", "ниша", "employees"), ("A1", "Пекарня", 12.5)):
        book.active.append(row)  # type: ignore[union-attr]
    stream = io.BytesIO()
    book.save(stream)
    assert import_file(services, "book.xlsx", stream.getvalue()).status == "done"
    assert figures(services, "A1")["employees"] == 12.5
    windows = "код;ниша;employees\nB1;Цветы;1 234,5\n".encode("cp1251")
    assert import_file(services, "table.csv", windows).status == "done"
    assert figures(services, "B1")["employees"] == 1234.5


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.pdf", b"%PDF", UnsupportedFormat),
        ("a.csv", b"\x00\x01\x02,\x00", ParseFailed),
        ("a.md", b"# no article", ParseFailed),
        ("a.csv", b"a,a\n1,2\n", BadInput),
        ("a.csv", b"", BadInput),
    ],
)
def test_a_file_that_is_none_is_refused_with_a_sentence(
    services: Services, name: str, content: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        services.niche_import.preview(ADMIN, name, io.BytesIO(content))


def test_only_administrators_import(services: Services) -> None:
    for who in (SALES, Principal(role=Role.ANALYST), Principal(role=Role.GUEST)):
        with pytest.raises(Forbidden):
            services.niche_import.start(who, "small.csv", io.BytesIO(SMALL))
        with pytest.raises(Forbidden):
            services.niche_import.history(who)


def test_the_demo_set_is_large_marked_and_loaded_once(services: Services) -> None:
    run = load_demo(services)
    assert run.status == "done"
    assert run.result["metrics"] == 12
    assert run.result["regions"] == 10
    catalogue = services.niches.catalogue(SALES)
    dataset = next(iter(catalogue.datasets.values()))
    assert dataset.demo
    assert len(dataset.periods) == 24
    assert len(catalogue.niches) >= 430
    assert all(niche.title and niche.title_ru for niche in catalogue.niches.values())
    assert services.niche_demo.ensure() is None
    answer = services.niches.questions.ask(SALES, "доля выручки по секторам")
    assert answer.table is not None
    assert abs(answer.table.sum("revenue_krub") - 1) < 1e-9
