"""The lexical leg over real tantivy folders."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from core.entities.corpora import ChunkChange
from rag.lexical import Damaged, Lexical
from rag.lexical.analysis import content_terms, terms

NAME = "v-test"
DOCUMENT = uuid4()


def _put(text: str, seq: int = 1, language: str = "en", *, key: UUID | None = None, heading: str = "") -> ChunkChange:
    return ChunkChange(seq, "put", key or uuid4(), DOCUMENT, "", heading, text, language)


def _delete(key: UUID, seq: int) -> ChunkChange:
    return ChunkChange(seq, "delete", key, DOCUMENT)


@pytest.fixture
def lexical(tmp_path: Path) -> Lexical:
    return Lexical(tmp_path / "lexical")


def _found(lexical: Lexical, query: str, language: str = "en", k: int = 10) -> list[UUID]:
    return [key for key, _ in lexical.search(NAME, query, language, k)]


def test_a_name_that_was_never_written_to_is_empty(lexical: Lexical) -> None:
    assert lexical.search(NAME, "anything", "en", 5) == []
    assert (lexical.applied(NAME), lexical.count(NAME), lexical.ids(NAME)) == (0, 0, set())
    assert lexical.languages(NAME) == ()
    lexical.drop(NAME)


@pytest.mark.parametrize(
    ("language", "text", "question"),
    [
        ("en", "The printers were repaired.", "repairing a printer"),
        ("ru", "Договоры расторгаются письменно.", "как расторгнуть договор"),
        ("de", "Die Verträge wurden gekündigt.", "Kündigung des Vertrags gekündigter"),
        ("fr", "Les factures impayées sont relancées.", "facture impayée"),
        ("es", "Las facturas pendientes se reclaman.", "factura pendiente"),
    ],
)
def test_words_match_in_other_forms(lexical: Lexical, language: str, text: str, question: str) -> None:
    wanted = _put(text, language=language)
    lexical.apply(NAME, [wanted, _put("Something else altogether", 2)])
    assert _found(lexical, question, language)[:1] == [wanted.chunk_id]


def test_codes_and_foreign_words_match_unstemmed(lexical: Lexical) -> None:
    code = _put("Артикул AX-1250/b снят с производства.", language="ru")
    name = _put("Разработчик: Kubernetes Foundation.", 2, "ru")
    lexical.apply(NAME, [code, name])
    assert _found(lexical, "where is AX-1250/b", "en")[:1] == [code.chunk_id]
    assert _found(lexical, "kubernetes", "en") == [name.chunk_id]


def test_a_question_in_one_language_finds_documents_in_the_forms_of_theirs(lexical: Lexical) -> None:
    german = _put("Rechnungen werden monatlich verschickt.", language="de")
    lexical.apply(NAME, [german])
    assert _found(lexical, "Rechnung", "en") == [german.chunk_id]


def test_scripts_without_spaces_are_found_by_a_part(lexical: Lexical) -> None:
    chinese = _put("机器学习是人工智能的一个分支", language="zh")
    lexical.apply(NAME, [chinese, _put("天气很好", 2, "zh")])
    assert _found(lexical, "人工智能", "zh") == [chinese.chunk_id]


def test_headings_count(lexical: Lexical) -> None:
    headed = _put("It takes ten days.", heading="Refunds")
    lexical.apply(NAME, [headed, _put("It takes two days.", 2)])
    assert _found(lexical, "refund")[:1] == [headed.chunk_id]


@pytest.mark.parametrize(
    "query",
    [
        'title:"x" AND (', ")(", "text_en:printer^5", "*", "?", "a OR NOT b", "[a TO z]", "\\", "printer~2", '"', "''",
        "/.*/", "\x00", "\ud800", "🖨️", "   ", "id:mark", "the of a", "-printer", "+", "x" * 300_000,
    ],
)  # fmt: skip
def test_whatever_is_asked_is_words_and_no_syntax(lexical: Lexical, query: str) -> None:
    lexical.apply(NAME, [_put("A printer.")])
    assert len(lexical.search(NAME, query, "en", 10)) <= 1
    assert _found(lexical, f"{query} printer"[-20_000:]) != []


def test_a_hundred_thousand_characters_still_find_the_rare_words(lexical: Lexical) -> None:
    wanted = _put("The flux capacitor needs plutonium.")
    lexical.apply(NAME, [wanted, *(_put(f"Common filler number {i}", i + 2) for i in range(50))])
    assert _found(lexical, "plutonium " + "common filler words again " * 4_000)[:1] == [wanted.chunk_id]


def test_changes_apply_in_order_and_the_last_one_counts(lexical: Lexical) -> None:
    key, other = uuid4(), uuid4()
    lexical.apply(NAME, [_put("apple", 1, key=key), _put("banana", 2, key=key), _put("cherry", 3, key=other)])
    assert (_found(lexical, "apple"), _found(lexical, "banana")) == ([], [key])
    assert (lexical.count(NAME), lexical.applied(NAME)) == (2, 3)
    lexical.apply(NAME, [_delete(other, 4), _put("date", 5, key=key)])
    assert lexical.ids(NAME) == lexical.present(NAME, [key, other]) == {key}
    assert (_found(lexical, "cherry"), _found(lexical, "date"), lexical.applied(NAME)) == ([], [key], 5)


def test_applying_the_same_changes_again_makes_no_second_copy(lexical: Lexical) -> None:
    change = _put("apple")
    lexical.apply(NAME, [change])
    lexical.apply(NAME, [change])
    assert (lexical.count(NAME), _found(lexical, "apple")) == (1, [change.chunk_id])


def test_what_was_applied_is_there_after_opening_again(lexical: Lexical, tmp_path: Path) -> None:
    change = _put("apple", 7)
    lexical.apply(NAME, [change])
    again = Lexical(tmp_path / "lexical")
    assert (again.applied(NAME), again.count(NAME), again.languages(NAME)) == (7, 1, ("en",))
    assert [key for key, _ in again.search(NAME, "apples", "en", 3)] == [change.chunk_id]


def test_among_limits_the_result_and_not_the_ranking(lexical: Lexical) -> None:
    changes = [_put("apple " * (i + 1) + "pear " * (9 - i), i + 1) for i in range(10)]
    lexical.apply(NAME, changes)
    some = [change.chunk_id for change in changes[::3]]
    full = lexical.search(NAME, "apple", "en", 10)
    assert lexical.search(NAME, "apple", "en", 10, some) == [hit for hit in full if hit[0] in some]


def test_rare_terms_weigh_more(lexical: Lexical) -> None:
    lexical.apply(NAME, [_put("apple pear", 1), _put("apple", 2), _put("apple", 3)])
    weights = lexical.rarity(NAME, ["appl", "pear", "plum"], "en")
    assert weights["appl"] < weights["pear"] < weights["plum"]


def test_a_broken_folder_says_so_and_works_after_a_drop(lexical: Lexical, tmp_path: Path) -> None:
    lexical.apply(NAME, [_put("apple")])
    folder = tmp_path / "lexical" / NAME
    (folder / "meta.json").write_text("{ not json")
    again = Lexical(tmp_path / "lexical")
    with pytest.raises(Damaged):
        again.search(NAME, "apple", "en", 1)
    again.drop(NAME)
    again.apply(NAME, [_put("apple")])
    assert again.count(NAME) == 1


def test_an_empty_folder_is_broken_too(tmp_path: Path) -> None:
    (tmp_path / "lexical" / NAME).mkdir(parents=True)
    with pytest.raises(Damaged):
        Lexical(tmp_path / "lexical").applied(NAME)


def test_a_folder_taken_away_under_an_open_index_is_noticed_when_writing(lexical: Lexical, tmp_path: Path) -> None:
    lexical.apply(NAME, [_put("apple")])
    shutil.rmtree(tmp_path / "lexical" / NAME)
    with pytest.raises(Damaged):
        lexical.apply(NAME, [_put("pear", 2)])


def test_function_words_carry_no_meaning() -> None:
    assert content_terms("What is the capital of France?", "en") == ["capit", "franc"]
    assert content_terms("Какой город является столицей?", "ru") == terms("город столицей", "ru")
