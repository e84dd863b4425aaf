"""Texts and keys that no answer may hold, and where in a text one of them is or may be beginning."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_BLANK = re.compile(r"\s")
_NO_CHANCE = 4  # letters that end a word and begin a pattern
_TELLING = 12  # characters of a pattern


@dataclass(frozen=True, slots=True)
class Pattern:
    """`start`, then at least `more` characters of a key (0: the start alone is forbidden); `start` is folded."""

    rule: str
    category: str
    start: str
    more: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """Places in a text that may go on, each its length if nowhere: where the first forbidden text is or would begin
    (`place`), and from where on nothing should be shown yet (`hold`). `telling`: too much of it is there to be shown
    before it is known what it becomes."""

    place: int
    hold: int
    pattern: Pattern | None = None
    telling: bool = False


class Forbidden:
    """Most pieces of an answer hold nothing of any pattern: that is seen in one search, whatever their number."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._patterns = tuple(patterns)
        starts = sorted({pattern.start for pattern in self._patterns})
        self._any = re.compile("|".join(map(re.escape, starts)) or r"(?!)")
        self._beginnings = frozenset(start[:length] for start in starts for length in range(1, len(start)))

    def look(self, folded: str, before: str = "") -> Look:
        """What there is of any pattern in `folded`, which `before` (one character) comes before."""
        place, hold = self._begun(folded, before)
        length = len(folded)
        if self._any.search(folded) is not None:
            found = ((_found(folded, before, pattern), pattern) for pattern in self._patterns)
            if hits := [hit for hit in found if hit[0] >= 0]:
                first, pattern = min(hits, key=lambda hit: hit[0])
                return Look(first, first, pattern)
            key = min(_key_at_end(folded, before, pattern) for pattern in self._patterns)
            if key < length:
                return Look(min(place, key), min(hold, key), telling=True)
        return Look(place, hold, telling=length - hold >= _TELLING)

    def _begun(self, folded: str, before: str) -> tuple[int, int]:
        """Where the end may be the beginning of a start; and the same without the few letters that a word happens to
        end with."""
        place = length = len(folded)
        for at in range(length):
            if folded[at] in self._beginnings and folded[at:] in self._beginnings:
                place = min(place, at)
                if length - at >= _NO_CHANCE or not _inside_word(folded, at, before):
                    return place, at
        return place, length


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


def _found(text: str, before: str, pattern: Pattern) -> int:
    """Where the pattern occurs, or -1. A key begins no word in its middle: "risk-adjusted" is none of sk-."""
    place = text.find(pattern.start)
    while place >= 0:
        begin = place + len(pattern.start)
        end = _key_end(text, begin) if pattern.more else begin
        if end - begin >= pattern.more and not (pattern.more and _inside_word(text, place, before)):
            return place
        place = text.find(pattern.start, place + 1)
    return -1


def _key_at_end(text: str, before: str, pattern: Pattern) -> int:
    """Where a key begins that goes on to the end of `text` and may grow long enough; its length if there is none."""
    place = text.find(pattern.start) if pattern.more else -1
    while place >= 0:
        if _key_end(text, place + len(pattern.start)) == len(text) and not _inside_word(text, place, before):
            return place
        place = text.find(pattern.start, place + 1)
    return len(text)


def _inside_word(text: str, place: int, before: str) -> bool:
    """Whether a letter or digit stands at `place` and before it."""
    return text[place].isalnum() and (text[place - 1] if place else before).isalnum()
