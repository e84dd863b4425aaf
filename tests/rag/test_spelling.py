"""Misspelt questions are set right by the vocabulary of a collection, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from core.entities.corpora import ChunkChange
from rag.lexical import Lexical
from rag.spelling import Speller

TEXTS = {
    "en": "Upload a document on the page Documents. The penalty for late delivery is small. Northwind delivers.",
    "ru": "Отпуск длится 28 дней отпуска. Гарантийный срок на оборудование составляет год. Загрузить документ.",
}


@pytest.fixture
def speller(tmp_path: Path) -> Speller:
    lexical = Lexical(tmp_path / "lexical")
    changes = [
        ChunkChange(seq, "put", UUID(int=seq), UUID(int=9), text=text, language=language)
        for seq, (language, text) in enumerate(TEXTS.items(), start=1)
    ]
    lexical.apply("one", changes)
    return Speller(lexical, lambda: None)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("how do I upluad a dokument", "how do I upload a document"),
        ("What is the penalty for late delivary?", "What is the penalty for late delivery?"),
        ("сколько дней отпуцка", "сколько дней отпуска"),
        ("гарантиный срок на оборудование", "гарантийный срок на оборудование"),
        ("norhtwind", "northwind"),
    ],
)
def test_words_that_nobody_knows_are_spelt_as_the_passages_spell_them(
    speller: Speller, question: str, meant: str
) -> None:
    spelt = speller.spelt("one", question)
    assert spelt is not None
    assert spelt.question == meant


@pytest.mark.parametrize(
    "question",
    [
        "How do I upload documents?",  # other forms of known words
        "Where is Norhtwind?",  # a name
        "NORHTWIND",
        "norhtwind-17 dokument2 do_kument a.dokument",  # codes
        "ann@dokument.com",
        "28 днй",  # too short
        "elephants and castles",  # far from everything
        "",
    ],
)
def test_names_codes_numbers_and_known_words_stay(speller: Speller, question: str) -> None:
    assert speller.spelt("one", question) is None


def test_a_word_of_the_language_stays_though_the_collection_has_one_like_it(speller: Speller, tmp_path: Path) -> None:
    class English:
        def token_to_id(self, word: str) -> int | None:
            return {"unload": 1}.get(word)

    asked = "how do I unload a truck"
    spelt = speller.spelt("one", asked)
    assert spelt is not None
    assert "upload" in spelt.question
    assert Speller(Lexical(tmp_path / "lexical"), English).spelt("one", asked) is None  # type: ignore[arg-type]
