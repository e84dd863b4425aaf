"""Several questions in one message: each is searched for itself, and answered from the same collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from core.entities.retrieval import Passage, Retrieval
from core.i18n import N_, translate
from rag import followups
from rag.citations import neutral
from rag.lexical.analysis import content_terms
from rag.quotes import quote
from rag.sentences import split

_MOST = 3
_OWN_WORDS = 2  # content terms that a question of its own has at least
_NOTHING = N_("I found nothing about this.")

Part = tuple[str, bool]
"""A question of the message, and whether there is evidence for it."""


def questions(message: str, language: str) -> tuple[str, ...]:
    """The two or three questions that `message` consists of; none where it is one, or says other things too, or one
    of them leans on another: "Who approves it?"."""
    found = [followups.alone(sentence.text) for sentence in split(message)]
    if not 2 <= len(found) <= _MOST or not all(one.endswith("?") for one in found):
        return ()
    own = all(len(content_terms(one, language)) >= _OWN_WORDS and not followups.points_back(one) for one in found)
    return tuple(found) if own else ()


def joined(question: str, found: Sequence[Retrieval]) -> Retrieval:
    """What was found for each as one result: the best of every question, then the second best, each passage once."""
    in_turn = chain.from_iterable(zip_longest(*(one.passages for one in found if one.answerable)))
    passages = {one.chunk_id: one for one in in_turn if one is not None}
    best = max(found, key=lambda one: one.evidence)
    return replace(best, question=question, passages=tuple(passages.values()))


def quoted(parts: Sequence[Part], passages: Sequence[Passage], language: str) -> str:
    """The quotation for each question under it, or that there is none; "" where no question has one."""
    answers = [quote(question, passages) if known else "" for question, known in parts]
    if not any(answers):
        return ""
    nothing = translate(language, _NOTHING)
    said = zip(parts, answers, strict=True)
    return "\n\n".join(f"**{neutral(question)}**\n\n{answer or nothing}" for (question, _), answer in said)
