"""The one JSON object that models answer with, however they write it and in whatever pieces it comes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.contract import Broken, Contract, Reader, Said, ToolCall

FAQ = Contract("FAQ")


def read(text: str, size: int = 3) -> tuple[str, Said | ToolCall | Broken | None]:
    reader = Reader(FAQ)
    for start in range(0, len(text), size):
        reader.feed(text[start : start + size])
    ending = reader.close()
    return reader.reply, ending


def answer(reply: str, **changes: object) -> str:
    return json.dumps({"scenario": "FAQ", "action": "answer", "reply": reply, "fields": {}} | changes)


@pytest.mark.parametrize(
    "text",
    [
        answer("Open “Documents” [1]."),
        f"```json\n{answer('Open “Documents” [1].')}\n```",
        f"Here is the answer:\n{answer('Open “Documents” [1].')}\nI hope it helps.",
        answer("Open “Documents” [1].", scenario="faq"),
    ],
)
def test_an_object_is_found_wherever_it_stands(text: str) -> None:
    reply, said = read(text)
    assert reply == "Open “Documents” [1]."
    assert isinstance(said, Said)
    assert said.action == "answer"


def test_plain_text_is_the_reply_itself() -> None:
    text = "Open {Documents} and press `Upload` [1]. {"
    assert read(text) == (text, None)


def test_the_reply_can_be_read_while_the_object_is_still_open() -> None:
    reader = Reader(FAQ)
    reader.feed('{"scenario": "FAQ", "action": "answer", "reply": "One \\"two\\"\\n th')
    assert reader.reply == 'One "two"\n th'
    reader.feed("ree \\u04")
    assert reader.reply == 'One "two"\n three '
    reader.feed('1f"')
    assert reader.reply == 'One "two"\n three П'


@given(reply=st.text(max_size=60), size=st.integers(1, 7))
def test_any_text_arrives_as_it_was_meant(reply: str, size: int) -> None:
    assert read(answer(reply), size)[0] == reply


@pytest.mark.parametrize(
    "text",
    [
        "",
        "```",
        '{"scenario": "FAQ", "action": "answer", "reply": "cut',
        answer("x", scenario="DOCUMENTS"),
        answer("x", action="dance"),
        answer("x", fields=[]),
        answer("x", stage=2),
        '{"scenario": "FAQ", "action": "answer"}',
        '{"tool": 7}',
    ],
)
def test_what_is_not_the_object_says_why(text: str) -> None:
    ending = read(text)[1]
    assert isinstance(ending, Broken)
    assert ending.why


def test_a_tool_call_shows_nothing() -> None:
    reply, call = read('{"tool": "faq_search", "arguments": {"query": "upload"}}')
    assert reply == ""
    assert call == ToolCall(tool="faq_search", arguments={"query": "upload"})
