"""What of the ranked passages an answer is written from: neighbours joined, and a budget of tokens kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from core.entities.evaluation import RetrievalSettings
from core.entities.retrieval import Passage, Retrieval
from rag.providers import estimate_tokens

_HEAD = 20  # characters of the next chunk that are looked for at the end of the one before


def for_answer(found: Retrieval, settings: RetrievalSettings) -> Retrieval:
    """`found` as an answer uses it; what the budget does not hold is in `dropped`."""
    passages = merge(found.passages) if settings.merge else found.passages
    kept = fitting(passages, settings.context_tokens)
    return replace(
        found,
        passages=kept,
        merged=len(found.passages) - len(passages),
        dropped=passages[len(kept) :],
        tokens=sum(map(tokens, kept)),
        budget=settings.context_tokens,
    )


def tokens(passage: Passage) -> int:
    """Estimated, with title and heading."""
    return estimate_tokens(passage.text) + estimate_tokens(passage.title + passage.heading)


def fitting(passages: Sequence[Passage], budget: int, each: int = 0) -> tuple[Passage, ...]:
    """The best ones that fit together, with `each` more tokens around every one; the first always does: without any
    there is nothing to answer from."""
    kept: list[Passage] = []
    for passage in passages:
        budget -= tokens(passage) + each
        if budget < 0 and kept:
            break
        kept.append(passage)
    return tuple(kept)


def merge(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Joins chunks that follow one another in one section and on one page, so that a citation still points at the page
    it says; the joined passage takes the place and the ranks of its best chunk."""
    place = {passage.chunk_id: number for number, passage in enumerate(passages)}
    in_order = sorted(passages, key=lambda one: (one.document_id, one.position))
    runs: list[list[Passage]] = []
    for passage in in_order:
        if runs and _follows(runs[-1][-1], passage):
            runs[-1].append(passage)
        else:
            runs.append([passage])
    best_first = sorted(runs, key=lambda run: min(place[one.chunk_id] for one in run))
    return tuple(_joined(run, min(run, key=lambda one: place[one.chunk_id])) for run in best_first)


def _follows(one: Passage, other: Passage) -> bool:
    return (
        (one.document_id, one.document_version, one.heading)
        == (other.document_id, other.document_version, other.heading)
        and other.position == one.position + 1
        and one.page == other.page
        and {one.page_to, other.page_to} <= {None, one.page}
    )


def _joined(run: Sequence[Passage], best: Passage) -> Passage:
    if len(run) == 1:
        return best
    text = run[0].text
    for _, following in pairwise(run):
        text = _appended(text, following.text)
    return replace(
        best,
        text=text,
        copies=sum(one.copies for one in run),
        parts=tuple(one.chunk_id for one in run),
    )


def _appended(text: str, following: str) -> str:
    """Both texts, with what the second repeats of the end of the first said once."""
    start = text.find(following[:_HEAD], max(0, len(text) - len(following)))
    while start >= 0:
        if following.startswith(text[start:]):
            return text + following[len(text) - start :]
        start = text.find(following[:_HEAD], start + 1)
    return f"{text}\n\n{following}"
