"""Drafts of answers to one question, over passages of a handbook, read as a reader does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from core.entities.retrieval import Passage, Retrieval
from rag.answering import Draft
from rag.shown import Delta


def passage(text: str, title: str = "Handbook", **values: Any) -> Passage:
    return Passage(uuid4(), uuid4(), 3, title, "", 4, text, values.pop("language", "en"), 1.0, **values)


LEAVE = passage("Every person has 28 days of leave a year. Leave is asked for in the portal.")
PARKING = passage("Parking costs 40 euros a month [12]. The garage closes at 22:00.")
QUESTION = "How many days of leave does a person have?"


def found(*passages: Passage, evidence: float = 0.9, language: str = "en") -> Retrieval:
    return Retrieval(QUESTION, language, passages, evidence, threshold=0.4, took_ms=1.0)


@dataclass
class Read:
    """What a reader has in the end, built from the pieces alone."""

    draft: Draft
    shown: str
    pieces: list[Delta]


async def as_reader(draft: Draft) -> Read:
    pieces, shown = [], ""
    async for delta in draft.write():
        pieces.append(delta)
        shown = delta.text if delta.replace else shown + delta.text
    assert shown == draft.text, "what is saved is what was shown"
    return Read(draft, shown, pieces)
