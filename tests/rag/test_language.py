"""Languages of documents and of short questions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from rag.language import detect, detect_block

QUESTIONS = {
    "en": (
        "VAT rate 2024?", "rent", "refund policy", "KPI", "pizza restaurant margin", "average revenue coffee shops",
        "Name a common autoimmune disease.", "What does договор mean in this contract?",
    ),
    "ru": (
        "Сколько стоит аренда?", "аренда", "НДС 2024", "объём", "Что такое EBITDA margin?",
        "Что такое customer acquisition cost?", "Как настроить Kubernetes deployment в AWS?",
    ),
    "uk": ("Скільки коштує оренда?", "Що таке ПДВ і як його сплатити?"),
    "de": ("Wie hoch ist die Miete?", "Wie kann ich mein Passwort zurücksetzen?"),
    "fr": ("Combien coûte l'abonnement ?", "Quel est le taux de TVA ?"),
    "es": ("¿Cuánto cuesta el alquiler?",),
    "zh": ("租金多少钱?",),
    "ja": ("家賃はいくらですか?",),
    "ko": ("임대료는 얼마입니까?",),
    "el": ("Πόσο κοστίζει;",),
    "ar": ("كم تكلفة الإيجار؟",),
}  # fmt: skip

ENGLISH = (
    "The lease of a shop on the main street costs more than one in a side street, but the number of people who pass by "
    "pays for the difference within the first two years of the business."
)
RUSSIAN = (
    "Аренда магазина на главной улице стоит дороже, чем на соседней, но число прохожих окупает эту разницу "
    "за первые два года работы предприятия."
)
GERMAN = (
    "Die Miete für ein Geschäft in der Hauptstraße ist höher als in einer Seitenstraße, aber die Zahl der Menschen, "
    "die dort vorbeigehen, gleicht den Unterschied in den ersten zwei Jahren aus, und danach verdient man mehr."
)

DUTCH = (
    "De huur van een winkel aan de hoofdstraat is hoger dan in een zijstraat, maar het aantal mensen dat er langskomt "
    "maakt dat verschil in de eerste twee jaar goed, en daarna verdient men er meer."
)


@pytest.mark.parametrize(("language", "text"), [(code, text) for code, texts in QUESTIONS.items() for text in texts])
def test_a_short_question_is_told_from_its_words_and_letters(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(("language", "text"), [("en", ENGLISH), ("ru", RUSSIAN), ("de", GERMAN)])
def test_a_paragraph_is_told(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "2024?", "!!! — ..."])
def test_the_default_stands_where_there_are_no_letters(text: str) -> None:
    assert detect(text, "ru") == "ru"


def test_a_word_that_many_languages_share_is_english_unless_the_default_is_written_in_the_same_script() -> None:
    assert (detect("rent", "ru"), detect("rent", "de")) == ("en", "de")


def test_a_russian_document_with_an_english_title_page_is_russian() -> None:
    assert detect("Annual Report Example Holdings Limited " + RUSSIAN * 30) == "ru"


def test_a_block_keeps_the_language_of_its_document_unless_it_is_long_and_another() -> None:
    assert detect_block("Miete und Pacht", "en") == "en"
    assert detect_block(GERMAN, "en") == "de"
    assert detect_block(RUSSIAN, "en") == "ru"
    assert detect_block(ENGLISH, "ru") == "en"
    assert detect_block(ENGLISH, "en") == "en"


def test_threads_share_the_model() -> None:
    texts = [ENGLISH, RUSSIAN, GERMAN] * 30
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(detect, texts)) == ["en", "ru", "de"] * 30


def test_a_five_megabyte_text_is_judged_by_samples() -> None:
    assert detect("Каждый магазин платит аренду. " * 170_000) == "ru"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("uk", "Оренда приміщення коштує дорожче за рік. «Мы были, вы были, ты была» — так кажуть росіяни про оренду."),
        ("bg", "Наемът на магазин на главната улица е по-скъп, но броят на хората, които минават, покрива разликата."),
        ("nl", f"{DUTCH} De titel luidt: The Lord of the Rings and the Return of the King."),
        ("de", f"{GERMAN} Der Titel lautet: The Lord of the Rings and the Return of the King."),
    ],
)
def test_words_and_letters_of_english_and_russian_do_not_carry_another_language_away(language: str, text: str) -> None:
    assert detect(text) == language
