"""The language of the rules: rows of words with gaps, matched in time linear in the text whatever a rule says.

There are no regular expressions in it, so no rule that an administrator writes can run away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from core.errors import BadInput
from rag.guardrails import normal

_DOTS = 6  # words that `...` may stand for
_MOST_GAP, _MOST_SLOTS = 20, 12
_SHORTEST_STEM = 2
_LONG_WORD = 12  # letters from which a word may be several without spaces
_SHORTEST_PART, _LONGEST_PART = 3, 20
_START = "^"
_Words = tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a phrase: `words` or beginnings (`stems`) that fit, after at most `gap` other words."""

    words: frozenset[str]
    stems: frozenset[str]
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Phrase:
    """Either `slots`, or a `literal` to be found as it is."""

    source: str
    slots: tuple[Slot, ...] = ()
    literal: str = ""
    at_start: bool = False


def parse(source: str, sets: Mapping[str, Sequence[str]]) -> Phrase:
    """Raises `BadInput` that says which phrase is wrong and why."""
    text = source.strip()
    if len(text) > 2 and text[0] == text[-1] == '"':
        return Phrase(source, literal=" ".join(normal.fold(text[1:-1]).split()))
    slots: list[Slot] = []
    gap = 0
    for part in text.removeprefix(_START).split():
        if part == "..." or (part.startswith("~") and part[1:].isdigit()):
            gap = _DOTS if part == "..." else int(part[1:])
            continue
        slots.append(_slot(source, part, sets, gap if slots else 0))
        gap = 0
    if not slots or len(slots) > _MOST_SLOTS or gap or any(slot.gap > _MOST_GAP for slot in slots):
        raise BadInput(
            "The phrase “%(phrase)s” has no words, too many of them, or a gap that is too wide.", phrase=source
        )
    return Phrase(source, tuple(slots), at_start=text.startswith(_START))


def _slot(source: str, part: str, sets: Mapping[str, Sequence[str]], gap: int) -> Slot:
    exact: set[str] = set()
    stems: set[str] = set()
    for choice in _choices(source, part, sets):
        stem = choice.endswith("*")
        folded = normal.words(normal.fold(choice.removesuffix("*")))
        shortest = _SHORTEST_STEM if stem else 1
        if len(folded) != 1 or not shortest <= len(folded[0]) <= _LONGEST_PART:
            raise BadInput("“%(word)s” in the phrase “%(phrase)s” is not one word.", word=choice, phrase=source)
        (stems if stem else exact).add(folded[0])
    return Slot(frozenset(exact), frozenset(stems), gap)


def _choices(source: str, part: str, sets: Mapping[str, Sequence[str]]) -> Iterable[str]:
    for choice in part.split("|"):
        if not choice.startswith("@"):
            yield choice
        elif choice[1:] in sets:
            yield from sets[choice[1:]]
        else:
            raise BadInput(
                "The phrase “%(phrase)s” names a set %(set)s that does not exist.", phrase=source, set=choice
            )


