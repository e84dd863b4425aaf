"""Documents cut into passages."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from core.entities.corpora import Chunk
from core.entities.reading import Block, Parsed
from core.settings import Settings
from rag.chunking import ChunkPlan, chunk, passage, plan_for

WINDOW = 256
SENTENCE = "The rent of a shop on the main street is higher than in a side street of the same town. "
RUSSIAN = "Аренда магазина на главной улице стоит дороже, чем на соседней улице того же города. "


@pytest.fixture(scope="module")
def plan(model_settings: Settings) -> ChunkPlan:
    return plan_for(model_settings)


def window_taken(one: Chunk, plan: ChunkPlan) -> int:
    assert plan.tokenizer is not None
    return len(plan.tokenizer.encode(passage(one.heading, one.text)).ids)


def document(*blocks: Block) -> Parsed:
    return Parsed(blocks, pages=max((block.page or 1 for block in blocks), default=1))


def numbered(count: int, template: str = "Sentence number {} says that the rent of this shop is due in spring.") -> str:
    return " ".join(template.format(i) for i in range(count))


def test_a_short_paragraph_is_one_chunk_word_for_word(plan: ChunkPlan) -> None:
    text = SENTENCE * 5
    [one] = chunk(document(Block(text, page=3)), plan)
    assert (one.text, one.page, one.page_to, one.language, one.position) == (text.strip(), 3, 3, "en", 0)
    assert one.tokens == window_taken(one, plan) - 2


def test_a_long_text_is_cut_between_sentences_into_chunks_of_one_size_that_fit_the_window(
    plan: ChunkPlan,
) -> None:
    text = numbered(100)
    chunks = chunk(document(Block(text)), plan)
    assert all(window_taken(one, plan) <= WINDOW for one in chunks)
    assert all(one.text.startswith("Sentence number") and one.text.endswith("spring.") for one in chunks)
    assert min(one.tokens for one in chunks) > max(one.tokens for one in chunks) * 0.6
    assert [one.position for one in chunks] == list(range(len(chunks)))
    for i in range(100):
        assert any(f"number {i} says" in one.text for one in chunks)


def test_neighbouring_chunks_share_a_sentence(plan: ChunkPlan) -> None:
    chunks = chunk(document(Block(numbered(60))), plan)
    for before, after in pairwise(chunks):
        assert before.text.endswith(after.text.split(". ")[0] + ".")


def test_headings_are_the_path_above_a_chunk_and_count_against_the_window(plan: ChunkPlan) -> None:
    blocks = (
        Block("Leases", "heading", 1),
        Block(SENTENCE),
        Block("Rent and other payments of the tenant to the landlord", "heading", 2),
        Block(numbered(40)),
        Block("Insurance", "heading", 1),
        Block(SENTENCE),
    )
    chunks = chunk(document(*blocks), plan)
    headings = list(dict.fromkeys(one.heading for one in chunks))
    assert headings == ["Leases", "Leases > Rent and other payments of the tenant to the landlord", "Insurance"]
    assert all(window_taken(one, plan) <= WINDOW for one in chunks)


def test_a_heading_with_nothing_below_it_is_not_lost(plan: ChunkPlan) -> None:
    headings = (Block("Contents", "heading", 1), Block("Leases", "heading", 1), Block("End", "heading", 2))
    chunks = chunk(document(*headings[:2], Block(SENTENCE), headings[2]), plan)
    assert [one.text for one in chunks] == ["Contents", f"{SENTENCE.strip()}\n\nEnd"]


def test_small_blocks_under_one_heading_go_together(plan: ChunkPlan) -> None:
    [one] = chunk(document(Block("A", "heading", 1), *(Block(f"Point {i} of the lease.") for i in range(5))), plan)
    assert one.text == "\n\n".join(f"Point {i} of the lease." for i in range(5))


def test_a_chunk_stays_on_its_page(plan: ChunkPlan) -> None:
    chunks = chunk(document(Block(SENTENCE * 4, page=1), Block(SENTENCE * 4, page=2)), plan)
    assert [(one.page, one.page_to) for one in chunks] == [(1, 1), (2, 2)]


def test_a_sentence_that_runs_over_the_page_is_not_torn(plan: ChunkPlan) -> None:
    first, second = SENTENCE * 3 + "The deposit is three", "months of rent. " + SENTENCE * 3
    [one] = chunk(document(Block(first, page=1), Block(second, page=2)), plan)
    assert (one.page, one.page_to) == (1, 2)
    assert "The deposit is three months of rent." in one.text


def test_a_few_words_on_the_last_page_join_the_page_before(plan: ChunkPlan) -> None:
    [one] = chunk(document(Block(SENTENCE * 4, page=1), Block("Signed in May.", page=2)), plan)
    assert (one.page, one.page_to) == (1, 2)


def table(rows: int) -> str:
    lines = [f"| {i} | Shop on street number {i} | {i * 1000} |" for i in range(rows)]
    return "\n".join(["| Id | Place | Rent |", "| --- | --- | --- |", *lines])


def test_a_long_table_is_cut_between_rows_and_repeats_its_header(plan: ChunkPlan) -> None:
    source = table(80)
    chunks = chunk(document(Block("Rents", "heading", 1), Block(source, "table", page=1)), plan)
    assert len(chunks) > 1
    rows: list[str] = []
    for one in chunks:
        header, rule, *found = one.text.splitlines()
        assert [header, rule] == source.splitlines()[:2]
        rows += found
        assert window_taken(one, plan) <= WINDOW
    assert rows == source.splitlines()[2:]


def test_a_small_table_stays_whole_beside_its_text(plan: ChunkPlan) -> None:
    [one] = chunk(document(Block(SENTENCE), Block(table(3), "table")), plan)
    assert one.text == f"{SENTENCE.strip()}\n\n{table(3)}"


def test_only_a_row_that_does_not_fit_alone_is_cut(plan: ChunkPlan) -> None:
    long = f"| Id | Note |\n| --- | --- |\n| 1 | {SENTENCE * 30} |\n| 2 | short |"
    chunks = chunk(document(Block(long, "table")), plan)
    assert all(window_taken(one, plan) <= WINDOW for one in chunks)
    assert chunks[-1].text.endswith("| 2 | short |")


def test_russian_is_measured_in_words_and_a_paragraph_stays_whole(plan: ChunkPlan) -> None:
    text = RUSSIAN * 15  # 210 words, three times the window in tokens
    [one] = chunk(document(Block(text)), plan)
    assert (one.language, one.tokens, one.text) == ("ru", len(text.split()), text.strip())


def test_long_russian_text_is_cut_between_sentences(plan: ChunkPlan) -> None:
    chunks = chunk(document(Block(RUSSIAN * 80)), plan)
    assert all(one.tokens <= 300 and one.text.endswith("города.") for one in chunks)
    assert sum(one.tokens for one in chunks) >= len((RUSSIAN * 80).split())


def test_a_long_block_in_another_language_is_a_chunk_of_its_own(plan: ChunkPlan) -> None:
    chunks = chunk(document(Block(SENTENCE * 8), Block(RUSSIAN * 4), Block(SENTENCE * 8)), plan)
    assert [one.language for one in chunks] == ["en", "ru", "en"]


@pytest.mark.parametrize(
    "whole",
    [
        "Доход вырос, т. е. стал больше, и т. д. по всем видам.",
        "Магазин открыт в 2018 г. на ул. Садовой, д. 5, стр. 2.",
        "Автор А. С. Пушкин жил на наб. Мойки.",
        "Use a network, e.g. Ethernet, with approx. five ports.",
        "Ask Dr. Smith of No. 5 Main St. Louis Avenue about Fig. 3.",
        "The share is 3.14 per cent at example.com today.",
    ],
)
def test_a_full_stop_of_an_abbreviation_does_not_end_a_chunk(whole: str, plan: ChunkPlan) -> None:
    filler = RUSSIAN if whole[0] > "z" else SENTENCE
    for before in range(12, 40):  # the cut falls at every place around the sentence
        text = filler * before + whole + " " + filler * 14
        assert any(whole in one.text for one in chunk(document(Block(text)), plan))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Он открыт в 1999 г.", "Затем он закрылся."),
        ("Really?", "Yes, it is."),
        ("«Аренда растёт!»", "Так он сказал."),
        ("They sell food, drinks, etc.", "Then they close."),
    ],
)
def test_a_sentence_ends_where_a_reader_sees_its_end(first: str, second: str, plan: ChunkPlan) -> None:
    from rag.chunking.sentences import spans

    text = f"{first} {second}"
    assert [text[a:b].strip() for a, b in spans(text)] == [first, second]


HOSTILE = {
    "one word of 5 MB": "a" * 5_000_000,
    "base64": "QUJD+/9x" * 250_000,
    "one line without a full stop": "rent is due, " * 150_000,
    "dots": "." * 500_000,
    "quotes": '"' * 500_000,
    "empty lines": " \n" * 1_000_000 + "rent",
    "list marks": "\n- " * 300_000,
    "ideographs": "租金" * 300_000,
    "brackets after a stop": "." + ")" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_linear_time_and_still_fits(name: str, plan: ChunkPlan) -> None:
    started = time.monotonic()
    chunks = chunk(document(Block(HOSTILE[name])), plan)
    assert time.monotonic() - started < 15
    assert chunks
    for one in chunks[:50]:
        assert one.language not in plan.spoken or window_taken(one, plan) <= WINDOW
        assert len(one.text) <= 20_000


def test_the_same_document_gives_the_same_chunks(plan: ChunkPlan) -> None:
    parsed = document(Block("A", "heading", 1), Block(numbered(50), page=1), Block(table(30), "table", page=2))
    assert chunk(parsed, plan) == chunk(parsed, plan)


@pytest.mark.parametrize("blocks", [(), (Block("  \n "),), (Block("", "heading", 1), Block("", "table"))])
def test_a_document_without_text_has_no_chunks(blocks: tuple[Block, ...], plan: ChunkPlan) -> None:
    assert chunk(Parsed(blocks), plan) == []


def test_half_a_surrogate_pair_does_not_stop_a_document(plan: ChunkPlan) -> None:
    [one] = chunk(document(Block(f"\ud83d {SENTENCE}")), plan)
    assert SENTENCE.strip() in one.text


def test_ten_thousand_pages_take_seconds(plan: ChunkPlan) -> None:
    blocks = tuple(Block(SENTENCE * 6, page=page) for page in range(1, 10_001))
    started = time.monotonic()
    chunks = chunk(document(*blocks), plan)
    assert time.monotonic() - started < 30
    assert [one.page for one in chunks] == list(range(1, 10_001))
