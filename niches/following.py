"""A question that goes on with the one before it: what it names takes the place of what was named of that kind."""

from __future__ import annotations

import re

from niches import wording
from niches.gazetteer import Gazetteer
from niches.question import asks

_WORD = re.compile(r"[^\W_]+")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def followed(question: str, before: str, gazetteer: Gazetteer) -> str:
    """`before` with what `question` names: "revenue of a coffee shop in Moscow" and "the margin?" are "of a coffee shop
    in Moscow the margin?"."""
    kinds = {kind for kind, _, _ in _named(question, gazetteer)}
    left = before.rstrip(" ?.!")
    for kind, start, end in reversed(_named(left, gazetteer)):
        if kind in kinds:
            left = left[:start] + left[end:]
    if _YEAR.search(question):
        left = _YEAR.sub("", left)
    return " ".join(f"{left} {question}".split())


def _named(text: str, gazetteer: Gazetteer) -> list[tuple[str, int, int]]:
    """(kind, start, end) of every name in `text`, by characters."""
    found = [(one, words[0]) for one in _WORD.finditer(text) if (words := wording.words(one[0]))]
    mentions = gazetteer.mentions([word for _, word in found], asks)
    return [(one.kind, found[one.start][0].start(), found[one.end - 1][0].end()) for one in mentions]
