"""Text that a file holds and does not show: what of it is worth a person's look.

A word or two are hidden everywhere for honest reasons (marks for an index, labels for screen readers); nobody hides a
whole sentence without a purpose.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.entities.reading import LONGEST_FINDING, MOST_FINDINGS, Finding

_FEWEST_WORDS = 4
_FEWEST_LETTERS = 16


def findings(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that say something, each once, their texts cut to what can be shown."""
    kept: dict[Finding, None] = {}
    for finding in found:
        words = " ".join(finding.text.split())
        if says_something(words):
            kept.setdefault(replace(finding, text=words[:LONGEST_FINDING]))
        if len(kept) == MOST_FINDINGS:
            break
    return tuple(kept)


def says_something(words: str) -> bool:
    return len(words.split()) >= _FEWEST_WORDS and sum(letter.isalpha() for letter in words) >= _FEWEST_LETTERS