@dataclass(frozen=True)
class View:
    """One reading of a text: `text` for literals, `words` with all the forms that each may have, and the names of the
    disguises that were taken off to read it so."""

    text: str
    words: tuple[tuple[str, ...], ...]
    undone: tuple[str, ...] = ()

    @cached_property
    def _positions(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for position, word in enumerate(self.words):
            for form in word:
                found.setdefault(form, []).append(position)
        return found

    def find(self, phrase: Phrase) -> str:
        """The words that match, or an empty text."""
        if phrase.literal:
            return phrase.literal if phrase.literal in self.text else ""
        starts = {place: place for place in self._places(phrase.slots[0])}  # end of a match so far -> where it began
        if phrase.at_start:
            starts = {0: 0} if 0 in starts else {}
        for slot in phrase.slots[1:]:
            if not starts:
                return ""
            starts = _extended(starts, self._places(slot), slot.gap)
        if not starts:
            return ""
        end, start = min(starts.items())
        return " ".join(word[0] for word in self.words[start : end + 1])

    @cached_property
    def _beginnings(self) -> dict[str, list[int]]:
        """Of all words, as far as stems are long."""
        found: dict[str, list[int]] = {}
        for word, places in self._positions.items():
            for length in range(_SHORTEST_STEM, min(len(word), _LONGEST_PART) + 1):
                found.setdefault(word[:length], []).extend(places)
        return found

    def _places(self, slot: Slot) -> list[int]:
        known = self._slots.get((slot.words, slot.stems))
        if known is None:
            words = (self._positions[word] for word in slot.words & self._positions.keys())
            stems = (self._beginnings[stem] for stem in slot.stems & self._beginnings.keys())
            known = sorted(set().union(*words, *stems))
            self._slots[slot.words, slot.stems] = known
        return known

    _slots: dict[tuple[frozenset[str], frozenset[str]], list[int]] = field(
        default_factory=dict, compare=False, repr=False
    )


def _extended(starts: Mapping[int, int], places: Sequence[int], gap: int) -> dict[int, int]:
    """Which of `places` come at most `gap` words after the end of a match; both are walked through once."""
    extended: dict[int, int] = {}
    ends = sorted(starts)
    nearest = 0
    for place in places:
        while nearest < len(ends) and ends[nearest] < place - gap - 1:
            nearest += 1
        if nearest < len(ends) and ends[nearest] < place:
            extended[place] = starts[ends[nearest]]
    return extended


@dataclass(frozen=True)
class Vocabulary:
    """The words of all rules: what joined and split words are taken apart and put together by."""

    words: frozenset[str]
    stems: frozenset[str]

    @classmethod
    def of(cls, phrases: Iterable[Phrase]) -> Vocabulary:
        slots = [slot for phrase in phrases for slot in phrase.slots]
        return cls(
            frozenset(word for slot in slots for word in slot.words),
            frozenset(stem for slot in slots for stem in slot.stems),
        )

    def views(self, readings: Iterable[normal.Folded]) -> list[View]:
        """Every reading of a text as these rules see it, without repetitions."""
        found: dict[tuple[tuple[str, ...], ...], View] = {}
        for text, plain, joined, undone in readings:
            words = _formed(plain)
            undone = (*undone, *(["letters"] if any(len(forms) > 1 for forms in words) else []))
            found.setdefault(words, View(text, words, undone))
            rebuilt = _formed(self._rebuilt(joined))
            found.setdefault(rebuilt, View(text, rebuilt, (*undone, "spacing")))
        return list(found.values())

    def _rebuilt(self, words: Sequence[str]) -> list[str]:
        rebuilt: list[str] = []
        rest = list(reversed(words))
        while rest:
            word = rest.pop()
            if rest and not self._knows(word) and len(word) < _LONG_WORD and self._knows(word + rest[-1], 5):
                word += rest.pop()
            rebuilt += self._split(word) if len(word) >= _LONG_WORD and not self._knows(word) else [word]
        return rebuilt

    def _knows(self, word: str, at_least: int = _SHORTEST_STEM) -> bool:
        if word in self.words:
            return len(word) >= at_least
        # A stem with a few letters of an ending; with more it is two words.
        return any(word[:length] in self.stems for length in range(max(at_least, len(word) - 4), len(word) + 1))

    def _split(self, word: str) -> list[str]:
        """Words without spaces taken apart so that the fewest letters belong to no known word; those letters go to the
        word before them, as an ending would."""
        unknown = [0] * (len(word) + 1)
        lengths = [0] * (len(word) + 1)  # of the known word that ends here
        for end in range(1, len(word) + 1):
            unknown[end] = unknown[end - 1] + 1
            for length in range(min(_LONGEST_PART, end), _SHORTEST_PART - 1, -1):
                part = word[end - length : end]
                if unknown[end - length] < unknown[end] and (part in self.words or part in self.stems):
                    unknown[end], lengths[end] = unknown[end - length], length
        return _parts(word, lengths)


def _parts(word: str, lengths: Sequence[int]) -> list[str]:
    parts: list[str] = []
    end, loose = len(word), ""
    while end:
        length = lengths[end]
        if length:
            parts.append(word[end - length : end] + loose)
            loose = ""
        else:
            loose = word[end - 1] + loose
        end -= length or 1
    return [*([loose] if loose else []), *reversed(parts)]


def _formed(words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(normal.forms(word) for word in words)
