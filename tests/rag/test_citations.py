"""The gate over any stream: what is no citation passes unchanged, and no unknown [n] leaves it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.citations import Gate, neutral

KNOWN = (1, 2, 3)
PIECES = st.lists(
    st.one_of(
        st.text(alphabet="ab [](){}【】,;-–^†#№ \n0123456789٣", max_size=12),
        st.sampled_from(["[1]", "[7]", "[1, 9]", "[source 4]", "[^2]", "[1-3]", "【8†x】", "[[9]7]", "]", "["]),
        st.text(max_size=8),
    ),
    max_size=25,
)


def gated(*pieces: str) -> str:
    gate = Gate(KNOWN)
    return "".join(gate.feed(piece) for piece in pieces) + gate.close()


@given(PIECES)
def test_no_unknown_number_in_brackets_ever_reaches_the_reader(pieces: list[str]) -> None:
    shown = re.findall(r"[\[【]\s*(\d+)\s*[\]】]", gated(*pieces))
    assert all(int(n) in KNOWN for n in shown)


@given(PIECES)
def test_how_the_stream_is_cut_changes_nothing(pieces: list[str]) -> None:
    assert gated(*pieces) == gated("".join(pieces)) == gated(*"".join(pieces))


@given(st.text().filter(lambda text: not set(text) & set("[【")))
def test_text_without_brackets_passes_unchanged(text: str) -> None:
    assert gated(text) == text


@given(st.lists(st.sampled_from(["word", ".", " and", "[x]", "[see note]", "[1]", "[44]", "\n"]), max_size=30))
def test_only_unknown_markers_are_taken_out(pieces: list[str]) -> None:
    assert gated(*pieces) == "".join(piece for piece in pieces if piece != "[44]")


@given(PIECES)
def test_what_was_shown_is_never_taken_back(pieces: list[str]) -> None:
    gate, shown = Gate(KNOWN), ""
    for piece in pieces:
        shown += gate.feed(piece)
    assert (shown + gate.close()).startswith(shown)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Paid in May [1].", "Paid in May [1]."),
        ("Paid in May [7].", "Paid in May."),
        ("Paid [1, 7; 2] now", "Paid [1][2] now"),
        ("Paid [1-3].", "Paid [1][2][3]."),
        ("Paid 【2†source】.", "Paid [1]."),
        ("Paid [Источник 3].", "Paid [1]."),
        ("Paid [3] in [1] May [3][2].", "Paid [1] in [2] May [1][3]."),
        ("A [link](x) and [ ] and [x]", "A [link](x) and [ ] and [x]"),
        ("between [0.5, 1.5] and [12 monkeys]", "between [0.5, 1.5] and [12 monkeys]"),
        ("nested [[9]7] end", "nested end"),
        ("cut off [1", "cut off"),
        ("huge [" + "9" * 6000 + "]!", "huge!"),
        (
            "[" + "a long remark in brackets " * 4 + "[9]]",
            "[" + ("a long remark in brackets " * 4)[:-1] + "]",
        ),
    ],
)
def test_a_marker_is_normalised_dropped_or_left_as_text(written: str, shown: str) -> None:
    assert gated(*written) == shown


def test_text_waits_no_longer_than_its_bracket() -> None:
    gate = Gate(KNOWN)
    assert gate.feed("seen") == "seen"
    assert gate.feed(" [") == ""
    assert gate.feed("1") == ""
    assert gate.feed("]") == " [1]"


def test_cited_numbers_come_in_the_order_of_first_use() -> None:
    gate = Gate(KNOWN)
    assert gate.feed("x [3] y [1][3] z [9]") == "x [1] y [2][1] z"
    assert gate.cited == [3, 1]


def test_numbers_in_brackets_of_a_document_cannot_pass_for_citations() -> None:
    assert neutral("as shown [12] and [3, 4]; see [note]") == "as shown (12) and (3, 4); see [note]"
