"""Words, numbers and dates in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st
from components import i18n
st.session_state["locale"] = "{locale}"
st.text({expression})
"""


def said(expression: str, locale: str) -> str:
    page = AppTest.from_string(SCRIPT.format(locale=locale, expression=expression), default_timeout=30)
    page.context = {"timezone": "Europe/Moscow"}
    page.run()
    assert not page.exception
    return str(page.text[0].value).replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("n", "words"),
    [(0, "0 страниц"), (1, "1 страница"), (2, "2 страницы"), (5, "5 страниц"), (11, "11 страниц"), (21, "21 страница")],
)
def test_russian_plurals_follow_the_number(n: int, words: str) -> None:
    assert said(f'i18n.ngettext("%(n)s page", "%(n)s pages", {n})', "ru") == words


@pytest.mark.parametrize(("locale", "words"), [("en", "1,234.5"), ("ru", "1 234,5")])
def test_numbers_have_the_separators_of_the_language(locale: str, words: str) -> None:
    assert said("i18n.number(1234.5, 1)", locale) == words


@pytest.mark.parametrize(("locale", "words"), [("en", "200 MB"), ("ru", "200 МБ")])
def test_sizes_are_short(locale: str, words: str) -> None:
    assert said("i18n.file_size(200 * 1024 * 1024)", locale) == words


@pytest.mark.parametrize(("locale", "words"), [("en", "5 Mar 2026, 15:04"), ("ru", "5 мар. 2026, 15:04")])
def test_times_are_those_of_the_browser(locale: str, words: str) -> None:
    at = datetime(2026, 3, 5, 12, 4, tzinfo=UTC)
    assert said(f"i18n.date_time(i18n.datetime.fromisoformat({at.isoformat()!r}))", locale) == words


@pytest.mark.parametrize(
    ("english", "russian"),
    [
        ("The PDF has 12 pages; the limit is 10. Split it and upload the parts.", "В PDF страниц: 12, предел — 10."),
        ("The file is named .docx, but its content is of another kind. Check it, or save it as .docx.", "назван .docx"),
        ("The file has no text.", "В файле нет текста."),
        ("The encoding of the text could not be recognised. Save the file as UTF-8 and upload it again.", "Кодировку"),
        ("The file has no articles: each begins with --- and article_id.", "В файле нет статей"),
    ],
)
def test_a_stored_sentence_is_translated_with_its_values(english: str, russian: str) -> None:
    assert russian in said(f"i18n.stored({english!r})", "ru")
    assert said(f"i18n.stored({english!r})", "en") == english


def test_a_stored_sentence_that_nobody_knows_stays_as_it_is() -> None:
    for unknown in ("disk on fire", "4 of 5 parts", "disk: on fire"):
        assert said(f"i18n.stored({unknown!r})", "ru") == unknown
