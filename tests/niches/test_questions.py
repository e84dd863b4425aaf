"""Over two hundred questions in both languages: the figures are those that pandas finds on its own."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from services import container
from services.container import Services
from tests.niches import world
from tests.niches.world import SALES
from tests.shared import needs_shared_data

pytestmark = needs_shared_data

EN = {"establishments": "establishments", "employees": "employees", "firms": "firms", "receipts_kusd": "receipts"}
DEMO_EN = {"revenue_krub": "revenue", "orders": "orders", "profit_krub": "profit", "companies": "companies"}
DEMO_RU = {"revenue_krub": "выручка", "orders": "заказы", "profit_krub": "прибыль", "companies": "компании"}
GENITIVE = {"revenue_krub": "выручки", "orders": "заказов", "profit_krub": "прибыли", "companies": "компаний"}
DATIVE = {"revenue_krub": "выручке", "orders": "заказам", "profit_krub": "прибыли", "companies": "компаниям"}
MONTHS_EN = ("January", "March", "May", "July", "October")
MONTHS_RU = ("январе", "марте", "мае", "июле", "октябре")
NUMBERS = (1, 3, 5, 7, 10)
CITIES = {"Moscow": "Москве", "Kazan": "Казани", "Samara": "Самаре", "Krasnodar": "Краснодаре"}


@dataclass(frozen=True)
class Case:
    question: str
    expected: list[Any]  # the figures of the answer's rows, in its order


@pytest.fixture(scope="module")
def asked(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Services over the shared files and the demo set, imported once for the module."""
    import secrets

    import psycopg
    from psycopg import sql
    from sqlalchemy import make_url

    from core.settings import Settings

    name = f"questions_{secrets.token_hex(4)}"
    with psycopg.connect(postgres_url, autocommit=True) as server:
        clone = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        server.execute(clone.format(sql.Identifier(name), sql.Identifier(template)))
        url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        services = container.build(Settings(_env_file=None, var_dir=tmp_path_factory.mktemp("var"), demo=False), url)
        for file in ("us_niches_2018.csv", "us_niches_2018_metros.csv", "us_niches_2018.md"):
            assert world.import_file(services, file).status == "done"
        assert world.load_demo(services).status == "done"
        yield services
        services.close()
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    choose = random.Random(7)
    made = [*_national(choose), *_regional(choose), *_monthly(choose), *_yearly(choose)]
    assert len(made) >= 200
    return made


def _pick(choose: random.Random, frame: Any, count: int, title: str) -> Any:
    unique = frame.drop_duplicates(title, keep=False).sort_values(title)
    return unique.iloc[sorted(choose.sample(range(len(unique)), count))]


def _national(choose: random.Random) -> Iterator[Case]:
    frame = world.wide()
    for metric, said in EN.items():
        known = frame.dropna(subset=[metric])
        for row in _pick(choose, known, 10, "niche").itertuples():
            yield Case(f"What are the {said} of {row.niche}?", [getattr(row, metric)])
        for n in (3, 7, 12):
            yield Case(f"top {n} niches by {said}", sorted(known[metric], reverse=True)[:n])
            yield Case(f"bottom {n} niches by {said}", sorted(known[metric])[:n])
        for function in ("sum", "mean", "median"):
            word = {"sum": "total", "mean": "average", "median": "median"}[function]
            grouped = known.groupby("sector")[metric].agg(function)
            yield Case(f"{word} {said} by sector", sorted(grouped, reverse=True))
        parts = known.groupby("sector")[metric].sum()
        yield Case(f"share of {said} by sector", sorted(parts / parts.sum(), reverse=True))
        for bound in (1_000, 25_000):
            yield Case(f"how many niches have {said} over {bound:,}", [int((known[metric] > bound).sum())])
            yield Case(f"number of niches with {said} at most {bound}", [int((known[metric] <= bound).sum())])
    for metric, said in (
        ("employees_per_establishment", "employees per establishment"),
        ("payroll_per_employee_kusd", "payroll per employee"),
    ):
        known = frame.dropna(subset=[metric])
        for row in _pick(choose, known, 5, "niche").itertuples():
            yield Case(f"{said} of {row.niche}", [getattr(row, metric)])
        yield Case(f"top 5 niches by {said}", sorted(known[metric], reverse=True)[:5])


