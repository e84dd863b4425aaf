"""The niche pages: finding, the dashboard, ranking, comparing, asking, the client's page, and bringing figures in."""

from __future__ import annotations

import csv
import io

import pypdfium2
import pytest
from openpyxl import load_workbook
from streamlit.testing.v1 import AppTest

from core.i18n import translate
from core.roles import Role
from niches.plan import Plan
from niches.results import Answer
from services.container import Services
from services.niches import exports as niche_exports
from services.niches.exports import Sheet
from tests.niches.world import ADMIN, SALES, import_file
from tests.pages.conftest import Browser, words

_TITLES = {"A1": ("Coffee shop", "Кофейня"), "A2": ("Bakery", "Пекарня"), "A3": ("Flower shop", "Цветочный магазин")}
_HEAD = "code,title,title_ru,sector,region,month,companies,revenue_krub,text\n"
_TEXT = "Rent and staff are what a shop pays for first."


def _rows() -> str:
    return "".join(
        f"{code},{title},{russian},Food,{region},2025-{month:02d},{10 * at + month},{1000 * at + 10 * month},{_TEXT}\n"
        for at, (code, (title, russian)) in enumerate(_TITLES.items(), start=1)
        for region in ("", "Kazan", "Samara")
        for month in range(1, 13)
    )


@pytest.fixture
def figures(services: Services) -> Services:
    """Three niches over twelve months: as a whole, and in two regions."""
    run = import_file(services, "shops.csv", (_HEAD + _rows()).encode())
    assert run.status == "done", run.error
    return services


@pytest.fixture
def desk(browser: Browser, figures: Services) -> Browser:
    browser.sign_in(Role.SALES)
    return browser


