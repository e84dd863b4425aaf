"""A niche is found from any wording, and nothing is found for none."""

from __future__ import annotations

import numpy as np
import pytest

from niches.finding import Index
from niches.gloss import Gloss, learned
from niches.vocabulary import Name
from niches.wording import stem

NAMES = [
    Name("1", ("Coffee shop", "Кофейня"), ("espresso bar", "кофе с собой"), "Food", "Sells coffee and desserts"),
    Name("2", ("Stretch ceilings", "Натяжные потолки"), ("потолок под ключ",), "Building", "Installs ceilings"),
    Name("3", ("Car wash", "Автомойка"), ("detailing",), "Cars", "Washes cars"),
    Name("4", ("Tea and coffee shop", "Магазин чая"), (), "Retail", "Loose tea"),
    Name("5", ("Shoe repair", "Ремонт обуви"), (), "Services", "Heels and soles"),
]


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(NAMES)


@pytest.mark.parametrize(
    ("wording", "niche"),
    [
        ("Coffee shop", "1"),
        ("COFFEE-SHOP!", "1"),
        ("кофейни", "1"),
        ("кофейню", "1"),
        ("espresso bar", "1"),
        ("cofee shp", "1"),
        ("кофейня", "1"),
        ("rjatqyz", "1"),
        ("kofeynya", "1"),
        ("kofejnya", "1"),
        ("yfnz;yst gjnjkrb", "2"),
        ("потолки натяжные", "2"),
        ("натижные поталки", "2"),
        ("сфк цфыр", "3"),
        ("washes cars", "3"),
        ("avtomojka", "3"),
        ("heels", "5"),
        ("ремонт обувь", "5"),
    ],
)
def test_any_wording_leads_to_its_niche(index: Index, wording: str, niche: str) -> None:
    assert index.find(wording, 5)[0].id == niche


def test_the_same_words_score_higher_than_alike_ones(index: Index) -> None:
    exact, alike = index.find("Coffee shop", 5)[:2]
    assert exact.score == 1.0
    assert exact.by == "exact"
    assert alike.id == "4"
    assert alike.score < 0.95


@pytest.mark.parametrize("wording", ["", "   ", "!!!", "\u200b", "🙂"])
def test_nothing_is_found_for_nothing(index: Index, wording: str) -> None:
    assert index.find(wording, 5) == []


def test_an_empty_catalogue_finds_nothing() -> None:
    assert Index([]).find("coffee", 5) == []


def test_meaning_decides_where_no_word_is_shared() -> None:
    vectors = np.eye(len(NAMES), dtype=np.float32)
    index = Index(NAMES, vectors, np.arange(len(NAMES), dtype=np.int32))
    assert index.find("latte corner", 3, [0.0, 0.0, 0.0, 0.0, 1.0])[0].id == "5"


_PAIRS = [  # an English direction for each, and Russian words that say so
    ("Ремонт велосипедов", "Мастер чинит велосипеды"),
    ("Пекарня", "Печёт хлеб и булки"),
    ("Мойка машин", "Моет автомобили"),
]


@pytest.fixture(scope="module")
def gloss() -> Gloss:
    """Ten niches of each of three kinds, whose English texts stand for nothing but the kind."""
    texts = [(f"{title} {at}", "", text) for title, text in _PAIRS for at in range(10)]
    return Gloss(texts, np.repeat(np.eye(3, dtype=np.float32), 10, axis=0))


@pytest.mark.parametrize(
    ("wording", "kind"), [("велосипедный мастер", 0), ("булочная с хлебом", 1), ("автомобилей", 2)]
)
def test_a_russian_wording_is_placed_where_its_words_stand_in_english(gloss: Gloss, wording: str, kind: int) -> None:
    vector = gloss.vector(wording)
    assert vector is not None
    assert int(np.argmax(vector)) == kind
    assert np.linalg.norm(vector) == pytest.approx(1)


def test_a_wording_of_unknown_words_is_placed_nowhere(gloss: Gloss) -> None:
    assert gloss.vector("ююю") is None
    assert learned([("Пекарня", "", "")], np.eye(1, dtype=np.float32)) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("кофеен", "кофейня"),
        ("пекарен", "пекарни"),
        ("автомоек", "автомойка"),
        ("химчисток", "химчистка"),
        ("рынок", "рынки"),
    ],
)
def test_a_vowel_that_some_forms_lack_does_not_part_them(one: str, other: str) -> None:
    assert stem(one) == stem(other)