def _regional(choose: random.Random) -> Iterator[Case]:
    frame = world.metros()
    for row in _pick(choose, frame.assign(key=frame.metro + frame.niche), 20, "key").itertuples():
        yield Case(f"employees of {row.niche} in {row.metro}", [row.employees])
    totals = frame.groupby("metro").establishments.sum()
    yield Case("total establishments by region", sorted(totals, reverse=True))
    known = world.wide()
    pairs = _pick(choose, known, 20, "niche")
    for first, second in zip(pairs.iloc[::2].itertuples(), pairs.iloc[1::2].itertuples(), strict=True):
        yield Case(
            f"Compare {first.niche} and {second.niche} by employees",
            sorted([first.employees, second.employees], reverse=True),
        )


def _monthly(choose: random.Random) -> Iterator[Case]:
    frame = world.demo()
    whole = frame.groupby(["id", "title", "title_ru", "at"], as_index=False)[list(DEMO_EN)].sum()
    for metric in DEMO_EN:
        for at, month in enumerate(NUMBERS):
            year = choose.choice((2024, 2025))
            of_month = whole[whole["at"] == f"{year}-{month:02}"]
            english, russian = (_pick(choose, of_month, 1, title).iloc[0] for title in ("title", "title_ru"))
            yield Case(f"{DEMO_EN[metric]} of {english.title} in {MONTHS_EN[at]} {year}", [english[metric]])
            yield Case(
                f"{DEMO_RU[metric].capitalize()}: {russian.title_ru} в {MONTHS_RU[at]} {year} года", [russian[metric]]
            )
            best = sorted(of_month[metric], reverse=True)
            yield Case(f"топ-{at + 2} ниш по {DATIVE[metric]} в {MONTHS_RU[at]} {year}", best[: at + 2])
        for city, said in CITIES.items():
            local = frame[(frame.region == city) & (frame["at"] == "2025-06")]
            row = _pick(choose, local, 1, "title_ru").iloc[0]
            yield Case(f"{DEMO_RU[metric]} ниши {row.title_ru} в {said} в июне 2025", [row[metric]])
            yield Case(f"top 4 niches by {DEMO_EN[metric]} in {city} in 2025-06", sorted(local[metric])[::-1][:4])
        niche = choose.choice(sorted(set(whole.title_ru)))
        rows = whole[whole.title_ru == niche]
        was, now = (rows[rows["at"] == f"{year}-03"][metric].sum() for year in (2024, 2025))
        if (whole.groupby("title_ru").id.nunique() == 1)[niche]:
            yield Case(f"рост {GENITIVE[metric]} ниши {niche} с марта 2024 по март 2025", [was, now, now / was - 1])


def _yearly(choose: random.Random) -> Iterator[Case]:
    frame = world.demo()
    year = frame[frame["at"] >= "2025-01"]
    for metric in ("revenue_krub", "profit_krub"):
        by_sector = year.groupby("sector_ru")[metric].sum()
        if metric == "profit_krub":  # both sets of figures have something called "выручка": the real one is meant
            yield Case(f"сумма {GENITIVE[metric]} по секторам", sorted(by_sector, reverse=True))
    profit = year.groupby("id").profit_krub.sum()
    yield Case("сколько ниш с прибылью больше 500 млн", [int((profit > 500_000).sum())])
    yield Case("медиана прибыли по секторам", sorted(
        year.groupby(["sector_ru", "id"]).profit_krub.sum().groupby("sector_ru").median(), reverse=True
    ))  # fmt: skip
    both = year.groupby(["id", "title"], as_index=False)[["profit_krub", "revenue_krub"]].sum()
    for row in _pick(choose, both, 10, "title").itertuples():
        yield Case(f"profit margin of {row.title}", [row.profit_krub / row.revenue_krub])


def test_every_figure_is_the_one_that_pandas_finds(asked: Services, cases: list[Case]) -> None:
    wrong = [said for case in cases if (said := _difference(asked, case))]
    assert not wrong, f"{len(wrong)} of {len(cases)}:\n" + "\n".join(wrong)