def _html(page: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def test_a_narrow_screen_gets_the_figures_that_the_grid_holds(desk: Browser) -> None:
    page = desk.open("niches", view="leaders", metric="revenue_krub", locale="ru-RU")
    assert not page.exception
    grid = next(one.value for one in page.dataframe if "revenue_krub" in one.value)
    (table,) = (one for one in _html(page).split("<div") if 'class="niche-narrow"' in one)
    for title, figure in zip(grid["niche"], grid["revenue_krub"], strict=True):
        assert title in table
        assert f"{figure:,.0f}".replace(",", "\u00a0") in table
    assert 'href="niches?niche=A3"' in table


def test_a_sloppy_wording_leads_to_the_dashboard(desk: Browser) -> None:
    page = desk.open("niches")
    page.text_input(key="niches_q").set_value("cofee shpo").run()
    hit = next(button for button in page.button if "Coffee shop" in button.label)
    hit.click().run()
    assert not page.exception
    assert page.query_params["niche"] == "A1"
    assert "Coffee shop" in [header.value for header in page.header]
    assert "rank 3 of 3" in _html(page)
    assert _TEXT in words(page)


def test_without_a_word_niches_are_offered_by_chance_and_stay_on_a_rerun(desk: Browser) -> None:
    page = desk.open("niches")
    offered = [button.label for button in page.button if (button.key or "").startswith("niches_hit_")]
    assert len(offered) == 3
    page.run()
    assert [button.label for button in page.button if (button.key or "").startswith("niches_hit_")] == offered


def test_a_link_brings_back_niche_region_and_metric(desk: Browser) -> None:
    page = desk.open("niches", niche="A2", region="Kazan", metric="companies")
    assert not page.exception
    assert page.selectbox(key="niches_region").value == "Kazan"
    assert page.selectbox(key="niches_metric").value == "companies"
    page.selectbox(key="niches_region").set_value("Samara").run()
    assert page.query_params["region"] == "Samara"


def test_a_number_is_short_and_whole_on_hover(desk: Browser, figures: Services) -> None:
    board = figures.niches.dashboard(SALES, "A1")
    value = next(one.standing.value for one in board.figures if one.metric.name == "revenue_krub")
    html = _html(desk.open("niches", niche="A1"))
    assert f'title="{value:,.0f} thousand RUB' in html
    assert f"{value / 1000:.1f}M\N{NO-BREAK SPACE}RUB" in html


def test_titles_are_in_the_readers_language(desk: Browser) -> None:
    page = desk.open("niches", locale="ru-RU", niche="A1")
    assert not page.exception
    assert "Кофейня" in [header.value for header in page.header]
    assert "место 3 из 3" in _html(page)


def test_a_niche_that_is_gone_says_so_and_the_search_stays(desk: Browser) -> None:
    page = desk.open("niches", niche="nothing")
    assert "There is no such niche." in [warning.value for warning in page.warning]
    assert page.text_input(key="niches_q")


def test_the_leaderboard_ranks_by_the_metric_of_the_address(desk: Browser) -> None:
    page = desk.open("niches", view="leaders", metric="companies", order="bottom")
    assert not page.exception
    assert list(page.dataframe[0].value["niche"]) == ["Coffee shop", "Bakery", "Flower shop"]


def test_niches_are_compared_from_two_to_five(desk: Browser) -> None:
    page = desk.open("niches", view="compare", niches="A1")
    assert "Choose two to five niches to compare." in words(page)
    page.multiselect(key="niches_picked").set_value(["A1", "A3"]).run()
    assert not page.exception
    assert page.query_params["niches"] == ["A1", "A3"]
    assert list(page.dataframe[0].value.columns) == ["metric", "A1", "A3"]


def test_a_question_shows_its_plan_and_its_answer(desk: Browser) -> None:
    page = desk.open("niches", view="ask", question="top 2 niches by companies")
    assert not page.exception
    said = words(page)
    assert "What is asked" in said
    assert "2 largest" in said
    assert "2 of 3 shown" in said
    assert list(page.dataframe[0].value["niche"]) == ["Flower shop", "Bakery"]


def test_an_unknown_metric_offers_choices_that_answer(desk: Browser) -> None:
    page = desk.open("niches", view="ask", question="happiness Bakery")
    choices = [button for button in page.button if (button.key or "").startswith("niches_choice_")]
    assert choices
    next(button for button in choices if button.label == "Companies").click().run()
    assert not page.exception
    assert "Companies" in page.query_params["question"]


@pytest.mark.parametrize(
    ("locale", "question", "button", "function"),
    [
        ("en-US", "total average revenue by sector", "mean", "mean"),
        ("ru-RU", "сумма выручки на компанию по секторам", "медиана", "median"),
    ],
)
def test_what_cannot_be_added_up_is_asked_anew_by_a_click(
    desk: Browser, figures: Services, locale: str, question: str, button: str, function: str
) -> None:
    page = desk.open("niches", locale=locale, view="ask", question=question)
    next(one for one in page.button if one.label == button).click().run()
    assert not page.exception
    plan = figures.niches.questions.plan(SALES, page.query_params["question"])
    assert isinstance(plan, Plan)
    assert (plan.function, plan.metric) == (function, "revenue_per_company_krub")
    assert len(page.dataframe) == 1


@pytest.mark.parametrize(("locale", "question"), [("en-US", "revenue by sector"), ("ru-RU", "выручка по секторам")])
def test_groups_are_turned_into_means_by_a_click_as_by_words(
    desk: Browser, figures: Services, locale: str, question: str
) -> None:
    page = desk.open("niches", locale=locale, view="ask", question=question)
    for function in ("median", "mean", "share", "sum"):
        page.segmented_control(key="niches_function").set_value(function).run()
        assert not page.exception
        plan = figures.niches.questions.plan(SALES, page.query_params["question"])
        assert isinstance(plan, Plan)
        assert plan.function == function
        assert page.segmented_control(key="niches_function").value == function


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_suggested_question_can_be_answered(figures: Services, language: str) -> None:
    page = AppTest.from_string(
        "import streamlit as st\nfrom components import session\nfrom components.niches import ask as niche_ask\n"
        "from core.entities.people import Principal\nfrom core.roles import Role\nsession.put('locale', LANGUAGE)\n"
        "for one in niche_ask.suggested(session.services().niches.catalogue(Principal(role=Role.SALES))):\n"
        "    st.text(one)".replace("LANGUAGE", repr(language)),
        default_timeout=30,
    ).run()
    assert not page.exception
    questions = [element.value for element in page.text]
    assert len(questions) == 5
    for question in questions:
        assert isinstance(figures.niches.questions.plan(SALES, question), Plan), question


def _leaders(services: Services, language: str = "en") -> tuple[Answer, Sheet]:
    answer = services.niches.questions.leaderboard(SALES, "shops", "revenue_krub", language=language)
    assert answer.table is not None
    assert answer.stamp is not None
    return answer, Sheet(answer.table, answer.stamp, [answer.text], language)


def test_exports_add_up_to_what_the_screen_says(desk: Browser, figures: Services) -> None:
    answer, sheet = _leaders(figures)
    assert answer.table is not None
    total = answer.table.sum("revenue_krub")
    lines = list(csv.reader(io.StringIO(niche_exports.as_csv(sheet).decode("utf-8-sig"))))
    place = lines[0].index("Revenue, thousand RUB")
    assert sum(float(line[place]) for line in lines[1:]) == total
    cells = load_workbook(io.BytesIO(niche_exports.as_xlsx(sheet)))["Figures"]
    assert sum(row[place] for row in cells.iter_rows(min_row=2, values_only=True)) == total  # type: ignore[misc]
    page = desk.open("niches", view="leaders", metric="revenue_krub")
    assert f"in total: {total:,.0f}" in words(page)


def test_an_export_says_where_its_figures_come_from(figures: Services) -> None:
    _answer, sheet = _leaders(figures, "ru")
    lines = list(csv.reader(io.StringIO(niche_exports.as_csv(sheet).decode("utf-8-sig"))))
    assert lines[0][-1] == translate("ru", "Source")
    assert lines[1][-1].startswith("shops.csv")


@pytest.mark.parametrize(
    ("language", "said"), [("en", ("Coffee shop", "rank 3 of 3")), ("ru", ("Кофейня", "место 3 из 3"))]
)
def test_the_clients_page_is_one_page_in_the_readers_language(
    figures: Services, language: str, said: tuple[str, ...]
) -> None:
    made = niche_exports.client_pdf(figures.niches, SALES, "A1", "", "", language)
    document = pypdfium2.PdfDocument(made)
    try:
        assert len(document) == 1
        text = document[0].get_textpage().get_text_range()
        image = document[0].render(scale=0.5).to_pil().convert("L")
    finally:
        document.close()
    assert all(one in text for one in (*said, _TEXT, "shops.csv"))
    assert sum(value < 128 for value in image.tobytes()) > 1000  # bars, lines and letters are there


def test_a_view_is_saved_opened_and_deleted(desk: Browser) -> None:
    page = desk.open("niches", niche="A2", region="Kazan")
    page.button(key="niches_view_save").click().run()
    opened = next(
        button for button in page.button if (button.key or "").startswith("niches_view_") and button.label == "Bakery"
    )
    page.query_params.clear()
    page.query_params["niche"] = "A1"
    page.run()
    page.button(key=str(opened.key)).click().run()
    assert page.query_params["region"] == "Kazan"
    for asks in ("icon_delete_view_", "sure_view_"):  # what is deleted is gone: the second click does it
        assert page.button(key=str(opened.key))
        next(button for button in page.button if (button.key or "").startswith(asks)).click().run()
    assert opened.key not in [button.key for button in page.button]


def test_before_the_first_import_every_view_says_what_to_do(browser: Browser) -> None:
    browser.sign_in(Role.ANALYST)
    for view in ("find", "leaders", "ask"):
        assert "Ask an administrator" in words(browser.open("niches", view=view))


def test_administrators_see_imports_and_undo_the_last(browser: Browser, figures: Services) -> None:
    browser.sign_in(Role.ADMIN)
    page = browser.open("niche-data")
    assert not page.exception
    assert "shops.csv" in words(page).replace("\\", "")
    next(button for button in page.button if (button.key or "").startswith("niche_import_sure_")).click().run()
    assert [run.state for run in figures.niche_import.history(ADMIN)] == ["undone"]
    assert not figures.niches.catalogue(SALES).niches


def test_an_import_that_ended_says_what_it_did(browser: Browser, services: Services) -> None:
    browser.sign_in(Role.ADMIN)
    run = import_file(services, "shops.csv", (_HEAD + _rows()).encode(), dry_run=True)
    page = browser.open("niche-data", job=str(run.id))
    assert "nothing was changed" in words(page) + " ".join(success.value for success in page.success)
