"""Which sentences tell the number that a question asks for."""

from __future__ import annotations

import pytest

from rag.amounts import counted, missing, unspoken


@pytest.mark.parametrize(
    ("question", "what"),
    [
        ("How many employees does Oakline have?", "employees"),
        ("How many academic units make up the school?", "academic units"),
        ("Сколько сотрудников в компании?", "сотрудников"),
        ("Сколько квадратных метров в офисе?", "квадратных метров"),
        ("Сколько минут длится звонок?", "минут"),
        ("Сколько стоит аренда?", ""),
        ("Сколько необходимо ждать?", ""),
        ("How many people came?", ""),
        ("When does the lease end?", ""),
        ("", ""),
    ],
)
def test_what_is_counted_is_what_stands_behind_how_many(question: str, what: str) -> None:
    assert counted(question) == what


@pytest.mark.parametrize(
    ("what", "sentence", "language"),
    [
        ("employees", "Every employee has 28 days of paid leave a year.", "en"),
        ("invoices", "Goods are paid within 30 days of the invoice.", "en"),
        ("руководителей", "Руководители отделов получают премию по итогам года.", "ru"),
    ],
)
def test_numbers_of_something_else_do_not_tell_it(what: str, sentence: str, language: str) -> None:
    assert missing(what, [sentence], language)


@pytest.mark.parametrize(
    ("what", "sentence", "language"),
    [
        ("employees", "Oakline has 340 permanent employees.", "en"),
        ("employees", "Two of the employees are doctors.", "en"),
        ("employees", "Employees: 340", "en"),
        ("employees", "The number of employees is 340.", "en"),
        ("employees", "Region: South; Shops: 7; Employees: 95", "en"),
        ("сотрудников", "В компании триста сорок сотрудников.", "ru"),
        ("employees", "The staff are 340.", "en"),  # another word for it: the evidence decides
        ("employees", "Alcohol is not refunded.", "en"),
    ],
)
def test_a_number_of_it_or_another_word_for_it_may_tell(what: str, sentence: str, language: str) -> None:
    assert not missing(what, [sentence], language)


@pytest.mark.parametrize(
    ("what", "texts", "language", "none"),
    [
        ("trucks", ["Oakline has 340 employees.", "Goods are paid within 30 days."], "en", True),
        ("employees", ["The company employed 312 people."], "en", False),  # another form of the word
        ("парковочных мест", ["Площадь помещения 186 метров."], "ru", True),
        ("pounds", ["It weighs 12 kilograms."], "en", False),  # a measure is told in another
        ("", ["Oakline has 340 employees."], "en", False),
    ],
)
def test_what_no_text_speaks_of_is_not_told_by_the_numbers_of_other_things(
    what: str, texts: list[str], language: str, none: bool
) -> None:
    assert unspoken(what, texts, language) is none
