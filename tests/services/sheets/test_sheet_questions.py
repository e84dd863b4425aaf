"""Questions in words to a spreadsheet are answered as pandas calculates them, in English and Russian."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from core.entities.corpora import Document
from core.errors import NotFound
from core.roles import Role
from niches.sheets.plan import SheetPlan
from services.container import Services
from services.sheets.questions import SheetAnswer
from tests.desk import Desk

pytestmark = pytest.mark.usefixtures("model")

REGIONS = {"North": "Север", "South": "Юг", "West": "Запад"}
PRODUCTS = {"Black tea": "Чёрный чай", "Coffee": "Кофе", "Cocoa": "Какао", "Mint": "Мята"}
NAMES = {
    "Region": "Регион", "Product": "Товар", "Units": "Количество", "Revenue": "Выручка", "Margin": "Маржа",
    "Day": "Дата",
}  # fmt: skip
Frame = Any  # of pandas, whose types say too little of columns
Case = tuple[str, str, Callable[..., Any]]


def generated() -> Frame:
    """Two hundred sales of one year; some have no revenue."""
    chance = random.Random(20240501)
    rows = [
        {
            "Region": chance.choice(list(REGIONS)),
            "Product": chance.choice(list(PRODUCTS)),
            "Units": chance.randint(1, 60),
            "Revenue": None if chance.random() < 0.05 else chance.randint(10_000, 900_000) / 100,
            "Margin": chance.randint(1, 40) / 100,
            "Day": f"2024-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
        }
        for _ in range(200)
    ]
    return pd.DataFrame(rows)


def english(frame: Frame) -> bytes:
    lines = ["Region,Product,Units,Revenue (USD),Margin,Day"]
    for row in frame.itertuples():
        revenue = "n/a" if pd.isna(row.Revenue) else f'"{row.Revenue:,.2f}"'
        lines.append(f"{row.Region},{row.Product},{row.Units},{revenue},{round(row.Margin * 100)}%,{row.Day}")
    return "\n".join(lines).encode()


def russian(frame: Frame) -> bytes:
    """As a Russian Excel saves it: semicolons, decimal commas, days first, Windows-1251."""
    lines = ["Регион;Товар;Количество;Выручка, руб.;Маржа;Дата"]
    for row in frame.itertuples():
        money = "" if pd.isna(row.Revenue) else f"{row.Revenue:,.2f}".replace(",", " ").replace(".", ",")
        day = ".".join(reversed(row.Day.split("-")))
        share = f"{round(row.Margin * 100)}%"
        lines.append(f"{REGIONS[row.Region]};{PRODUCTS[row.Product]};{row.Units};{money};{share};{day}")
    return "\n".join(lines).encode("cp1251")


def figures() -> Iterator[Case]:
    """(English, Russian, what pandas makes of it) of questions whose answer is one figure."""
    yield "total revenue", "общая выручка", lambda f: f.Revenue.sum()
    yield "average units", "среднее количество", lambda f: f.Units.mean()
    yield "median revenue", "медиана выручки", lambda f: f.Revenue.median()
    yield "maximum margin", "максимальная маржа", lambda f: f.Margin.max()
    yield "the smallest revenue", "наименьшая выручка", lambda f: f.Revenue.min()
    yield "How many rows are there?", "Сколько всего строк?", len
    asked = (("total", "сумма", "sum"), ("average", "средняя", "mean"), ("median", "медиана", "median"))
    for region, local in REGIONS.items():
        for said, gesagt, function in asked:
            yield (
                f"What is the {said} revenue of the {region.lower()} region?",
                f"{gesagt} выручки, регион {local}" if function != "mean" else f"средняя выручка, регион {local}",
                lambda f, r=region, n=function: getattr(f[f.Region == r].Revenue, n)(),
            )
        yield (
            f"How many orders in {region}?",
            f"Сколько заказов, где регион {local}?",
            lambda f, r=region: int((f.Region == r).sum()),
        )
        yield (
            f"share of revenue in {region}",
            f"доля выручки, регион {local}",
            lambda f, r=region: f[f.Region == r].Revenue.sum() / f.Revenue.sum(),
        )
    for product, local in PRODUCTS.items():
        yield (
            f"maximum units for {product}",
            f"максимальное количество, товар {local}",
            lambda f, p=product: f[f.Product == p].Units.max(),
        )
        yield (
            f"total units except {product}",
            f"общее количество кроме {local}",
            lambda f, p=product: f[f.Product != p].Units.sum(),
        )
    for bound in (1_000, 2_500.5, 7_000):
        yield (
            f"how many rows have revenue over {bound:,}",
            f"сколько строк с выручкой больше {f'{bound:,}'.replace(',', ' ').replace('.', ',')}",
            lambda f, b=bound: int((f.Revenue > b).sum()),
        )
        yield (
            f"mean margin where revenue is at most {bound}",
            f"средняя маржа, где выручка не более {bound}",
            lambda f, b=bound: f[f.Revenue <= b].Margin.mean(),
        )
    yield (
        "total units between 2024-02-01 and 2024-04-30",
        "общее количество с 01.02.2024 по 30.04.2024",
        lambda f: f[(f.Day >= "2024-02-01") & (f.Day <= "2024-04-30")].Units.sum(),
    )
    yield (
        "total revenue in March 2024",
        "сумма выручки за март 2024 года",
        lambda f: f[f.Day.str.startswith("2024-03")].Revenue.sum(),
    )
    yield (
        "total revenue after June 2024",
        "общая выручка после июня 2024",
        lambda f: f[f.Day > "2024-06-30"].Revenue.sum(),
    )
    yield (
        "average units before 2024-05-10",
        "среднее количество до 10.05.2024",
        lambda f: f[f.Day < "2024-05-10"].Units.mean(),
    )
    yield "total revenue in 2024", "общая выручка за 2024 год", lambda f: f.Revenue.sum()
    yield (
        "how many rows have units between 10 and 20",
        "сколько строк, где количество от 10 до 20",
        lambda f: int(f.Units.between(10, 20).sum()),
    )
    yield (
        "mean revenue where margin is at least 20%",
        "средняя выручка, где маржа не менее 20%",
        lambda f: f[f.Margin >= 0.2].Revenue.mean(),
    )
    yield (
        "total revenue of coffee in the south",
        "общая выручка, товар кофе, регион юг",
        lambda f: f[(f.Product == "Coffee") & (f.Region == "South")].Revenue.sum(),
    )


def groups() -> Iterator[Case]:
    """Questions whose answer is a figure for each group, in the order of the answer."""

    def down(series: Any) -> list[tuple[str, float]]:
        return sorted(series.items(), key=lambda one: -one[1])

    yield "total revenue by region", "сумма выручки по регионам", lambda f: down(f.groupby("Region").Revenue.sum())
    yield (
        "average units per product",
        "среднее количество по товарам",
        lambda f: down(f.groupby("Product").Units.mean()),
    )
    yield (
        "median revenue by product",
        "медиана выручки по товарам",
        lambda f: down(f.groupby("Product").Revenue.median()),
    )
    yield "top 2 products by revenue", "топ 2 товара по выручке", lambda f: down(f.groupby("Product").Revenue.sum())[:2]
    yield (
        "bottom 2 products by units",
        "последние 2 товара по количеству",
        lambda f: down(f.groupby("Product").Units.sum())[::-1][:2],
    )
    yield (
        "Which region has the highest revenue?",
        "Какой регион имеет наибольшую выручку?",
        lambda f: down(f.groupby("Region").Revenue.sum())[:1],
    )
    yield (
        "share of units by region",
        "доля количества по регионам",
        lambda f: down(f.groupby("Region").Units.sum() / f.Units.sum()),
    )
    yield (
        "maximum revenue by region",
        "максимальная выручка по регионам",
        lambda f: down(f.groupby("Region").Revenue.max()),
    )
    yield (
        "total revenue by month",
        "сумма выручки по месяцам",
        lambda f: sorted(f.groupby(f.Day.str[:7]).Revenue.sum().items()),
    )
    yield (
        "total units by product in the north",
        "общее количество по товарам, регион Север",
        lambda f: down(f[f.Region == "North"].groupby("Product").Units.sum()),
    )


CASES = [*figures()]
GROUPS = [*groups()]
TRANSLATED = {**REGIONS, **PRODUCTS}


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


def ask(desk: Desk, document: Document, question: str, language: str) -> SheetAnswer:
    return desk.services.sheets.ask(desk.analyst, document.id, question, language)


def test_there_are_enough_questions() -> None:
    assert 2 * (len(CASES) + len(GROUPS)) >= 60


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_question_is_answered_as_pandas_calculates_it(desk: Desk, language: str) -> None:
    frame = generated()
    content = english(frame) if language == "en" else russian(frame)
    document = desk.index(desk.admin, content, "sales.csv")
    wrong: list[Any] = []
    for english_, russian_, calculated in [*CASES, *GROUPS]:
        question = english_ if language == "en" else russian_
        expected = calculated(frame)
        found = ask(desk, document, question, language)
        table = found.answer.table
        if table is None:
            wrong.append((question, found.answer.refusal))
        elif isinstance(expected, list):
            named = [(TRANSLATED.get(name, name) if language == "ru" else name, value) for name, value in expected]
            if [row[0] for row in table.rows] != [name for name, _ in named] or [
                row[1] for row in table.rows
            ] != pytest.approx([value for _, value in named]):
                wrong.append((question, found.how, table.rows[:4], named[:4]))
        elif table.rows[0][1] != pytest.approx(float(expected)):
            wrong.append((question, found.how, table.rows, float(expected)))
    assert wrong == []


def test_an_answer_says_how_it_was_calculated_its_unit_and_its_rows(desk: Desk) -> None:
    document = desk.index(desk.admin, english(generated()), "sales.csv")
    found = ask(desk, document, "total revenue of the north region", "en")
    assert found.how == ("How this was calculated: total of “Revenue”, where “Region” is North; “sales”.")
    assert "USD (rows: " in found.answer.text
    assert "of 200" in found.answer.text
    assert "FROM sheet_rows" in found.answer.sql
    russian_ = ask(desk, document, "total revenue", "ru")
    assert "строк: 200 из 200" in russian_.answer.text


def test_the_value_of_a_row_is_found_by_another_of_its_values(desk: Desk) -> None:
    staff = "Name,Salary (EUR),Since,City\nAnn Smith,4100,2019-02-01,Bonn\nBo Li,3900.5,2021-07-15,Graz\n"
    document = desk.index(desk.admin, staff, "staff.csv")
    assert (
        ask(desk, document, "What is the salary of Bo Li?", "en").answer.text
        == "“Salary”: 3,900.50 EUR (rows: 1 of 2)."
    )
    assert "2019-02-01" in ask(desk, document, "Since when Ann Smith?", "en").answer.text
    assert "Graz" in ask(desk, document, "which city where salary < 4000", "en").answer.text


def test_an_unknown_column_gets_the_closest_choices_and_never_a_guess(desk: Desk) -> None:
    document = desk.index(desk.admin, english(generated()), "sales.csv")
    refusal = ask(desk, document, "total turnover by region", "en").answer.refusal
    assert refusal is not None
    assert "turnover" in refusal.sentence % refusal.values
    assert set(refusal.choices) <= {"Region", "Product", "Units", "Revenue", "Margin", "Day"}


@pytest.mark.parametrize(
    "question",
    ["How do I apply for leave?", "Who signs the contract of the north region?", "Как оформить отпуск?", "Hello", "?"],
)
def test_what_is_not_about_figures_goes_its_usual_way(desk: Desk, question: str) -> None:
    document = desk.index(desk.admin, english(generated()), "sales.csv")
    questions = desk.services.sheets.questions
    assert questions.ask(desk.analyst, question, "en", collection="documents") is None
    found = questions.ask(desk.analyst, question, "en", among=[document.id])
    assert found is None or found.answer.table is None


def test_the_table_that_explains_the_question_is_taken_and_of_two_one_is_asked_for(desk: Desk) -> None:
    frame = generated()
    desk.index(desk.admin, english(frame), "sales.csv")
    desk.index(desk.admin, "Region,Rent (USD)\nNorth,100\nSouth,50\n", "rents.csv")
    questions = desk.services.sheets.questions
    rent = questions.ask(desk.sales, "What is the total rent of the north region?", "en", collection="documents")
    assert rent is not None
    assert rent.answer.table is not None
    assert rent.answer.table.rows[0][1] == 100
    desk.index(desk.admin, english(frame[:50]), "sales of may.csv")
    twice = questions.ask(desk.sales, "total revenue by region", "en", collection="documents")
    assert twice is not None
    assert twice.answer.refusal is not None
    assert sorted(twice.answer.refusal.choices) == ["sales", "sales of may"]
    named = questions.ask(desk.sales, "total revenue by region “sales of may”", "en", collection="documents")
    assert named is not None
    assert named.sheet is not None
    assert named.sheet.rows == 50


def test_nobody_is_answered_from_a_table_that_they_may_not_read(desk: Desk) -> None:
    document = desk.index(desk.admin, english(generated()), "sales.csv")
    desk.services.access.set_document(desk.admin, document.id, (Role.ADMIN,))
    questions = desk.services.sheets.questions
    assert questions.ask(desk.sales, "total revenue by region", "en", collection="documents") is None
    assert questions.ask(desk.sales, "total revenue by region", "en", among=[document.id]) is None
    with pytest.raises(NotFound):
        questions.run(desk.sales, "", document.id, SheetPlan(), "en")


def test_texts_that_are_too_many_to_be_listed_are_found_all_the_same(desk: Desk) -> None:
    lines = [f"Article {n} {'abcdefghij'[n % 10]},{n}" for n in range(400)]
    document = desk.index(desk.admin, "\n".join(["Name,Stock", *lines]), "stock.csv")
    found = ask(desk, document, "What is the stock of Article 217 h?", "en")
    assert found.answer.table is not None
    assert found.answer.table.rows == (("Article 217 h", 217),)


def test_a_file_is_read_by_pandas_to_the_same_total(desk: Desk) -> None:
    """The text itself, read by a library that knows nothing of ours."""
    content = english(generated())
    document = desk.index(desk.admin, content, "sales.csv")
    read = pd.read_csv(io.BytesIO(content), thousands=",")
    found = ask(desk, document, "total revenue", "en").answer.table
    assert found is not None
    assert found.rows[0][1] == pytest.approx(read["Revenue (USD)"].sum())


@pytest.mark.parametrize(
    ("header", "question", "said"),
    [
        ("Region name,Revenue USD,Order date", "total revenue by region", "total of “Revenue USD” by “Region name”"),
        ("Регион,Сумма выручки,Дата", "общая выручка по регионам", "total of “Сумма выручки” by “Регион”"),
    ],
)
def test_a_column_may_be_called_without_its_unit_or_a_word_like_name(
    desk: Desk, header: str, question: str, said: str
) -> None:
    document = desk.index(
        desk.admin, f"{header}\nNorth,100,2024-05-01\nSouth,250,2024-05-02\nNorth,7,2024-05-03\n", "sales.csv"
    )
    assert said in ask(desk, document, question, "en").how


@pytest.mark.parametrize(
    ("header", "question"),
    [
        ("Region,Revenue USD,Revenue EUR", "total revenue by region"),  # two
        ("Region,Revenue growth,Staff", "total revenue by region"),  # of something else
        ("Region,Cost per unit,Staff", "total cost by region"),
    ],
)
def test_of_two_columns_none_is_guessed_nor_one_of_something_else(desk: Desk, header: str, question: str) -> None:
    document = desk.index(desk.admin, f"{header}\nNorth,100,3\nSouth,250,4\nNorth,7,5\n", "sales.csv")
    answer = ask(desk, document, question, "en").answer
    assert answer.table is None
    assert answer.refusal is not None
