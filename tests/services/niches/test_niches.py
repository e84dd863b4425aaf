"""Dashboards, comparison, leaderboards and saved views: figures, ranks, and who may see them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy.exc import InternalError

from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Role
from niches.plan import Bound, Plan, bind
from services.container import Services
from tests.desk import Desk
from tests.niches.world import ADMIN, SALES, import_file

FIGURES = b"""code,niche,sector,region,employees,receipts_kusd
A,Bakery,Food,,10,100
B,Car wash,Cars,,40,
C,Cinema,Leisure,,20,300
D,Diner,Food,,40,50
A,Bakery,Food,Kazan,4,30
A,Bakery,Food,Samara,6,70
B,Car wash,Cars,Kazan,40,
"""


@pytest.fixture
def niches(services: Services) -> Services:
    assert import_file(services, "figures.csv", FIGURES).status == "done"
    return services


def test_a_figure_has_its_rank_and_percentile_among_all_niches(niches: Services) -> None:
    figures = {one.metric.name: one.standing for one in niches.niches.dashboard(SALES, "C").figures}
    employees = figures["employees"]
    assert (employees.value, employees.rank, employees.niches, employees.median) == (20, 3, 4, 30)
    assert employees.percentile == pytest.approx(100 / 3)
    assert (figures["receipts_kusd"].rank, figures["receipts_kusd"].niches) == (1, 3)


def test_ties_share_a_rank(niches: Services) -> None:
    ranks = [niches.niches.dashboard(SALES, one).figures[0].standing for one in ("B", "D")]
    assert [one.rank for one in ranks] == [1, 1]
    assert ranks[0].percentile == ranks[1].percentile == pytest.approx(100 * 2.5 / 3)


def test_the_regions_of_a_niche_are_a_table_without_invented_cells(niches: Services) -> None:
    table = niches.niches.dashboard(SALES, "A").regions
    assert [column.key for column in table.columns][:3] == ["region", "employees", "receipts_kusd"]
    assert [row[:3] for row in table.rows] == [("Samara", 6, 70), ("Kazan", 4, 30)]
    assert table.sum("employees") == 10
    car_wash = niches.niches.dashboard(SALES, "B").regions
    assert car_wash.rows == (("Kazan", 40),)


def test_a_dashboard_in_a_region_ranks_within_it(niches: Services) -> None:
    standing = niches.niches.dashboard(SALES, "A", "Kazan").figures[0].standing
    assert (standing.value, standing.rank, standing.niches) == (4, 2, 2)
    with pytest.raises(NotFound):
        niches.niches.dashboard(SALES, "A", "Atlantis")


def test_niches_side_by_side_leave_cells_empty(niches: Services) -> None:
    table = niches.niches.compare(SALES, ["A", "B"]).table
    by_metric = {row[0]: row[2:] for row in table.rows}
    assert by_metric["Employees"] == (10, 40)
    assert by_metric["Receipts"] == (100, None)


@pytest.mark.parametrize("ids", [["A"], ["A", "A"], ["A", "B", "C", "D", "E", "F"]])
def test_two_to_five_niches_are_compared(niches: Services, ids: list[str]) -> None:
    with pytest.raises(BadInput):
        niches.niches.compare(SALES, ids)


def test_figures_of_two_sources_are_not_compared(niches: Services) -> None:
    import_file(niches, "other.csv", b"code,niche,employees\nZ,Zoo,5\n", {"dataset": "other"})
    with pytest.raises(BadInput, match="different sources"):
        niches.niches.compare(SALES, ["A", "Z"])
    assert niches.niches.dashboard(SALES, "Z").figures[0].standing.niches == 1


def test_a_code_that_two_sources_share_stays_two_niches(niches: Services) -> None:
    import_file(niches, "other.csv", b"code,niche,employees\nA,Aquarium,5\n", {"dataset": "other"})
    assert niches.niches.dashboard(SALES, "A").niche.title == "Bakery"
    assert niches.niches.dashboard(SALES, "other-A").niche.title == "Aquarium"


def test_a_leaderboard_is_filtered_and_says_how_many_there_are(niches: Services) -> None:
    answer = niches.niches.questions.leaderboard(SALES, "figures", "employees", sector="Food", n=1)
    assert answer.table is not None
    assert answer.table.rows == (("D", "Diner", "Food", 40),)
    assert answer.table.total == 2


def test_an_import_is_seen_at_once(niches: Services) -> None:
    assert niches.niches.find(SALES, "aquarium")[:1] == []
    import_file(niches, "figures.csv", FIGURES + b"E,Aquarium,Leisure,,1,1\n")
    assert niches.niches.find(SALES, "aquarium")[0].niche.id == "E"


def test_a_saved_view_is_its_owners_alone(niches: Services) -> None:
    desk = Desk(niches)
    view = niches.niche_views.save(desk.sales, "  Food  by staff ", {"metric": "employees"})
    assert view.title == "Food by staff"
    assert [one.params for one in niches.niche_views.list(desk.sales)] == [{"metric": "employees"}]
    assert niches.niche_views.list(desk.analyst) == []
    with pytest.raises(NotFound):
        niches.niche_views.delete(desk.analyst, view.id)
    niches.niche_views.delete(desk.sales, view.id)
    with pytest.raises(NotFound):
        niches.niche_views.delete(desk.sales, uuid4())


def test_guests_see_nothing(niches: Services) -> None:
    guest = Principal(role=Role.GUEST)
    calls = (
        lambda: niches.niches.find(guest, "bakery"),
        lambda: niches.niches.dashboard(guest, "A"),
        lambda: niches.niches.questions.ask(guest, "employees of Bakery"),
        lambda: niches.niches.catalogue(guest),
    )
    for call in calls:
        with pytest.raises(Forbidden):
            call()


def test_a_question_cannot_change_anything(niches: Services) -> None:
    answer = niches.niches.questions.ask(ADMIN, "employees of Bakery")
    assert answer.text == "Bakery — Employees: 10."
    bound = bind(Plan(kind="top", dataset="figures", metric="employees"), niches.niches.catalogue(SALES))
    assert isinstance(bound, Bound)

    def change() -> None:
        with niches.db.begin() as tx:
            tx.niche_figures.run(bound.query)
            tx.niche_imports.drop_dataset("figures")

    with pytest.raises(InternalError, match="read-only"):
        change()


def test_what_the_first_search_needs_is_built_before_it_with_figures_or_without(services: Services) -> None:
    services.niche_catalogue.warm()
    assert services.niches.find(SALES, "bakery") == []
    assert import_file(services, "figures.csv", FIGURES).status == "done"
    services.niche_catalogue.warm()
    with services.db.begin() as tx:
        known = services.niche_catalogue.current(tx)
    assert set(known.profiles) == set(known.catalogue.datasets)
    assert services.niches.find(SALES, "bakery")[0].niche.id == "A"
