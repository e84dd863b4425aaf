"""The client's page with titles, regions and figures of every length: one page, nothing beyond its edges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pypdfium2
import pytest

from core.entities.niches import Dataset, Metric, Niche, Region, Sector, Standing
from niches import client_pdf
from niches.results import Column, Dashboard, KeyFigure, Stamp, Table

LONG = "Bakery, pastry, confectionery and everything else that is baked in ovens of any kind by small businesses " * 3
WORD = "Донаудампфшифф" * 20
TEXT = "The written analytics say one thing after another. " * 200


def metric(n: int, title: str = "Receipts") -> Metric:
    said = (f"{title} {n}", f"Выручка {n}", "thousand USD", "тыс. долл.", "", "", "")
    return Metric(n, 1, f"m{n}", *said, "sum", "none", "integer", (), "shops.csv", "2025-12", "", 1)


def board(
    *,
    title: str = "Bakery",
    sector: str = "Food",
    label: str = "Receipts",
    figures: int = 4,
    text: str = "",
    regions: Sequence[tuple[str, float | None]] = (),
    months: int = 0,
) -> Dashboard:
    columns = (Column("region", "Region", "Регион"), Column("m1", "Receipts", "Выручка", "number"))
    metrics = [metric(n, label) for n in range(1, figures + 1)]
    return Dashboard(
        niche=Niche("A", 1, 1, title, "", 1, (), (), text, "", ""),
        sector=Sector(1, 1, sector, ""),
        dataset=Dataset(1, "d", "D", "", "shops.csv", "2025-12", (), True, 1),
        region=Region(1, 1, "", "", (), True),
        figures=tuple(KeyFigure(one, Standing(one.id, 12_345.0, 1, 50.0, 9, 10.0)) for one in metrics),
        regions=Table(columns, tuple(regions), len(regions)),
        series={"m1": tuple((date(2024, 1 + n, 1), 5.0 + n) for n in range(months))} if months else {},
        similar=(),
        stamp=Stamp("shops.csv", "2025-12", True, "d"),
    )


def page(one: Dashboard, language: str = "en") -> str:
    """The words of the page, which is the only one; no letter of it lies beyond the margins."""
    made = client_pdf.draw(one, "m1", [1.0, 2.0, 12_345.0, 4.0], language)
    with pypdfium2.PdfDocument(made) as document:
        assert len(document) == 1
        letters = document[0].get_textpage()
        width, height = document[0].get_size()
        for at in range(letters.count_chars()):
            left, bottom, right, top = letters.get_charbox(at)
            assert 40 <= left <= right <= width - 40, letters.get_text_range(at, 1)
            assert 40 <= bottom <= top <= height - 30
        return str(letters.get_text_range()).replace("\r\n", " ")


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("long", [LONG, WORD], ids=["words", "one word"])
def test_long_titles_stay_on_the_page_and_say_that_they_go_on(language: str, long: str) -> None:
    regions = [(long, 5.0), ("Kazan", 4.0)]
    words = page(
        board(title=long, sector=long, label=long, regions=regions, months=5, text=f"{long}. {TEXT}"), language
    )
    assert long[:30] in words
    assert "…" in words


@pytest.mark.parametrize("figures", [1, 4, 12, 30])
def test_few_and_many_figures_have_room_and_none_is_kept_secret(figures: int) -> None:
    words = page(board(figures=figures))
    assert ("Further figures on the dashboard: 18." in words) is (figures == 30)
    assert words.count("rank 1 of 9") == min(figures, 12)


def test_source_date_and_the_mark_of_demo_data_are_there_in_both_languages() -> None:
    for language, said in (("en", ("shops.csv", "Dec 2025", "DEMO DATA")), ("ru", ("shops.csv", "дек. 2025", "ДЕМО"))):
        words = page(board(text="Слова."), language)
        assert all(one in words for one in said), words


def test_regions_that_are_left_out_are_told() -> None:
    regions = [(f"Region {n}", float(n)) for n in range(40)]
    assert "15 of 40" in page(board(regions=regions))
    assert "8 of 40" in page(board(regions=regions, text=TEXT))
    assert "of 40" not in page(board(regions=regions[:5]))


def test_regions_without_a_figure_and_below_zero_are_drawn() -> None:
    words = page(board(regions=[("Kazan", -5.0), ("Samara", None), ("Tula", 3.0), ("Zero", 0.0)]))
    assert "-5,000 USD" in words
    assert "Samara" not in words


def test_a_text_that_is_cut_ends_with_a_sentence_and_says_so() -> None:
    assert page(board(text=TEXT)).count("[…]") == 1
    assert "[…]" not in page(board(text="One sentence."))


def test_a_page_without_months_regions_or_text_is_one() -> None:
    assert "all niches" in page(board())
