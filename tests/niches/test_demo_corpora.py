"""The demo corpora: complete in both languages, no trait missing, never stale, no article like another."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import pytest

from core.settings import ROOT
from niches.demo.articles import CORPUS, corpus, season
from niches.demo.niche import DemoNiche, Language, load

FAQ = ROOT / "data" / "corpora" / "faq"
FILES = [FAQ / "en.md", FAQ / "ru.md", CORPUS / "en.md", CORPUS / "ru.md"]
LANGUAGES: tuple[Language, ...] = ("en", "ru")
CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
LATIN = re.compile(r"[a-z]", re.IGNORECASE)
_ARTICLE = re.compile(r"^---\n(?:#[^\n]*\n)?(article_id: .*?)^---\n(.*?)(?=^---\n|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Article:
    id: str
    title: str
    tags: list[str]
    summary: str
    demo: bool
    text: str


def read(path: Path) -> list[Article]:
    return [_article(front, text) for front, text in _ARTICLE.findall(path.read_text(encoding="utf-8"))]


def _article(front: str, text: str) -> Article:
    fields = {key: json.loads(value) for key, value in (line.split(": ", 1) for line in front.splitlines())}
    return Article(
        fields["article_id"], fields["title"], fields["tags"], fields["summary"], fields["demo"], text.strip()
    )


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + 5]) for start in range(len(words) - 4)}


def closest(texts: Iterable[str]) -> float:
    """The greatest Jaccard similarity of 5-word shingles between any two texts; a bit per shingle makes it fast."""
    bits: defaultdict[tuple[str, ...], int] = defaultdict(lambda: len(bits))
    masks = [sum(1 << bits[shingle] for shingle in shingles(text)) for text in texts]
    return max((one & other).bit_count() / (one | other).bit_count() for one, other in combinations(masks, 2))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_article_is_complete_marked_as_demo_and_of_readable_length(path: Path) -> None:
    articles = read(path)
    assert len(articles) == path.read_text(encoding="utf-8").count("\narticle_id: ")
    for article in articles:
        assert article.id.isdigit()
        assert article.demo
        assert article.tags
        assert article.summary
        assert 80 <= len(article.text.split()) <= 250, article.title


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_title_and_id_of_a_file_is_its_own(path: Path) -> None:
    articles = read(path)
    assert len({article.id for article in articles}) == len(articles)
    assert len({article.title.casefold() for article in articles}) == len(articles)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_two_articles_say_nearly_the_same(path: Path) -> None:
    assert closest(article.text for article in read(path)) < 0.6


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_each_file_is_written_in_its_language_and_says_demo_data_first(path: Path) -> None:
    russian = path.stem == "ru"
    for article in read(path):
        prose = re.sub(r"`[^`]*`", "", f"{article.title} {article.summary} {article.text}")
        if russian:
            assert len(CYRILLIC.findall(prose)) > 2 * len(LATIN.findall(prose)), article.title
        else:
            assert not CYRILLIC.search(prose), article.title
    first_lines = path.read_text(encoding="utf-8").split("\n", 2)[:2]
    assert first_lines[0] == "---"
    assert first_lines[1].startswith("# Демоданные" if russian else "# Demo data")


def test_the_faq_has_at_least_45_articles_and_the_same_ones_in_both_languages() -> None:
    english, russian = read(FAQ / "en.md"), read(FAQ / "ru.md")
    assert len(english) >= 45
    assert [article.id for article in english] == [article.id for article in russian]


def test_a_faq_answer_names_the_same_settings_and_calls_in_both_languages() -> None:
    for english, russian in zip(read(FAQ / "en.md"), read(FAQ / "ru.md"), strict=True):
        assert sorted(set(_names(english.text))) == sorted(set(_names(russian.text))), english.title


def _names(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_the_catalogue_has_at_least_440_niches_of_at_least_20_sectors() -> None:
    niches = load()
    assert len(niches) >= 440
    for language in LANGUAGES:
        assert len({niche.wording(language).sector for niche in niches}) >= 20


def test_a_sector_has_one_name_per_language_and_its_niches_share_the_start_of_their_ids() -> None:
    assert len({(niche.id[:2], niche.en.sector, niche.ru.sector) for niche in load()}) == len(
        {niche.id[:2] for niche in load()}
    )


def test_ids_have_five_digits_and_no_wording_leads_to_two_niches() -> None:
    niches = load()
    assert len({niche.id for niche in niches}) == len(niches)
    assert all(re.fullmatch(r"\d{5}", niche.id) for niche in niches)
    for language in LANGUAGES:
        wordings = [name.casefold() for niche in niches for name in _wordings(niche, language)]
        assert len(set(wordings)) == len(wordings)


def _wordings(niche: DemoNiche, language: Language) -> tuple[str, ...]:
    wording = niche.wording(language)
    return (wording.title, *wording.aliases)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_trait_is_empty_or_untrimmed_and_each_niche_has_two_to_five_aliases(language: Language) -> None:
    for niche in load():
        wording = niche.wording(language)
        assert 2 <= len(wording.aliases) <= 5, niche.id
        for text in (*wording.aliases, *(value for value in asdict(wording).values() if isinstance(value, str))):
            assert text, niche.id
            assert text == text.strip(), niche.id
            assert not text.endswith("."), niche.id


def test_peak_months_are_months_in_order_and_leave_room_for_a_quiet_one() -> None:
    for niche in load():
        assert niche.peak_months == tuple(sorted(set(niche.peak_months))), niche.id
        assert set(niche.peak_months) <= set(range(1, 13)), niche.id
        assert 1 <= len(niche.peak_months) <= 6, niche.id
        assert season(niche.peak_months)[1] not in niche.peak_months, niche.id


def test_scale_hints_are_plausible_for_one_small_or_medium_business() -> None:
    for niche in load():
        assert 50 <= niche.monthly_revenue_krub <= 50_000, niche.id
        assert 1 <= niche.staff <= 100, niche.id
        assert 3 <= niche.margin_pct <= 50, niche.id
        assert 50 <= niche.capital_krub <= 500_000, niche.id
        assert 20 <= niche.average_check_rub <= niche.monthly_revenue_krub * 1_000 * 3, niche.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_analytics_files_are_what_the_catalogue_generates(language: Language) -> None:
    path = CORPUS / f"{language}.md"
    assert path.read_text(encoding="utf-8") == corpus(language), "run `python -m niches.demo.articles`"


def test_every_niche_has_an_article_under_its_id_and_title_in_both_languages() -> None:
    for language in LANGUAGES:
        articles = {article.id: article.title for article in read(CORPUS / f"{language}.md")}
        assert articles == {niche.id: niche.wording(language).title for niche in load()}


@pytest.mark.parametrize(
    ("months", "lived_through", "quiet"),
    [((1, 2, 11, 12), (11, 12, 1, 2), 6), ((6, 7, 8), (6, 7, 8), 1), ((5,), (5,), 11)],
)
def test_a_season_is_told_in_the_order_it_is_lived_through(
    months: tuple[int, ...], lived_through: tuple[int, ...], quiet: int
) -> None:
    assert season(months) == (lived_through, quiet)


def test_the_demo_corpora_stay_under_three_megabytes() -> None:
    assert sum(path.stat().st_size for path in (ROOT / "data" / "corpora").rglob("*") if path.is_file()) < 3_000_000