def _difference(asked: Services, case: Case) -> str:
    answer = asked.niches.questions.ask(SALES, case.question)
    if answer.refusal or answer.table is None:
        return f"{case.question}: refused: {answer.refusal}"
    found = _figures(answer)
    if len(found) != len(case.expected):
        return f"{case.question}: {len(found)} figures, expected {len(case.expected)} ({answer.plan})"
    for one, wanted in zip(found, case.expected, strict=True):
        whole = float(wanted).is_integer()
        if one is None or (one != wanted if whole else abs(one - wanted) > 1e-9 * max(1.0, abs(wanted))):
            return f"{case.question}: {one}, expected {wanted} ({answer.plan})"
    return ""


def _figures(answer: Any) -> list[float]:
    if answer.plan.kind == "count":
        return [answer.table.rows[0][0]]
    if answer.plan.kind == "growth":
        return list(answer.table.rows[0][-3:])
    place = [column.key for column in answer.table.columns].index(answer.metric.name)
    return [row[place] for row in answer.table.rows]


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("happiness of Coffee shop", "metric"),
        ("счастье кофейни", "metric"),
        ("revenue of flux capacitor repair", "niche"),
        ("выручка ниши ремонт звездолётов", "niche"),
        ("revenue of Coffee shop in Springfield", "question"),
        ("выручка кофейни в Париже", "question"),
        ("revenue of Coffee shop in March 2031", "period"),
        ("revenue growth of Coffee shop between 2024-03 and 2031-03", "period"),
        ("total profit margin by sector", "question"),
        ("revenue and profit of Coffee shop", "metric"),
        ("what is the weather like", "question"),
    ],
)
def test_what_is_not_known_is_asked_back_with_choices_and_never_guessed(
    asked: Services, question: str, about: str
) -> None:
    answer = asked.niches.questions.ask(SALES, question)
    assert answer.refusal is not None
    assert answer.refusal.about == about
    assert answer.table is None
    assert not answer.text
    if about in ("metric", "niche", "period"):
        assert answer.refusal.choices


@pytest.mark.parametrize(
    ("question", "metric", "by"),
    [
        ("most profitable niches", "margin", ""),
        ("5 самых прибыльных ниш", "margin", ""),
        ("which niches grew most", "revenue_growth", ""),
        ("какие ниши растут быстрее всех", "revenue_growth", ""),
        ("rank sectors by margin", "margin", "sector"),
        ("which sectors have the highest margin", "margin", "sector"),
    ],
)
def test_a_ranking_may_mean_its_metric_and_group_without_naming_them(
    asked: Services, question: str, metric: str, by: str
) -> None:
    answer = asked.niches.questions.ask(SALES, question)
    assert answer.refusal is None, answer.refusal
    assert answer.plan
    assert (answer.plan.metric, answer.plan.by) == (metric, by)
    assert answer.table
    assert answer.table.rows


def test_a_comparison_never_leaves_out_what_it_does_not_know(asked: Services) -> None:
    answer = asked.niches.questions.ask(SALES, "compare Coffee shop and flux capacitor repair by revenue")
    assert answer.refusal is not None
    assert answer.refusal.about == "niche"
    assert "flux capacitor repair" in str(answer.refusal.values)


def test_an_answer_shows_the_query_that_found_it(asked: Services) -> None:
    answer = asked.niches.answer(SALES, "выручка кофейни в Москве")
    assert answer.plan is not None
    assert answer.plan.kind == "value"
    assert "FROM niche_figures" in answer.sql
    assert answer.stamp is not None
    assert answer.stamp.demo
    assert "тыс. руб." in answer.text
    assert answer.article_ids == (answer.plan.niches[0],)


def test_chat_and_dashboard_give_the_same_figure(asked: Services) -> None:
    answer = asked.niches.questions.ask(SALES, "profit of Coffee shop in Kazan")
    assert answer.plan is not None
    assert answer.table is not None
    board = asked.niches.dashboard(SALES, answer.plan.niches[0], "Kazan")
    figure = next(one for one in board.figures if one.metric.name == "profit_krub")
    assert answer.table.rows[0][-1] == figure.standing.value


def test_the_sentence_of_a_growth_names_its_region(asked: Services) -> None:
    answer = asked.niches.questions.ask(SALES, "revenue growth of Coffee shop in Kazan between 2024-07 and 2025-06")
    assert answer.refusal is None
    assert "Revenue (Kazan): 2024-07 → 2025-06" in answer.text
