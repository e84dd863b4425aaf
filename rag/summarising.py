"""The key points of a conversation: what a model is asked for them, and those picked out where no model answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from core.entities.messages import Action, Message, MessageStatus
from core.i18n import translate
from rag.language import detect
from rag.prompting import Brief
from rag.sentences import split

LONGEST = 1_200  # characters of a summary
_POINTS = 5  # exchanges that are told where no model answers: the last ones
_LONGEST_QUESTION, _LONGEST_ANSWER = 120, 240  # characters of one such point
_READ = 12_000  # characters of a conversation that a model reads: its end
_PRIVATE = frozenset({"REGISTRATION"})  # scenarios whose messages hold personal data
_NUMBERS = re.compile(r"\s*\[\d+\]")
_PROMPT = Path(__file__).with_name("summarising.md")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer without citation numbers; the answer is empty where none was found, or where it failed
    or was stopped before its first word."""

    question: str
    answer: str
    failed: bool = False


def exchanges(messages: Sequence[Message]) -> list[Exchange]:
    """What of a conversation may be told: nothing that a guardrail stopped, and no personal data of a registration."""
    return list(_told(messages))


def _told(messages: Sequence[Message]) -> Iterator[Exchange]:
    for turn, after in zip_longest(messages, messages[1:]):
        if turn.author != "user":
            continue
        answer = after if after is not None and after.author == "assistant" else None
        if answer is None:
            yield Exchange(turn.text, "", failed=True)
        elif answer.action is not Action.BLOCKED and answer.scenario not in _PRIVATE:
            found = answer.text if answer.action is not Action.REFUSE else ""
            cut = answer.status in (MessageStatus.FAILED, MessageStatus.STOPPED)
            yield Exchange(turn.text, _NUMBERS.sub("", found).strip(), failed=cut)


def language_of(told: Sequence[Exchange]) -> str:
    return detect(" ".join(one.question for one in told[-_POINTS:]))


def brief(told: Sequence[Exchange]) -> Brief:
    """What a model is asked for the key points."""
    said = json.dumps([{"person": one.question, "assistant": one.answer} for one in told], ensure_ascii=False)
    return Brief(instructions=_PROMPT.read_text(encoding="utf-8"), question=said[-_READ:], language=language_of(told))


def points(told: Sequence[Exchange]) -> str:
    """The last questions, each with the first sentence of its answer; no language model takes part."""
    language = language_of(told)
    return "\n".join(f"- {_short(one.question, _LONGEST_QUESTION)} — {_gist(one, language)}" for one in told[-_POINTS:])


def _gist(one: Exchange, language: str) -> str:
    sentences = [sentence.text for sentence in split(one.answer) if not sentence.heading]
    if sentences:
        return _short(sentences[0], _LONGEST_ANSWER)
    return translate(language, "it was not answered") if one.failed else translate(language, "nothing was found")


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most].rsplit(' ', 1)[0]}…"
