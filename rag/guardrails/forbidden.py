"""Texts and keys that no answer may hold, and where in a text one of them is or may be beginning."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_BLANK = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Pattern:
    """`start`, then at least `more` characters of a key (0: the start alone is forbidden); `start` is folded."""

    rule: str
    category: str
    start: str
    more: int = 0


class Forbidden:
    """Most pieces of an answer hold nothing of any pattern: that is seen in one search, whatever their number."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._patterns = tuple(patterns)
        starts = sorted({pattern.start for pattern in self._patterns})
        self._any = re.compile("|".join(map(re.escape, starts)) or r"(?!)")
        self._beginnings = frozenset(start[:length] for start in starts for length in range(1, len(start)))

    def find(self, folded: str) -> tuple[int, Pattern | None]:
        """The first pattern in `folded` and its place; without one, the place from which on the end may still become
        one (its length if nowhere)."""
        begun = self._begun(folded)
        if self._any.search(folded) is None:
            return begun, None
        hits = [(place, pattern) for pattern in self._patterns if (place := _found(folded, pattern)) >= 0]
        if hits:
            return min(hits, key=lambda hit: hit[0])
        return min(begun, *(_key_at_end(folded, pattern) for pattern in self._patterns)), None

    def _begun(self, folded: str) -> int:
        for place in range(len(folded)):
            if folded[place] in self._beginnings and folded[place:] in self._beginnings:
                return place
        return len(folded)


def fold(text: str) -> str:
    """Lower case and single spaces for other blanks, character by character: places stay the same."""
    lower = text.lower()
    if len(lower) != len(text) or "Σ" in text:  # what is lower as a text is not lower character by character
        lower = "".join(one.lower() if len(one.lower()) == 1 else one for one in text)
    return _BLANK.sub(" ", lower)


def _key_end(text: str, start: int) -> int:
    while start < len(text) and (text[start] in "_-" or (text[start].isascii() and text[start].isalnum())):
        start += 1
    return start


def _found(text: str, pattern: Pattern) -> int:
    """Where the pattern occurs, or -1."""
    place = text.find(pattern.start)
    while place >= 0:
        begin = place + len(pattern.start)
        end = _key_end(text, begin) if pattern.more else begin
        if end - begin >= pattern.more:
            return place
        # What lies inside this run is shorter still.
        place = text.find(pattern.start, max(end, place + 1))
    return -1


def _key_at_end(text: str, pattern: Pattern) -> int:
    """Where a key begins that goes on to the end of `text` and may grow long enough; its length if there is none."""
    place = text.rfind(pattern.start) if pattern.more else -1
    return place if place >= 0 and _key_end(text, place + len(pattern.start)) == len(text) else len(text)
